import type { Json } from '../domain/json.ts'
import type { Entry, Message, StateLimits } from '../ports/state-store.ts'
import { checkName, toText } from './drafts.ts'
import { entryOf, type Held } from './state-change.ts'
import { tooLarge } from './state-write.ts'

const freeze = (value: Json): void => {
  if (typeof value !== 'object' || value === null) return
  for (const member of Object.values(value)) if (member !== undefined) freeze(member)
  Object.freeze(value)
}

/** One object for everybody who peeks. */
export const frozenEntry = (held: Held & { text: string }): Entry => {
  const entry = entryOf(held)
  freeze(entry.value)
  Object.freeze(entry.provenance)
  return Object.freeze(entry)
}

export const messageBody = (message: Message, limits: StateLimits): string => {
  const action = `publish on ${message.channel}`
  checkName('publish', 'a channel', message.channel)
  if (message.message === undefined) toText(action, undefined)
  const body = toText(action, message)
  const bytes = Buffer.byteLength(body)
  if (bytes > limits.valueBytesMax) throw tooLarge(action, bytes, limits.valueBytesMax)
  return body
}
