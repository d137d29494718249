import { isName } from './retell.ts'

const WORDS_MAX = 3

/** `OSR-Bench: ...` names what the paper offers, if the text speaks of it too. */
export const nameInTitle = (title: string, text: string): string | undefined => {
  const before = /^([^:?]{2,32}):\s/.exec(title)?.[1]?.trim()
  if (before === undefined || before.split(' ').length > WORDS_MAX || !isName(before)) return undefined
  return text.includes(before) ? before : undefined
}
