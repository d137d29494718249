import { hash } from 'node:crypto'
import type { Random } from '../ports/random.ts'

export const digestBytes = 32
export const saltBytes = 16

/** What the first event of a stream follows. */
export const genesis: Buffer = Buffer.alloc(digestBytes)

/** What of an event the chain covers beside its data, in this order; absent fields are null. */
export type Envelope = readonly (string | number | null)[]

type Placed = {
  stream: string
  version: number
  position: number
  at: number
  type: string
  run: string | null
  step: string | null
  agent: string | null
  epoch: number
  cause: string | null
  operation: string | null
}

export const envelopeOf = (e: Placed): Envelope => [
  e.stream,
  e.version,
  e.position,
  e.at,
  e.type,
  e.run,
  e.step,
  e.agent,
  e.epoch,
  e.cause,
  e.operation,
]

// One buffer for all: hashing is synchronous, and joining into fresh buffers would cost more than the hash.
let scratch = Buffer.alloc(16 * 1024)

const join = (head: Uint8Array, text: string, tail?: Uint8Array): Buffer => {
  const most = head.length + text.length * 3 + (tail?.length ?? 0)
  if (most > scratch.length) {
    if (most > 1024 * 1024) {
      const body = Buffer.from(text)
      return Buffer.concat(tail ? [head, body, tail] : [head, body])
    }
    scratch = Buffer.alloc(2 ** Math.ceil(Math.log2(most)))
  }
  scratch.set(head, 0)
  let length = head.length + scratch.write(text, head.length)
  if (tail) {
    scratch.set(tail, length)
    length += tail.length
  }
  return scratch.subarray(0, length)
}

/** sha256(salt || data). The salt keeps a short text from being guessed out of its digest; erased together with the data. */
export const dataDigest = (salt: Uint8Array, data: string): Buffer =>
  hash('sha256', join(salt, data), 'buffer')

/** sha256(previous digest || canonical envelope || data digest): both ends have a fixed length, so the parts cannot be shifted. */
export const eventDigest = (previous: Uint8Array, envelope: Envelope, data: Uint8Array): Buffer =>
  hash('sha256', join(previous, JSON.stringify(envelope), data), 'buffer')

/** Salts cut from blocks: asking the system for sixteen bytes at a time costs more than hashing the event. */
export const saltSource = (random: Random, block = 4096): (() => Uint8Array) => {
  let pool = random.bytes(0)
  let used = 0
  return () => {
    if (used + saltBytes > pool.length) {
      pool = random.bytes(block)
      used = 0
    }
    used += saltBytes
    return pool.subarray(used - saltBytes, used)
  }
}
