import { isHeld } from '../domain/exact.ts'
import { rewriting } from './rewriting.ts'

/*
 * Some providers answer with the arguments of a tool call as JSON values, not as text. By the time the SDK hands them on, an
 * integer that a number cannot hold has become another one. So it is marked before the SDK reads the answer.
 */

/** From the private use area: no model writes them. */
const [open, close] = ['\uE0F0', '\uE0F1']
const marked = new RegExp(`${open}(-?\\d+)${close}`)
const stringOrNumber = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g

const withMarks = (text: string): string =>
  /\d{16}/.test(text)
    ? text.replaceAll(stringOrNumber, (part) =>
        /^-?\d{16,}$/.test(part) && !isHeld(part) ? `"${open}${part}${close}"` : part,
      )
    : text

/** The first integer in a text of JSON that was marked. */
export const integerLost = (text: string): string | undefined => marked.exec(text)?.[1]

/** The text as the provider wrote it. */
export const withoutMarks = (text: string): string =>
  text.replaceAll(new RegExp(`"${marked.source}"`, 'g'), '$1')

/** A fetch whose answers say which integers a number cannot hold. */
export const exactIntegers = (send: typeof globalThis.fetch): typeof globalThis.fetch =>
  rewriting(send, withMarks)
