import { endingTypes, endsAttempt } from '../../domain/attempt.ts'
import { runStream, stateStream } from '../../domain/names.ts'
import type { Clock } from '../../ports/clock.ts'
import type { RecordedWrite, StateLimits, WriteOutcome } from '../../ports/state-store.ts'
import { toDigest } from '../chain.ts'
import { provenanceOf, type StateRow } from '../state-change.ts'
import type { Origin } from '../state-fork.ts'
import { fromBefore, type HistorySource } from '../state-history.ts'
import { recordedOf, recordedWrite } from '../state-operation.ts'
import {
  type Change,
  checkKeys,
  expiryOf,
  isExpired,
  type KeyCount,
  planWrites,
  repeatedNow,
  type StateView,
} from '../state-plan.ts'
import type { Cell, PreparedWrite } from '../state-write.ts'
import type { Connection, Row } from './connection.ts'
import { readVersion } from './reader.ts'
import type { CachedCell, Cells } from './state-cells.ts'
import type { Head, Writer } from './writer.ts'

const eventColumns =
  'e.version, e.at, e.type, e.operation, e.run, e.step, e.agent, e.cause, e.epoch, e.data, e.digest'
const streamId = '(SELECT id FROM streams WHERE name = ?)'

const sql = {
  recorded: 'SELECT version, at, data FROM events WHERE stream = ? AND operation = ?',
  recordedIn: `SELECT e.version, e.data FROM events e WHERE e.stream = ${streamId} AND e.operation = ?`,
  origin: 'SELECT origin, sequence, detached FROM state_origins WHERE namespace = ?',
  due: 'SELECT namespace, key FROM state WHERE expires_at <= ? ORDER BY expires_at LIMIT ?',
  keys: 'SELECT count(*) FROM state WHERE namespace = ? AND value IS NOT NULL',
  row: `SELECT ${eventColumns} FROM events e WHERE e.stream = ${streamId} AND e.version = ?`,
  rows: `SELECT ${eventColumns} FROM events e WHERE e.stream = ${streamId} AND e.version > ? ORDER BY e.version LIMIT ?`,
  search: `SELECT e.version FROM events e WHERE e.stream = ${streamId} AND e.version < ?
    AND json_extract(e.data, '$.key') = ? ORDER BY e.version DESC LIMIT 1`,
  ending: `SELECT type, step FROM events WHERE stream = ? AND version > ?
    AND type IN (${endingTypes.map((type) => `'${type}'`).join(', ')}) ORDER BY version`,
  stream: 'SELECT dropped_version, key_floor FROM streams WHERE name = ?',
  digest: `SELECT digest FROM events WHERE stream = ${streamId} AND version = ?`,
  at: `SELECT at FROM events WHERE stream = ${streamId} AND version = ?`,
}

const digestOf = (value: Row[number] | undefined): string | undefined =>
  value instanceof Uint8Array ? toDigest(value) : undefined

const rowOf = (namespace: string, row: Row): StateRow => {
  const [sequence, at, type, operation, run, step, agent, cause, epoch, data, digest] = row
  const text = (field: Row[number] | undefined) =>
    field === null || field === undefined ? null : String(field)
  const by = { run: text(run), step: text(step), agent: text(agent), cause: text(cause) }
  return {
    namespace,
    sequence: Number(sequence),
    at: Number(at),
    type: String(type),
    operation: text(operation),
    provenance: provenanceOf(by, Number(epoch)),
    data: text(data),
    digest: digestOf(digest),
  }
}

/** Reads of the namespaces' streams as they are committed. */
export type StateStreams = HistorySource & {
  /** Where a fork came from, also when it was detached. */
  forkedFrom(namespace: string): (Origin & { detached: boolean }) | undefined
  /** What a key that is not known goes on from. */
  floor(namespace: string): number
  rows(namespace: string, after: number, limit: number, charsMax?: number): StateRow[]
  digest(namespace: string, sequence: number): string | undefined
  recorded(namespace: string, operation: string): RecordedWrite | undefined
  due(now: number, limit: number): (readonly [namespace: string, key: string])[]
}

const forkedFrom = (connection: Connection, namespace: string) => {
  const row = connection.get(sql.origin, namespace)
  return row && { namespace: String(row[0]), sequence: Number(row[1]), detached: row[2] === 1 }
}

export const stateStreams = (connection: Connection, cells: Cells): StateStreams => ({
  held: cells.read,
  base: cells.base,
  forkedFrom: (namespace) => forkedFrom(connection, namespace),
  floor: (namespace) => Number(connection.get(sql.stream, stateStream(namespace))?.[1] ?? 0),
  origin(namespace) {
    const from = forkedFrom(connection, namespace)
    return from === undefined || from.detached
      ? undefined
      : { namespace: from.namespace, sequence: from.sequence }
  },
  head: (namespace) => readVersion(connection, stateStream(namespace)),
  row(namespace, sequence) {
    const row = connection.get(sql.row, stateStream(namespace), sequence)
    return row && rowOf(namespace, row)
  },
  recorded(namespace, operation) {
    const row = connection.get(sql.recordedIn, stateStream(namespace), operation)
    return row && recordedWrite(Number(row[0]), row[1] === null ? null : String(row[1]))
  },
  rows(namespace, after, limit, charsMax = Number.POSITIVE_INFINITY) {
    const rows: StateRow[] = []
    let chars = 0
    for (const each of connection.iterate(sql.rows, stateStream(namespace), after, limit)) {
      const row = rowOf(namespace, each)
      rows.push(row)
      chars += row.data?.length ?? 0
      if (chars > charsMax) break
    }
    return rows
  },
  digest: (namespace, sequence) =>
    digestOf(connection.get(sql.digest, stateStream(namespace), sequence)?.[0]),
  search(namespace, key, before) {
    const row = connection.get(sql.search, stateStream(namespace), before, key)
    return row && Number(row[0])
  },
  keptFrom: (namespace) => Number(connection.get(sql.stream, stateStream(namespace))?.[0] ?? 0) + 1,
  timeOf(namespace, sequence) {
    const row = connection.get(sql.at, stateStream(namespace), sequence)
    return row && Number(row[0])
  },
  due: (now, limit) =>
    connection.all(sql.due, now, limit).map(([namespace, key]) => [String(namespace), String(key)] as const),
})

/** The state table inside the committer's transaction. */
export type StateTable = {
  /** Decides what writes do, which may throw; the function returned does it. */
  decide(writes: readonly PreparedWrite[]): () => WriteOutcome[]
  /** Ends those of the keys whose time is over; how many. */
  expire(keys: readonly (readonly [namespace: string, key: string])[]): number
  /** A key's cell, read through a fork's origin. */
  held(namespace: string, key: string): CachedCell | undefined
  /** Forgets which namespaces are forks, what was dropped of them, and which attempts were under way. */
  forget(): void
  /** Changes made since it was asked last, of transactions that were committed or are under way. */
  changes(): Change[]
}

const forksMost = 10_000

export const stateTable = (
  parts: { connection: Connection; writer: Writer; cells: Cells; streams: StateStreams; clock: Clock },
  limits: StateLimits,
): StateTable => {
  const { connection, writer, cells, streams, clock } = parts
  const names = new Map<string, string>()
  const forks = new Map<string, boolean>()
  const floors = new Map<string, { head: Head; floor: number }>()
  const counts = new Map<string, KeyCount>()
  /** Up to which version of its run's stream an attempt was found to be under way: it is not looked for twice. */
  const underWay = new Map<string, number>()
  let changes: Change[] = []

  const streamOf = (namespace: string): string => {
    let name = names.get(namespace)
    if (name === undefined) {
      if (names.size >= forksMost) names.clear()
      name = stateStream(namespace)
      names.set(namespace, name)
    }
    return name
  }
  const isFork = (namespace: string): boolean => {
    const known = forks.get(namespace)
    if (known !== undefined) return known
    if (forks.size >= forksMost) forks.clear()
    const fork = streams.forkedFrom(namespace) !== undefined
    forks.set(namespace, fork)
    return fork
  }
  /** In a transaction. The writer forgets its heads when another process committed: what was read beside one is then read again. */
  const floorOf = (namespace: string): number => {
    const head = writer.head(streamOf(namespace))
    const known = floors.get(namespace)
    if (known?.head === head) return known.floor
    if (floors.size >= forksMost) floors.clear()
    const floor = head.id === 0 ? 0 : streams.floor(namespace)
    floors.set(namespace, { head, floor })
    return floor
  }
  const held = (namespace: string, key: string): CachedCell | undefined => {
    const own = cells.held(namespace, key)
    if (own !== undefined) return own
    if (!isFork(namespace)) return undefined
    cells.flush()
    return fromBefore(streams, namespace, key)
  }
  /** A key that is not known may have been there: it goes on after all keys of the namespace whose rows are gone. */
  const counting = (namespace: string, key: string): Cell | undefined => {
    const found = held(namespace, key)
    if (found !== undefined) return found
    const floor = floorOf(namespace)
    return floor === 0 ? undefined : { version: floor, text: null, expiresAt: null, sequence: 0 }
  }
  const view: StateView = {
    cell: counting,
    recorded(namespace, key, operation): ReturnType<typeof recordedOf> | undefined {
      const { id } = writer.head(streamOf(namespace))
      const row = id === 0 ? undefined : connection.get(sql.recorded, id, operation)
      if (row === undefined) return undefined
      const [sequence, at, data] = row
      const event = { sequence: Number(sequence), at: Number(at), data: data === null ? null : String(data) }
      return recordedOf(event, () => held(namespace, key)?.version ?? 0)
    },
    epoch: (run) => writer.head(runStream(run)).epoch,
    ended({ run, step, since }) {
      const name = `${run}\0${step}\0${since}`
      const { id, version } = writer.head(runStream(run))
      const from = Math.max(since, underWay.get(name) ?? 0)
      const rows = version > from ? connection.iterate(sql.ending, id, from) : []
      for (const [type, of] of rows)
        if (endsAttempt({ type: String(type), step: of === null ? null : String(of) }, step))
          return String(type)
      if (underWay.size >= forksMost) underWay.clear()
      underWay.set(name, version)
      return undefined
    },
    sequence: (namespace) => writer.head(streamOf(namespace)).version,
  }

  const apply = (change: Change): void => {
    change.digest = writer.append(
      streamOf(change.namespace),
      [writer.salted(change.event)],
      change.epoch,
    ).digest
    cells.put(change)
    changes.push(change)
  }
  const known = (namespace: string): KeyCount => counts.get(namespace) ?? { count: 0, at: 0 }
  const recount = (namespace: string): KeyCount => {
    cells.flush()
    const counted = {
      count: Number(connection.get(sql.keys, namespace)?.[0] ?? 0),
      at: writer.head(streamOf(namespace)).version,
    }
    if (counts.size >= forksMost) counts.clear()
    counts.set(namespace, counted)
    return counted
  }

  /**
   * A single write is decided as if its operation were new, which it nearly always is: that it is not, the unique index says when the event is
   * inserted. Saves looking it up for each write.
   */
  const decideOne = (write: PreparedWrite, operation: string): (() => WriteOutcome[]) => {
    const { namespace, key } = write
    const decided = (lookUp: boolean) => {
      const plan = planWrites([write], view, clock.now(), lookUp)
      checkKeys(plan.changes, limits, known, recount)
      return plan
    }
    const attempt = () => {
      try {
        return decided(false)
      } catch {
        return decided(true)
      }
    }
    let plan = attempt()
    // A repeated operation writes nothing, not even the expiry of its key, which would come before it.
    if (plan.changes.length !== 1) plan = decided(true)
    return () => {
      try {
        for (const change of plan.changes) apply(change)
        return plan.outcomes
      } catch (error) {
        const recorded = isDuplicate(error) ? view.recorded(namespace, key, operation) : undefined
        if (recorded === undefined) throw error
        return [repeatedNow(write, recorded, view, clock.now())]
      }
    }
  }

  return {
    decide(writes) {
      const [only] = writes
      if (writes.length === 1 && only !== undefined && only.operation !== null && !only.earlier?.length)
        return decideOne(only, only.operation)
      const plan = planWrites(writes, view, clock.now())
      checkKeys(plan.changes, limits, known, recount)
      return () => {
        for (const change of plan.changes) apply(change)
        return plan.outcomes
      }
    },
    expire(keys) {
      const now = clock.now()
      let expired = 0
      for (const [namespace, key] of keys) {
        const found = cells.held(namespace, key)
        if (!found || !isExpired(found, now)) continue
        apply(expiryOf(namespace, key, found, now, view.sequence(namespace) + 1))
        expired++
      }
      return expired
    },
    held,
    forget() {
      underWay.clear()
      forks.clear()
      floors.clear()
    },
    changes() {
      const made = changes
      changes = []
      return made
    },
  }
}

const uniqueViolated = 2067
const isDuplicate = (error: unknown): boolean =>
  error instanceof Error && 'errcode' in error && error.errcode === uniqueViolated
