import type { Verification } from '../../ports/event-log.ts'
import {
  type Digest,
  dataDigest,
  digestBytes,
  eventDigest,
  genesis,
  saltBytes,
  toDigest,
  toHex,
} from '../chain.ts'
import type { Connection } from './connection.ts'
import { placeCheck } from './verify-commits.ts'

const sql = {
  stream:
    'SELECT id, pinned_version, pinned_digest, dropped_version, dropped_digest FROM streams WHERE name = ?',
  events: `SELECT version, position, at, type, run, step, agent, epoch, cause, operation, data, salt, data_digest, digest, format_from
    FROM events WHERE stream = ? ORDER BY version`,
}

type Value = null | number | bigint | string | Uint8Array | undefined

const isBytes = (value: Value, length: number): value is Uint8Array =>
  value instanceof Uint8Array && value.length === length

// A row that was tampered with may hold anything anywhere; what the chain covers is compared as it was written or not at all.
const scalar = (value: Value): string | number | null =>
  typeof value === 'bigint'
    ? Number(value)
    : value === null || typeof value === 'string' || typeof value === 'number'
      ? value
      : 'bytes'

/** What an event follows: the digest before it, and where the second format began, 0 before it did. */
type Before = { digest: Digest; formatFrom: number }
type Link = (Before & { erased: boolean }) | { reason: string }

/** Once the second format has begun it stays, and each event says where it began. */
const isFormat = (value: unknown, expected: number, { formatFrom }: Before): boolean => {
  if (value === null) return formatFrom === 0
  return value === (formatFrom === 0 ? expected : formatFrom)
}

/** The digest that the row before and this row's own columns give, if all of them agree with what is stored. */
const follow = (stream: string, expected: number, before: Before, row: readonly Value[]): Link => {
  const [version, position, at, type, run, step, agent, epoch, cause, operation, data, salt, stored, digest] =
    row
  const format = scalar(row[14])
  if (scalar(version as Value) !== expected) return { reason: `version ${expected} is missing` }
  if (!isBytes(stored, digestBytes) || !isBytes(digest, digestBytes))
    return { reason: 'a digest is malformed' }
  const erased = data === null && salt === null
  if (!erased) {
    if (typeof data !== 'string' || !isBytes(salt, saltBytes)) return { reason: 'data or salt are malformed' }
    if (dataDigest(salt, data) !== toDigest(stored))
      return { reason: 'the data do not have the digest stored with them' }
  }
  if (!isFormat(format, expected, before)) return { reason: 'the format does not follow' }
  const begins = format === null ? [stream, expected, position] : [2, format, stream, expected]
  const envelope = [...begins, at, type, run, step, agent, epoch, cause, operation].map(scalar)
  const computed = eventDigest(before.digest, envelope, toDigest(stored))
  return computed === toDigest(digest)
    ? { digest: computed, formatFrom: Number(format), erased }
    : { reason: 'the digest does not follow from what is stored' }
}

/** Told of each event that follows from those before it. */
export type Followed = (event: { version: number; position: number; digest: Digest; erased: boolean }) => void

export type VerifiedStream = Verification & { droppedTo?: { version: number; digest: string } }

/**
 * Walks a stream from its first event, or from where its events were dropped; also compares with the head pinned beside it, so that a
 * cut-off end shows. What was dropped is not counted in `events`.
 */
export const verifyStream = (connection: Connection, stream: string, followed?: Followed): VerifiedStream => {
  const placed = placeCheck(connection, stream)
  const steps = verifySteps(connection, stream, followed, placed)
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}

const eventsAtOnce = 2048

/** The same, with a pause after so many events. */
export function* verifySteps(
  connection: Connection,
  stream: string,
  followed?: Followed,
  placed?: ReturnType<typeof placeCheck>,
): Generator<undefined, VerifiedStream> {
  const result: VerifiedStream = { stream, events: 0, erased: 0, head: toHex(genesis) }
  const [id, pinnedVersion, pinnedDigest, droppedVersion, droppedDigest] =
    connection.get(sql.stream, stream) ?? []
  if (id === undefined) return result
  const pinned = Number(pinnedVersion)
  let last = Number(droppedVersion)
  let before: Before = { digest: genesis, formatFrom: 0 }
  if (last !== 0) {
    if (!isBytes(droppedDigest, digestBytes) || !Number.isSafeInteger(last) || last < 0)
      return { ...result, brokenAt: 1, reason: 'what the stream goes on from is malformed' }
    before = { digest: toDigest(droppedDigest), formatFrom: 0 }
    result.head = toHex(before.digest)
    result.droppedTo = { version: last, digest: result.head }
  }
  const statement = connection.statement(sql.events)
  // Whole numbers beyond 2^53 can only be tampering, and must be found rather than thrown at.
  statement.setReadBigInts(true)
  const rows: Iterable<unknown> = statement.iterate(id)
  for (const row of rows) {
    const version = last + 1
    const values = row as Value[]
    // What was dropped before it may have been of either format: the digest covers which.
    if (result.events === 0 && result.droppedTo && values[14] !== null) before.formatFrom = Number(values[14])
    const link = follow(stream, version, before, values)
    if ('reason' in link) return { ...result, brokenAt: version, reason: link.reason }
    const misplaced = link.formatFrom > 0 ? placed?.(version, Number(values[1]), link.digest) : undefined
    if (misplaced) return { ...result, brokenAt: version, reason: misplaced }
    if (version === pinned && !(pinnedDigest instanceof Uint8Array && toDigest(pinnedDigest) === link.digest))
      return { ...result, brokenAt: version, reason: 'the digest is not the one pinned beside the stream' }
    last = version
    result.events++
    if (link.erased) result.erased++
    before = link
    followed?.({ version, position: Number(values[1]), digest: link.digest, erased: link.erased })
    if (result.events % eventsAtOnce === 0) yield undefined
  }
  if (result.events > 0) result.head = toHex(before.digest)
  if (last < pinned)
    return {
      ...result,
      brokenAt: last + 1,
      reason: `the stream was at version ${pinned}: its end is missing`,
    }
  return result
}
