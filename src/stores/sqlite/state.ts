import { runStream, stateStream } from '../../domain/event.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Entry, Provenance, StateStore, WriteOutcome } from '../../ports/state-store.ts'
import {
  type Cell,
  type Change,
  expiryOf,
  isExpired,
  type PreparedWrite,
  planWrites,
  prepareWrite,
  type StateView,
  settle,
  streamOf,
} from '../state-plan.ts'
import type { Committer } from './committer.ts'
import type { Connection, Row } from './connection.ts'
import type { Writer } from './writer.ts'

const columns = 'key, value, version, at, expires_at, run, step, agent, cause, epoch'

const sql = {
  cell: 'SELECT version, value IS NOT NULL, expires_at FROM state WHERE namespace = ? AND key = ?',
  get: `SELECT ${columns} FROM state WHERE namespace = ? AND key = ?`,
  list: `SELECT ${columns} FROM state WHERE namespace = ? AND key >= ? AND key > ? AND value IS NOT NULL ORDER BY key`,
  // An erased event no longer tells the key's version: the key itself does.
  recorded: `SELECT coalesce(json_extract(e.data, '$.version'), (SELECT version FROM state WHERE namespace = ?1 AND key = ?3)), e.version
    FROM events e WHERE e.stream = (SELECT id FROM streams WHERE name = ?2) AND e.operation = ?4`,
  put: `INSERT INTO state(namespace, key, version, value, at, expires_at, run, step, agent, cause, epoch)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(namespace, key) DO UPDATE SET version = excluded.version, value = excluded.value,
    at = excluded.at, expires_at = excluded.expires_at, run = excluded.run, step = excluded.step, agent = excluded.agent,
    cause = excluded.cause, epoch = excluded.epoch`,
  due: 'SELECT namespace, key FROM state WHERE expires_at <= ? ORDER BY expires_at LIMIT ?',
}

/** The state table inside the committer's transaction. */
export type StateTable = {
  /** Decides what writes do, which may throw; the function returned does it. */
  decide(writes: readonly PreparedWrite[]): () => WriteOutcome[]
  /** Ends those of the keys whose time is over; how many. */
  expire(keys: readonly (readonly [namespace: string, key: string])[]): number
}

export const stateTable = (connection: Connection, writer: Writer, clock: Clock): StateTable => {
  const cell = (namespace: string, key: string): Cell | undefined => {
    const row = connection.get(sql.cell, namespace, key)
    if (!row) return undefined
    return {
      version: Number(row[0]),
      live: row[1] === 1,
      expiresAt: row[2] === null ? null : Number(row[2]),
    }
  }
  const view: StateView = {
    cell,
    recorded(namespace, key, operation) {
      const row = connection.get(sql.recorded, namespace, stateStream(namespace), key, operation)
      return row && { version: Number(row[0]), sequence: Number(row[1]) }
    },
    epoch: (run) => writer.head(runStream(run)).epoch,
  }

  const apply = (change: Change): number => {
    const { namespace, key, version, value, expiresAt, event, epoch } = change
    const { run, step, agent, cause } = event
    const head = writer.append(streamOf(change), [writer.salted(event)], epoch)
    connection.run(
      sql.put,
      namespace,
      key,
      version,
      value,
      event.at,
      expiresAt,
      run,
      step,
      agent,
      cause,
      epoch,
    )
    return head.version
  }

  return {
    decide(writes) {
      const plan = planWrites(writes, view, clock.now())
      return () => ('refused' in plan ? plan.refused : settle(plan, plan.changes.map(apply)))
    },
    expire(keys) {
      const now = clock.now()
      let expired = 0
      for (const [namespace, key] of keys) {
        const found = cell(namespace, key)
        if (!found || !isExpired(found, now)) continue
        apply(expiryOf(namespace, key, found, now))
        expired++
      }
      return expired
    },
  }
}

export type SqliteState = StateStore & { sweep(limit?: number): Promise<number> }

export type StateParts = {
  connection: Connection
  committer: Committer
  table: StateTable
  clock: Clock
  close(): Promise<void>
}

export const sqliteState = ({ connection, committer, table, clock, close }: StateParts): SqliteState => {
  /** What a reader found expired is ended soon after; the reader does not wait for it, and a later sweep ends what this could not. */
  const expireSoon = (namespace: string, keys: readonly string[]) => {
    committer.submit(() => table.expire(keys.map((key) => [namespace, key] as const))).catch(() => undefined)
  }

  return {
    async get(namespace, key) {
      const row = connection.read(`read ${namespace} ${key}`, () => connection.get(sql.get, namespace, key))
      if (!row || row[1] === null) return undefined
      if (!isOver(row, clock.now())) return entryOf(row)
      expireSoon(namespace, [key])
      return undefined
    },
    async write(writes) {
      const prepared = writes.map(prepareWrite)
      return committer.submit(() => table.decide(prepared)())
    },
    async list(namespace, { prefix = '', after = '', limit = Number.POSITIVE_INFINITY } = {}) {
      const now = clock.now()
      const over: string[] = []
      const found = connection.read(`list ${namespace}`, () => {
        const entries: Entry[] = []
        for (const row of connection.iterate(sql.list, namespace, prefix, after)) {
          const key = String(row[0])
          if (entries.length >= limit || !key.startsWith(prefix)) break
          if (isOver(row, now)) over.push(key)
          else entries.push(entryOf(row))
        }
        return entries
      })
      if (over.length > 0) expireSoon(namespace, over)
      return found
    },
    async sweep(limit = 1000) {
      return committer.submit(() => {
        const due = connection.all(sql.due, clock.now(), limit)
        return table.expire(due.map(([namespace, key]) => [String(namespace), String(key)] as const))
      })
    },
    close,
  }
}

const isOver = (row: Row, now: number): boolean => row[4] !== null && Number(row[4]) <= now

const entryOf = (row: Row): Entry => {
  const [key, value, version, at, expiresAt, run, step, agent, cause, epoch] = row
  const provenance: Provenance = {}
  if (run !== null) provenance.run = String(run)
  if (step !== null) provenance.step = String(step)
  if (agent !== null) provenance.agent = String(agent)
  if (cause !== null) provenance.cause = String(cause)
  if (epoch !== 0) provenance.epoch = Number(epoch)
  return {
    key: String(key),
    value: JSON.parse(String(value)),
    version: Number(version),
    at: Number(at),
    ...(expiresAt === null ? undefined : { expiresAt: Number(expiresAt) }),
    provenance,
  }
}
