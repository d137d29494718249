import { shorten } from './amounts.ts'

/** Typographic quotes: what is quoted often has plain ones. */
export const quoted = (text: string, most = 120): string => `“${shorten(text, most)}”`

/** `a`, `a and b`, `a, b and c`. */
export const listText = (parts: readonly string[]): string =>
  parts.length < 2 ? (parts[0] ?? '') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`

/** With a full stop last. */
export const sentence = (text: string): string => (/[.!?…]["”)]?$/.test(text) ? text : `${text}.`)
