import { hash } from 'node:crypto'
import type { PlacedEvent } from '../ports/audit.ts'
import type { Random } from '../ports/random.ts'

export const digestBytes = 32
export const saltBytes = 16

/**
 * The 32 bytes of a digest as text, one character (latin1) a byte. Text, because node:crypto makes it in less than half the time of a Buffer, and digests
 * are what an append computes most of.
 */
export type Digest = string

/** What the first event of a stream follows. */
export const genesis: Digest = '\0'.repeat(digestBytes)

export const toHex = (digest: Digest): string => Buffer.from(digest, 'latin1').toString('hex')
export const toDigest = (bytes: Uint8Array): Digest => Buffer.from(bytes).toString('latin1')

/** A placed event's fields in the order the chain covers them. */
export type Envelope = readonly (string | number | null)[]

/**
 * The second format leaves the position to the commit's own digest, so that an event can be hashed
 * before its place among all streams is known; it covers where in its stream it begins.
 */
export const envelopeOf = (e: PlacedEvent): Envelope => {
  const { stream, version, at, type, run, step, agent, epoch, cause, operation } = e
  const begins = e.formatFrom === null ? [stream, version, e.position] : [2, e.formatFrom, stream, version]
  return [...begins, at, type, run, step, agent, epoch, cause, operation]
}

/** What a commit appended to one stream without another's events between: versions, both included. */
export type CommitRun = { stream: string; from: number; to: number; head: Digest }

/** A commit's list of streams as JSON, in the order of their positions; heads are hex. */
export const commitList = (runs: readonly CommitRun[]): string =>
  JSON.stringify(runs.map(({ stream, from, to, head }) => [stream, from, to, toHex(head)]))

/** sha256(previous commit's digest || [last position, incarnation, list]). */
export const commitDigest = (
  previous: Digest,
  position: number,
  incarnation: string,
  list: string,
): Digest => {
  const text = `[${position},${JSON.stringify(incarnation)},${list}]`
  const buffer = room(digestBytes + most(text))
  buffer.write(previous, 0, 'latin1')
  const end = digestBytes + buffer.write(text, digestBytes)
  return hash('sha256', buffer.subarray(0, end), 'binary')
}

// One buffer for all: hashing is synchronous, and joining into fresh buffers would cost more than the hash.
let scratch = Buffer.alloc(16 * 1024)
const scratchMost = 1024 * 1024

const room = (bytes: number): Buffer => {
  if (bytes <= scratch.length) return scratch
  const larger = Buffer.alloc(2 ** Math.ceil(Math.log2(bytes)))
  if (larger.length <= scratchMost) scratch = larger
  return larger
}

const most = (text: string) => text.length * 3

/** sha256(salt || data). The salt keeps a short text from being guessed out of its digest; erased together with the data. */
export const dataDigest = (salt: Uint8Array, data: string): Digest => {
  const buffer = room(salt.length + most(data))
  buffer.set(salt, 0)
  const end = salt.length + buffer.write(data, salt.length)
  return hash('sha256', buffer.subarray(0, end), 'binary')
}

/** sha256(previous digest || canonical envelope || data digest): both ends have a fixed length, so the parts cannot be shifted. */
export const eventDigest = (previous: Digest, envelope: Envelope, data: Digest): Digest => {
  const text = JSON.stringify(envelope)
  const buffer = room(2 * digestBytes + most(text))
  buffer.write(previous, 0, 'latin1')
  const end = digestBytes + buffer.write(text, digestBytes)
  buffer.write(data, end, 'latin1')
  return hash('sha256', buffer.subarray(0, end + digestBytes), 'binary')
}

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
