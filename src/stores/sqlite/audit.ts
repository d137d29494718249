import { ConcordError } from '../../domain/errors.ts'
import type { Draft } from '../../domain/event.ts'
import { auditStream, runNamespace, stateStream } from '../../domain/names.ts'
import { finalStatuses } from '../../domain/summary.ts'
import type { AuditTrail } from '../../ports/audit.ts'
import { prepareDraft } from '../drafts.ts'
import { auditSnapshot } from './audit-snapshot.ts'
import type { Committer } from './committer.ts'
import { type Connection, connectionOf } from './connection.ts'
import { storeError } from './errors.ts'
import { eraseState } from './state-trim.ts'
import type { Writer } from './writer.ts'

const sql = {
  stream: 'SELECT id FROM streams WHERE name = ?',
  erase: `UPDATE events SET data = NULL, salt = NULL
    WHERE stream = (SELECT id FROM streams WHERE name = ?) AND version BETWEEN ? AND ? AND data IS NOT NULL`,
  forget: 'DELETE FROM runs WHERE run = ?',
  status: 'SELECT status FROM runs WHERE run = ?',
  version: 'SELECT max(version) FROM events WHERE stream = ?',
  drop: 'DELETE FROM events WHERE stream = ? AND version <= ?',
  dropped:
    'UPDATE streams SET dropped_version = ?2, dropped_digest = ?3, pinned_version = ?2, pinned_digest = ?3 WHERE id = ?1',
  floor: `UPDATE streams SET key_floor = max(key_floor, (SELECT coalesce(max(version), 0) FROM state WHERE namespace = ?))
    WHERE name = ?`,
  state: 'DELETE FROM state WHERE namespace = ?',
  bases: 'DELETE FROM state_bases WHERE namespace = ?',
  forks: 'SELECT namespace FROM state_origins WHERE origin = ? AND detached = 0',
  origin: 'DELETE FROM state_origins WHERE namespace = ?',
}

export type AuditParts = {
  connection: Connection
  committer: Committer
  writer: Writer
  /** Called in a transaction that removed rows of state: they must not be peeked at, nor counted on from. */
  forgotten(): void
}

const moved = (what: string, now: string): ConcordError =>
  new ConcordError(
    'version.conflict',
    `Cannot drop ${what} as it must be as it was when this was decided: ${now}; decide again`,
  )

export const sqliteAudit = ({
  connection,
  committer,
  writer,
  forgotten,
}: AuditParts): Omit<AuditTrail, 'dropState'> => {
  const append = (record: Draft) => writer.append(auditStream, [writer.salted(prepareDraft(record))], 0)

  /** What was removed must not live on in the write-ahead log either. */
  const scrubLog = () => connection.read('erase', () => connection.get('PRAGMA wal_checkpoint(TRUNCATE)'))

  const checkFinal = (run: string) => {
    const status = connection.get(sql.status, run)?.[0]
    if (![...finalStatuses].some((final) => final === status))
      throw moved(`run ${run}`, `it is ${status ?? 'gone'}`)
  }

  /** The stream's number, if it is where the plan says. */
  const unmoved = (stream: string, version: number): number => {
    const id = Number(connection.get(sql.stream, stream)?.[0] ?? 0)
    const now = connection.get(sql.version, id)?.[0] ?? 0
    if (now !== version) throw moved(stream, `it is at version ${now}, not ${version}`)
    return id
  }

  /** A fork made since this was decided. */
  const checkUnread = (run: string, runs: ReadonlySet<string>) => {
    for (const [fork] of connection.all(sql.forks, runNamespace(run)))
      if (!runs.has(String(fork))) throw moved(`run ${run}`, `${fork} is a fork of it`)
  }

  const dropStateOf = (run: string) => {
    const namespace = runNamespace(run)
    connection.run(sql.floor, namespace, stateStream(namespace))
    connection.run(sql.state, namespace)
    connection.run(sql.bases, namespace)
    connection.run(sql.origin, namespace)
  }

  return {
    async snapshot(use) {
      // Its own connection and one read transaction: one instant, while this and other processes go on appending.
      const { DatabaseSync } = await import('node:sqlite')
      let db: InstanceType<typeof DatabaseSync>
      try {
        db = new DatabaseSync(connection.file, { readOnly: true })
      } catch (error) {
        throw storeError(error, 'read the log', connection.file)
      }
      try {
        db.exec('BEGIN')
        return await use(auditSnapshot(connectionOf(db, connection.file)))
      } catch (error) {
        throw storeError(error, 'read the log', connection.file)
      } finally {
        db.close()
      }
    },

    async erase(ranges, runs, record) {
      const erased = await committer.submit(() => {
        let count = 0
        for (const { stream, from, to } of ranges)
          count += Number(connection.run(sql.erase, stream, from, to).changes)
        for (const run of runs) connection.run(sql.forget, run)
        eraseState(connection, ranges, runs)
        forgotten()
        append(record)
        return count
      })
      scrubLog()
      return erased
    },

    async drop(streams, runs, record) {
      await committer.submit(() => {
        // Everything that can refuse comes first: a refused job must have written nothing.
        const namespaces = new Set(runs.map((run) => runNamespace(run)))
        for (const run of runs) {
          checkFinal(run)
          checkUnread(run, namespaces)
        }
        const ids = streams.map(({ stream, version }) => unmoved(stream, version))
        for (const [i, { version, digest }] of streams.entries()) {
          connection.run(sql.drop, ids[i]!, version)
          connection.run(sql.dropped, ids[i]!, version, Buffer.from(digest, 'hex'))
        }
        for (const run of runs) {
          dropStateOf(run)
          connection.run(sql.forget, run)
        }
        forgotten()
        append(record)
      })
      scrubLog()
    },
  }
}
