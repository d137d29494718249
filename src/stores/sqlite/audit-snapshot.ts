import type { VersionRange } from '../../domain/checkpoint.ts'
import {
  inboxStream,
  namespaceOfStream,
  runNamespace,
  runPrefix,
  runStream,
  statePrefix,
  stateStream,
} from '../../domain/names.ts'
import { finalStatuses } from '../../domain/summary.ts'
import type {
  AgedState,
  AuditSnapshot,
  EventRecord,
  RecordQuery,
  StateAge,
  WalkedStream,
} from '../../ports/audit.ts'
import { toDigest, toHex } from '../chain.ts'
import { sequenceAt } from '../state-history.ts'
import type { Connection, Row, Value } from './connection.ts'
import { readStream, readStreams } from './reader.ts'
import { stateCells } from './state-cells.ts'
import { stateStreams } from './state-table.ts'
import { verifySteps } from './verify.ts'
import { verifyCommits } from './verify-commits.ts'

const runs = `${runPrefix}*`
const states = `${statePrefix}*`
const runOf = (column: string): string => `substr(${column}, ${runPrefix.length + 1})`

const sql = {
  commitHead: 'SELECT digest FROM commits ORDER BY position DESC LIMIT 1',
  extent: 'SELECT coalesce(max(position), 0), count(*) FROM events',
  after: 'SELECT count(*) FROM events WHERE position > ?',
  heads: `SELECT s.name, coalesce(e.version, s.dropped_version), coalesce(e.digest, s.dropped_digest)
    FROM streams s LEFT JOIN events e ON e.stream = s.id AND e.version = (SELECT max(version) FROM events WHERE stream = s.id)`,
  strays: `SELECT coalesce(sum(n), 0) FROM (SELECT stream, count(*) AS n FROM events GROUP BY stream) WHERE stream NOT IN (SELECT id FROM streams)`,
  ends: `SELECT max(e.version), min(e.position), max(e.position) FROM events e WHERE e.stream = (SELECT id FROM streams WHERE name = ?)`,
  count: 'SELECT count(*) FROM events WHERE stream = (SELECT id FROM streams WHERE name = ?)',
  at: `SELECT e.version, e.digest FROM events e WHERE e.stream = (SELECT id FROM streams WHERE name = ?) AND e.position <= ?
    ORDER BY e.version DESC LIMIT 1`,
  runs: `SELECT run, status, parent, json_extract(summary, '$.updatedAt'), json_extract(summary, '$.goal.subject') FROM runs WHERE created_at < ?`,
  forks: `SELECT DISTINCT ${runOf('s.name')}, json_extract(e.data, '$.forkedFrom.run') FROM streams s JOIN events e ON e.stream = s.id AND e.version = 1
    WHERE s.name GLOB '${runs}' AND e.type = 'run.queued' AND json_extract(e.data, '$.forkedFrom.run') IS NOT NULL
    UNION SELECT CASE WHEN namespace GLOB '${runs}' THEN ${runOf('namespace')} END, ${runOf('origin')}
    FROM state_origins WHERE origin GLOB '${runs}'`,
  shared: `SELECT name FROM streams WHERE name GLOB '${states}' AND name NOT GLOB '${stateStream(runs)}'`,
  openWrites: `SELECT s.name, min(e.version) FROM runs r JOIN events e ON e.run = r.run JOIN streams s ON s.id = e.stream
    WHERE s.name GLOB '${states}' AND r.status NOT IN`,
  elsewhere: `SELECT s.name, e.version FROM events e JOIN streams s ON s.id = e.stream
    WHERE e.run = ? AND e.data IS NOT NULL AND s.name <> ? ORDER BY s.name, e.version`,
  keys: 'SELECT namespace, key, run FROM state WHERE run IS NOT NULL AND value IS NOT NULL',
}

const records = `SELECT s.name, e.version, e.position, e.at, e.type, e.run, e.step, e.agent, e.epoch, e.cause, e.operation, e.data,
  lower(hex(e.salt)), lower(hex(e.data_digest)), lower(hex(e.digest)), e.format_from FROM events e JOIN streams s ON s.id = e.stream`

const text = (value: Row[number] | undefined): string | null =>
  value === null || value === undefined ? null : String(value)

const recordOf = (row: Row): EventRecord => ({
  stream: String(row[0]),
  version: Number(row[1]),
  position: Number(row[2]),
  at: Number(row[3]),
  type: String(row[4]),
  run: text(row[5]),
  step: text(row[6]),
  agent: text(row[7]),
  epoch: Number(row[8]),
  cause: text(row[9]),
  operation: text(row[10]),
  data: text(row[11]),
  // hex(NULL) is empty text.
  salt: text(row[12]) || null,
  dataDigest: String(row[13]),
  digest: String(row[14]),
  formatFrom: row[15] === null || row[15] === undefined ? null : Number(row[15]),
})

const hexOf = (value: Row[number] | undefined): string =>
  value instanceof Uint8Array ? toHex(toDigest(value)) : ''

/** Events of short streams between two pauses. */
const pauseAfter = 2048

function* walkStream(
  connection: Connection,
  stream: string,
  positions: readonly number[],
): Generator<undefined, WalkedStream> {
  const gone: WalkedStream['gone'] = []
  const heads: WalkedStream['heads'] = positions.map(() => undefined)
  // Hex is made of the last link before each position only, not of every link.
  const links = positions.map((): { version: number; digest: string } | undefined => undefined)
  const verified = yield* verifySteps(connection, stream, ({ version, position, digest, erased }) => {
    if (erased) gone.push({ version, position })
    for (let i = 0; i < positions.length; i++)
      if (position <= (positions[i] ?? 0)) links[i] = { version, digest }
  })
  for (const [i, link] of links.entries())
    if (link) heads[i] = { version: link.version, digest: toHex(link.digest) }
  return { ...verified, heads, gone }
}

/** Neighbouring versions of one stream as one range. */
const rangesOf = (rows: Iterable<Row>): VersionRange[] => {
  const ranges: VersionRange[] = []
  for (const [name, at] of rows) {
    const stream = String(name)
    const version = Number(at)
    const last = ranges.at(-1)
    if (last?.stream === stream && last.to === version - 1) last.to = version
    else ranges.push({ stream, from: version, to: version })
  }
  return ranges
}

type Run = { run: string; final: boolean; parent: string | null; updatedAt: number; subject: string | null }

const runsIn = (connection: Connection, createdBefore = Number.MAX_SAFE_INTEGER): Map<string, Run> => {
  const runs = new Map<string, Run>()
  for (const [run, status, parent, updatedAt, subject] of connection.iterate(sql.runs, createdBefore)) {
    const final = [...finalStatuses].some((one) => one === status)
    const id = String(run)
    runs.set(id, {
      run: id,
      final,
      parent: text(parent),
      updatedAt: Number(updatedAt),
      subject: text(subject),
    })
  }
  return runs
}

/** Whether a run or one of its ancestors fits; a chain of parents that closes on itself ends the search. */
const inLine = (runs: Map<string, Run>, from: Run, fits: (run: Run) => boolean): boolean => {
  const seen = new Set<string>()
  for (let run: Run | undefined = from; run && !seen.has(run.run); run = runs.get(run.parent ?? '')) {
    if (fits(run)) return true
    seen.add(run.run)
  }
  return false
}

/** Where they are dropped in several parts, no origin goes before its forks. */
const forksFirst = (runs: string[], forks: readonly (readonly [string | null, string])[]): string[] => {
  const origins = new Map(forks.flatMap(([fork, origin]) => (fork === null ? [] : [[fork, origin] as const])))
  const depth = (run: string): number => {
    let steps = 0
    for (let at = origins.get(run); at !== undefined && steps < forks.length; at = origins.get(at)) steps++
    return steps
  }
  const depths = new Map(runs.map((run) => [run, depth(run)]))
  return runs.sort((a, b) => (depths.get(b) ?? 0) - (depths.get(a) ?? 0))
}

/** The first change of each namespace that a run which is not final wrote. */
const openWrites = (connection: Connection): Map<string, number> => {
  const finals = [...finalStatuses]
  const rows = connection.all(
    `${sql.openWrites} (${finals.map(() => '?').join()}) GROUP BY s.name`,
    ...finals,
  )
  return new Map(rows.map(([name, version]) => [String(name), Number(version)]))
}

function* agedState(
  connection: Connection,
  { before, beyond, since }: StateAge,
): Generator<AgedState | undefined> {
  const streams = stateStreams(connection, stateCells(connection))
  const open = openWrites(connection)
  for (const [name] of connection.all(sql.shared)) {
    const stream = String(name)
    const namespace = namespaceOfStream(stream) ?? ''
    const head = streams.head(namespace)
    const from = streams.keptFrom(namespace)
    const oldestAt = streams.timeOf(namespace, from) ?? Number.POSITIVE_INFINITY
    // Of most nothing is old: the first change tells.
    const upTo = (time: number | undefined) =>
      time === undefined || oldestAt >= time ? from - 1 : sequenceAt(streams, namespace, time - 1)
    const wanted = Math.max(upTo(before), beyond === undefined ? 0 : head - beyond)
    const to = Math.min(wanted, upTo(since), head - 1, (open.get(stream) ?? head) - 1)
    yield to < from ? undefined : { namespace, to, changes: to - from + 1, oldestAt }
  }
}

/** A connection inside a read transaction as a snapshot. */
export const auditSnapshot = (connection: Connection): AuditSnapshot => {
  const [position, events] = connection.get(sql.extent) ?? []
  return {
    position: Number(position),
    events: Number(events),
    eventsAfter: (after) => Number(connection.get(sql.after, after)?.[0] ?? 0),
    read: (stream) => readStream(connection, stream, {}),
    heads: () =>
      connection
        .all(sql.heads)
        .map(([stream, version, digest]) => ({
          stream: String(stream),
          version: Number(version),
          digest: hexOf(digest),
        }))
        .filter(({ version }) => version > 0),
    headAt(stream, wanted) {
      const row = connection.get(sql.at, stream, wanted)
      return row && { version: Number(row[0]), digest: hexOf(row[1]) }
    },
    countEvents: (streams) =>
      streams.reduce((sum, { stream }) => sum + Number(connection.get(sql.count, stream)?.[0] ?? 0), 0),
    *walk(positions) {
      let events = 0
      for (const stream of readStreams(connection)) {
        const walked = yield* walkStream(connection, stream, positions)
        yield walked
        events += walked.events + 1
        if (events < pauseAfter) continue
        events = 0
        yield undefined
      }
    },
    commitHead() {
      const row = connection.get(sql.commitHead)
      return row ? hexOf(row[0]) : null
    },
    *walkCommits(positions) {
      yield yield* verifyCommits(connection, positions)
    },
    strays: () => Number(connection.get(sql.strays)?.[0] ?? 0),
    *records(query) {
      const { where, values } = conditionsOf(query)
      for (const row of connection.iterate(`${records} ${where} ORDER BY e.position`, ...values))
        yield recordOf(row)
    },
    droppable(stream, positions) {
      const [version, first, last] = connection.get(sql.ends, stream) ?? []
      if (version === null || version === undefined) return undefined
      const at = (wanted: number) => {
        const [found, digest] = connection.get(sql.at, stream, wanted) ?? []
        return { position: wanted, version: Number(found), digest: hexOf(digest) }
      }
      const between = positions.filter((wanted) => wanted >= Number(first) && wanted < Number(last))
      const { digest } = at(Number(last))
      return {
        stream,
        version: Number(version),
        digest,
        first: Number(first),
        last: Number(last),
        heads: between.map(at),
      }
    },
    runsOfSubject(subject) {
      const runs = runsIn(connection)
      return [...runs.values()]
        .filter((run) => inLine(runs, run, (one) => one.subject === subject))
        .map(({ run, final }) => ({ run, final }))
    },
    runsEndedBefore(at) {
      // A run's parent is older than it.
      const runs = runsIn(connection, at)
      const ended = new Set<string>()
      for (const run of runs.values())
        if (!inLine(runs, run, (one) => !one.final || one.updatedAt >= at)) ended.add(run.run)
      if (ended.size === 0) return []
      // State of a fork is read through to its origin: kept as long as the fork, and so on backwards.
      const forks = connection.all(sql.forks).map(([fork, origin]) => [text(fork), String(origin)] as const)
      for (let kept = true; kept; ) {
        kept = false
        for (const [fork, origin] of forks)
          if ((fork === null || !ended.has(fork)) && ended.delete(origin)) kept = true
      }
      return forksFirst([...ended], forks)
    },
    agedState: (age) => agedState(connection, age),
    elsewhere: (run) => rangesOf(connection.iterate(sql.elsewhere, run, stateStream(runNamespace(run)))),
    keysWrittenBy: (runs) =>
      connection
        .all(sql.keys)
        .filter(([namespace, , run]) => runs.has(String(run)) && namespace !== runNamespace(String(run)))
        .map(([namespace, key]) => ({ namespace: String(namespace), key: String(key) })),
  }
}

const conditionsOf = ({ run, from, to }: RecordQuery): { where: string; values: Value[] } => {
  const conditions: string[] = []
  const values: Value[] = []
  if (run !== undefined) {
    conditions.push(`e.position IN (SELECT position FROM events WHERE stream IN (SELECT id FROM streams WHERE name IN (?, ?))
      UNION ALL SELECT position FROM events WHERE run = ?)`)
    values.push(runStream(run), inboxStream(run), run)
  }
  if (from !== undefined) {
    conditions.push('e.at >= ?')
    values.push(from)
  }
  if (to !== undefined) {
    conditions.push('e.at <= ?')
    values.push(to)
  }
  return { where: conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '', values }
}
