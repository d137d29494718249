import type { DroppedStream, VersionRange } from '../../domain/checkpoint.ts'
import { auditStream, namespaceOfStream, stateStream } from '../../domain/names.ts'
import type { AuditTrail } from '../../ports/audit.ts'
import { toDigest, toHex } from '../chain.ts'
import { prepareDraft } from '../drafts.ts'
import { dataOf, type Held } from '../state-change.ts'
import { fromBefore, keyAt } from '../state-history.ts'
import type { Committer } from './committer.ts'
import type { Connection } from './connection.ts'
import { keysOf } from './state.ts'
import type { Cells } from './state-cells.ts'
import type { StateStreams, StateTable } from './state-table.ts'
import type { Writer } from './writer.ts'

const sql = {
  stream: `SELECT id, dropped_version, (SELECT max(version) FROM events WHERE stream = s.id) FROM streams s WHERE name = ?`,
  event: 'SELECT position, digest FROM events WHERE stream = ? AND version = ?',
  at: `SELECT version, digest FROM events WHERE stream = ? AND position <= ? AND version <= ? ORDER BY version DESC LIMIT 1`,
  drop: 'DELETE FROM events WHERE stream = ? AND version <= ?',
  dropped: 'UPDATE streams SET dropped_version = ?, dropped_digest = ? WHERE id = ?',
  floor: 'UPDATE streams SET key_floor = max(key_floor, ?) WHERE name = ?',
  endKey: 'DELETE FROM state WHERE namespace = ? AND key = ?',
  putBase: 'INSERT OR REPLACE INTO state_bases VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  endBase: 'DELETE FROM state_bases WHERE namespace = ? AND key = ?',
  forks: 'SELECT namespace, sequence FROM state_origins WHERE origin = ? AND sequence < ? AND detached = 0',
  detached: 'UPDATE state_origins SET detached = 1 WHERE namespace = ?',
  eraseBases: 'DELETE FROM state_bases WHERE namespace = ? AND sequence BETWEEN ? AND ?',
  eraseOf: 'DELETE FROM state_bases WHERE run = ?',
  copies: 'SELECT namespace FROM state_origins WHERE origin = ? AND detached = 1',
  highest: 'SELECT max(version) FROM state WHERE namespace = ? AND value IS NULL',
  ended: 'DELETE FROM state WHERE namespace = ? AND value IS NULL',
}

/** Changes dropped, and keys copied, in one transaction: some tens of milliseconds of the lock that all writers wait for. */
const changesAtOnce = 2000
const keysAtOnce = 500

export type TrimParts = {
  connection: Connection
  committer: Committer
  writer: Writer
  cells: Cells
  streams: StateStreams
  table: StateTable
}

type Slice = DroppedStream & { id: number; from: number }

const putBase = (connection: Connection, namespace: string, held: Held, sequence: number): void => {
  const { key, version, text, at, expiresAt, provenance } = held
  const { run = null, step = null, agent = null, cause = null, epoch = 0 } = provenance
  const by = [run, step, agent, cause, epoch]
  connection.run(sql.putBase, namespace, key, version, text, at, expiresAt, ...by, sequence)
}

/** The next changes to go, as they are recorded; undefined when none is left. */
const sliceOf = (
  connection: Connection,
  namespace: string,
  to: number,
  positions: readonly number[],
): Slice | undefined => {
  const stream = stateStream(namespace)
  const [id, dropped, head] = (connection.get(sql.stream, stream) ?? []).map(Number)
  if (id === undefined || dropped === undefined || head === undefined) return undefined
  const from = dropped + 1
  const version = Math.min(dropped + changesAtOnce, to, head - 1)
  if (version < from) return undefined
  const first = Number(connection.get(sql.event, id, from)?.[0])
  const [last, digest] = connection.get(sql.event, id, version) as [number, Uint8Array]
  const heads = positions
    .filter((position) => position >= first && position < last)
    .map((position) => {
      const [at, then] = connection.get(sql.at, id, position, version) as [number, Uint8Array]
      return { position, version: at, digest: toHex(toDigest(then)) }
    })
  return { stream, id, from, version, digest: toHex(toDigest(digest)), first, last, heads }
}

/** The last change in the slice of each key, as far as their data were not erased. */
const lastChanges = (
  streams: StateStreams,
  namespace: string,
  { from, version }: Slice,
): Map<string, Held> => {
  const last = new Map<string, Held>()
  for (const row of streams.rows(namespace, from - 1, version - from + 1)) {
    const data = dataOf(row)
    if (data === undefined || row.type === 'state.forked') continue
    const { key, value } = data
    last.set(key, {
      key,
      version: data.version,
      text: value === undefined ? null : JSON.stringify(value),
      expiresAt: data.expiresAt ?? null,
      sequence: row.sequence,
      at: row.at,
      provenance: row.provenance,
    })
  }
  return last
}

/**
 * Makes the past of state smaller. 1. What is kept of a namespace goes on reading as before: of each key that was changed after what is dropped, the last dropped
 * change stays as its base, in the same transaction. 2. A key that had ended by then loses its row; `key_floor` keeps versions going up. 3. A fork that
 * reads what goes is first given a copy, page by page; until it is whole the fork reads through as before.
 */
export const stateTrim = (parts: TrimParts): Pick<AuditTrail, 'dropState'> => {
  const { connection, committer, writer, cells, streams, table } = parts

  /** A fork's key that ended hides what it would inherit. */
  const hides = (namespace: string, key: string): boolean =>
    streams.forkedFrom(namespace) !== undefined && fromBefore(streams, namespace, key) !== undefined

  const settle = (namespace: string, changed: Held, version: number): void => {
    const { key } = changed
    const now = cells.read(namespace, key)
    if (now === undefined) return
    if (now.sequence > version) return putBase(connection, namespace, changed, changed.sequence)
    if ((cells.base(namespace, key)?.sequence ?? 0) > 0) connection.run(sql.endBase, namespace, key)
    if (now.text !== null || hides(namespace, key)) return
    connection.run(sql.floor, now.version, stateStream(namespace))
    connection.run(sql.endKey, namespace, key)
    cells.drop(namespace, key)
  }

  const dropSlice = (
    namespace: string,
    to: number,
    { positions, record }: Parameters<AuditTrail['dropState']>[2],
  ): number | 'forked' => {
    const slice = sliceOf(connection, namespace, to, positions)
    if (slice === undefined) return 0
    const { id, from, version, digest, stream, first, last, heads } = slice
    // One that was made since they were looked for.
    if (connection.get(sql.forks, namespace, version) !== undefined) return 'forked'
    for (const changed of lastChanges(streams, namespace, slice).values()) settle(namespace, changed, version)
    connection.run(sql.drop, id, version)
    connection.run(sql.dropped, version, Buffer.from(digest, 'hex'), id)
    const event = record({ stream, version, digest, first, last, heads })
    writer.append(auditStream, [writer.salted(prepareDraft(event))], 0)
    table.forget()
    return version - from + 1
  }

  /** Copies the next keys that a fork inherits; the last of them, or undefined when there are no more. */
  const copyKeys = (fork: string, origin: string, sequence: number, after: string): string | undefined => {
    let count = 0
    for (const key of keysOf(parts, fork, '', after)) {
      const found = cells.read(fork, key) === undefined ? keyAt(streams, origin, key, sequence) : undefined
      if (found !== undefined) putBase(connection, fork, found, -found.sequence)
      if (++count === keysAtOnce) return key
    }
    connection.run(sql.detached, fork)
    table.forget()
    return undefined
  }

  const detachForks = async (namespace: string, to: number): Promise<void> => {
    const forks = connection.read('look for forks', () => connection.all(sql.forks, namespace, to))
    for (const [fork, sequence] of forks)
      for (let after: string | undefined = ''; after !== undefined; ) {
        const from: string = after
        after = await committer.submit(() => copyKeys(String(fork), namespace, Number(sequence), from))
      }
  }

  return {
    async dropState(namespace, to, options) {
      let gone = 0
      await detachForks(namespace, to)
      for (;;) {
        const done = await committer.submit(() => dropSlice(namespace, to, options))
        if (done === 0) break
        if (done === 'forked') await detachForks(namespace, to)
        else gone += done
      }
      // What was removed must not live on in the write-ahead log.
      if (gone > 0) connection.read('drop', () => connection.get('PRAGMA wal_checkpoint(TRUNCATE)'))
      return gone
    },
  }
}

/** The forks that were given copies of a namespace, and theirs. */
const copiesOf = (connection: Connection, namespace: string, found = new Set<string>()): Set<string> => {
  for (const [fork] of connection.all(sql.copies, namespace)) {
    const name = String(fork)
    if (found.has(name)) continue
    found.add(name)
    copiesOf(connection, name, found)
  }
  return found
}

/** Erasure of changes reaches what is kept of them beside the log; of a namespace erased as a whole, the names of its ended keys, too. In a transaction. */
export const eraseState = (
  connection: Connection,
  ranges: readonly VersionRange[],
  runs: readonly string[],
): void => {
  for (const run of runs) connection.run(sql.eraseOf, run)
  for (const { stream, from, to } of ranges) {
    const namespace = namespaceOfStream(stream)
    if (namespace === undefined) continue
    const whole = from <= 1 && to >= Number(connection.get(sql.stream, stream)?.[2] ?? 0)
    connection.run(sql.eraseBases, namespace, whole ? Number.MIN_SAFE_INTEGER : from, to)
    for (const fork of copiesOf(connection, namespace))
      connection.run(sql.eraseBases, fork, whole ? Number.MIN_SAFE_INTEGER : -to, whole ? 0 : -from)
    if (!whole || connection.get('SELECT 1 FROM state_origins WHERE namespace = ?', namespace)) continue
    connection.run(sql.floor, Number(connection.get(sql.highest, namespace)?.[0] ?? 0), stream)
    connection.run(sql.ended, namespace)
  }
}
