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

const sql = {
  stream: 'SELECT id, pinned_version, pinned_digest FROM streams WHERE name = ?',
  events: `SELECT version, position, at, type, run, step, agent, epoch, cause, operation, data, salt, data_digest, digest
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

type Link = { digest: Digest; erased: boolean } | { reason: string }

/** The digest that the row before and this row's own columns give, if all of them agree with what is stored. */
const follow = (stream: string, expected: number, previous: Digest, row: readonly Value[]): Link => {
  const [version, position, at, type, run, step, agent, epoch, cause, operation, data, salt, stored, digest] =
    row
  if (scalar(version as Value) !== expected) return { reason: `version ${expected} is missing` }
  if (!isBytes(stored, digestBytes) || !isBytes(digest, digestBytes))
    return { reason: 'a digest is malformed' }
  const erased = data === null && salt === null
  if (!erased) {
    if (typeof data !== 'string' || !isBytes(salt, saltBytes)) return { reason: 'data or salt are malformed' }
    if (dataDigest(salt, data) !== toDigest(stored))
      return { reason: 'the data do not have the digest stored with them' }
  }
  const envelope = [stream, expected, position, at, type, run, step, agent, epoch, cause, operation].map(
    scalar,
  )
  const computed = eventDigest(previous, envelope, toDigest(stored))
  return computed === toDigest(digest)
    ? { digest: computed, erased }
    : { reason: 'the digest does not follow from what is stored' }
}

/** Walks a stream from its first event; also compares with the head pinned beside it, so that a cut-off end shows. */
export const verifyStream = (connection: Connection, stream: string): Verification => {
  const result: Verification = { stream, events: 0, erased: 0, head: toHex(genesis) }
  const [id, pinnedVersion, pinnedDigest] = connection.get(sql.stream, stream) ?? []
  if (id === undefined) return result
  const pinned = Number(pinnedVersion)
  let previous = genesis
  const statement = connection.db.prepare(sql.events)
  statement.setReturnArrays(true)
  // Whole numbers beyond 2^53 can only be tampering, and must be found rather than thrown at.
  statement.setReadBigInts(true)
  const rows: Iterable<unknown> = statement.iterate(id)
  for (const row of rows) {
    const version = result.events + 1
    const link = follow(stream, version, previous, row as Value[])
    if ('reason' in link) return { ...result, brokenAt: version, reason: link.reason }
    if (version === pinned && !(pinnedDigest instanceof Uint8Array && toDigest(pinnedDigest) === link.digest))
      return { ...result, brokenAt: version, reason: 'the digest is not the one pinned beside the stream' }
    result.events = version
    if (link.erased) result.erased++
    previous = link.digest
    result.head = toHex(link.digest)
  }
  if (result.events < pinned)
    return {
      ...result,
      brokenAt: result.events + 1,
      reason: `the stream was at version ${pinned}: its end is missing`,
    }
  return result
}
