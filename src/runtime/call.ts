import { hash } from 'node:crypto'
import { asJson, canonicalJson } from '../domain/json.ts'

/** A call as a step's journal knows it. */
export type Call = {
  /** What it is, what it was made for, and its ordinal among equals. */
  id: string
  /** What it is: calls of one family differ in their content only. */
  family: string
  /** A model was asked, a tool or a child run was started: it ends by itself. */
  leaf: boolean
}

const digestChars = 22
const ending = /~[\w-]{22}#\d+$/
/** Sleeps are told apart by their length, and are of one family. */
const slept = /(?:^|\/)sleep(:\d+(?:\.\d+)?#\d+)$/
export const isSleep = (id: string): boolean => slept.test(id)

const ancestor = /~[\w-]{22}#\d+\//g

/** 132 bits of SHA-256 over a value's canonical JSON. */
export const digestOf = (content: unknown): string =>
  hash('sha256', canonicalJson(asJson(content)), 'base64url').slice(0, digestChars)

export const withDigest = (name: string, content: unknown): string => `${name}~${digestOf(content)}`

/** A model's own name for a tool call, without the digest of its input. */
export const withoutDigest = (call: string): string => call.replace(/~[\w-]{22}$/, '')

/** The calls that an id of the journal is of: itself, and the calls of other agents it was made in. */
export const callsIn = (id: string): { id: string; family: string }[] => {
  const found: { id: string; family: string }[] = []
  for (const { index, 0: text } of id.matchAll(ancestor))
    found.push({ id: id.slice(0, index + text.length - 1), family: id.slice(0, index) })
  const own = (ending.exec(id) ?? slept.exec(id))?.at(-1)
  if (own !== undefined) found.push({ id, family: id.slice(0, -own.length) })
  return found
}
