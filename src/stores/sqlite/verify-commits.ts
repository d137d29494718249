import type { WalkedCommits } from '../../ports/audit.ts'
import { commitDigest, type Digest, digestBytes, genesis, toDigest, toHex } from '../chain.ts'
import type { Connection, Row } from './connection.ts'

const sql = {
  commits: 'SELECT position, streams, incarnation, digest FROM commits ORDER BY position',
  events: `SELECT e.position, s.name, e.version, e.digest, e.format_from
    FROM events e LEFT JOIN streams s ON s.id = e.stream ORDER BY e.position`,
  dropped: 'SELECT name, dropped_version FROM streams WHERE dropped_version > 0',
  of: 'SELECT position, streams FROM commits WHERE position >= ? ORDER BY position LIMIT 1',
}

/** Versions of one stream whose positions follow each other from `first` on. */
type Placed = { stream: string; from: number; to: number; first: number; head: string }

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) > 0

/** A commit's list with the positions it gives; undefined where it is not such a list. */
const placedOf = (position: number, list: string): Placed[] | undefined => {
  let entries: unknown
  try {
    entries = JSON.parse(list)
  } catch {
    return undefined
  }
  if (!Array.isArray(entries) || entries.length === 0) return undefined
  const placed: Placed[] = []
  let count = 0
  for (const entry of entries as unknown[]) {
    if (!Array.isArray(entry)) return undefined
    const [stream, from, to, head] = entry as unknown[]
    if (typeof stream !== 'string' || typeof head !== 'string') return undefined
    if (!isCount(from) || !isCount(to) || to < from) return undefined
    placed.push({ stream, from, to, first: count, head })
    count += to - from + 1
  }
  for (const one of placed) one.first += position - count + 1
  return placed
}

/**
 * Looks up what the commits say of one stream's events: a reason where a position or a head is not
 * the one given there. Consecutive events of one commit cost one lookup.
 */
export const placeCheck = (connection: Connection, stream: string) => {
  let known: Placed | undefined
  return (version: number, position: number, digest: Digest): string | undefined => {
    if (known === undefined || version > known.to) {
      const row = connection.get(sql.of, position)
      const list = row && placedOf(Number(row[0]), String(row[1]))
      known = list?.find((one) => one.stream === stream && one.from <= version && version <= one.to)
    }
    if (known === undefined || known.first + version - known.from !== position)
      return 'its position is not one that a commit gave it'
    if (version === known.to && known.head !== toHex(digest))
      return 'the digest is not the one in the list of its commit'
    return undefined
  }
}

const rowsAtOnce = 2048

type Broken = { brokenAt: number; reason: string; stream?: string }

/** The events in order of position beside what the commits say of them. */
const comparison = (connection: Connection) => {
  const events: Iterator<Row> = connection.iterate(sql.events)[Symbol.iterator]()
  const dropped = new Map(connection.all(sql.dropped).map(([name, to]) => [String(name), Number(to)]))
  let event = events.next()
  const unlisted = (to: number, isLawful: (row: Row) => boolean): Broken | undefined => {
    for (; !event.done && Number(event.value[0]) < to; event = events.next()) {
      const [position, name] = event.value
      if (isLawful(event.value)) continue
      const reason = 'an event is in the list of no commit'
      return { brokenAt: Number(position), reason, stream: String(name) }
    }
    return undefined
  }
  const listed = ({ stream, from, to, first, head }: Placed): Broken | undefined => {
    for (let version = from; version <= to; version++) {
      const brokenAt = first + version - from
      if (event.done || Number(event.value[0]) !== brokenAt) {
        if (version <= (dropped.get(stream) ?? 0)) continue
        return { brokenAt, reason: `${stream}@${version}, listed by its commit, is not there`, stream }
      }
      const [, name, found, digest] = event.value
      event = events.next()
      const isThis = name === stream && found === version
      const isHead = version !== to || (digest instanceof Uint8Array && toHex(toDigest(digest)) === head)
      if (!isThis || !isHead)
        return { brokenAt, reason: `it is not ${stream}@${version} as its commit lists it`, stream }
    }
    return undefined
  }
  return { unlisted, listed }
}

/**
 * Recomputes the chain of commits and compares it with every event: none but those of the first
 * format are unlisted, and what is listed and missing was dropped. Stops at the first fault.
 */
export function* verifyCommits(
  connection: Connection,
  positions: readonly number[],
): Generator<undefined, WalkedCommits> {
  const heads: WalkedCommits['heads'] = positions.map(() => undefined)
  const result: WalkedCommits = { commits: 0, heads }
  const { unlisted, listed } = comparison(connection)
  let previous = genesis
  let last: number | undefined
  let pause = rowsAtOnce
  const isOld = (row: Row) => row[4] === null
  for (const [at, list, incarnation, digest] of connection.iterate(sql.commits)) {
    const position = Number(at)
    const placed = placedOf(position, String(list))
    const first = placed?.[0]?.first
    if (placed === undefined || first === undefined)
      return { ...result, brokenAt: position, reason: 'the list of a commit is malformed' }
    if (last !== undefined && first !== last + 1)
      return { ...result, brokenAt: last + 1, reason: 'commits do not follow each other' }
    previous = commitDigest(previous, position, String(incarnation), String(list))
    if (!(digest instanceof Uint8Array) || digest.length !== digestBytes || toDigest(digest) !== previous)
      return { ...result, brokenAt: position, reason: 'the digest of a commit does not follow' }
    for (const [i, wanted] of positions.entries()) if (wanted === position) heads[i] = toHex(previous)
    const strange = unlisted(first, last === undefined ? isOld : () => false)
    if (strange) return { ...result, ...strange }
    for (const one of placed) {
      const broken = listed(one)
      if (broken) return { ...result, ...broken }
    }
    result.commits++
    last = position
    pause -= placed.length
    if (pause > 0) continue
    pause = rowsAtOnce
    yield undefined
  }
  const isLawful = last === undefined ? isOld : () => false
  return { ...result, ...unlisted(Number.POSITIVE_INFINITY, isLawful) }
}
