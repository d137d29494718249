import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { ConcordError } from '../../domain/errors.ts'
import type { AuditTrail } from '../../ports/audit.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Member } from '../../ports/membership.ts'
import type { Random } from '../../ports/random.ts'
import type { Stores } from '../stores.ts'
import { sqliteAudit } from './audit.ts'
import { commitListeners } from './commits.ts'
import { committer } from './committer.ts'
import { type Connection, openConnection } from './connection.ts'
import { storeError } from './errors.ts'
import { sqliteLog } from './log.ts'
import { sqliteMembership } from './membership.ts'
import { sqliteQueue } from './queue.ts'
import { sqliteState, stateTable } from './state.ts'
import { streamWriter } from './writer.ts'

export type SqliteOptions = {
  /** The folder of `concord.db`, made when missing. One of `directory` and `file`. */
  directory?: string
  file?: string
  /** What an acknowledged append survives: the death of the process, or also the loss of power (a sync of the disk per commit). */
  durability: 'process' | 'power'
  clock: Clock
  random: Random
  /** Joins the members at once. */
  role?: Member['role']
  /** How long a commit waits for other processes' commits before `store.busy`. Default 5,000. */
  busyTimeoutMs?: number
  /** How often commits of other processes are looked for while someone listens. Default 50. */
  pollMs?: number
  /** Between two signs of life. Default 2,000. */
  beatMs?: number
  /** The most the file may grow to; appends beyond it end in `store.full`. */
  bytesMax?: number
  /** Only where a single machine is known to use the folder. */
  allowNetworkFileSystem?: boolean
}

export type SqliteStores = Stores & {
  audit: AuditTrail
  /** Writes a consistent copy while the store is in use. Throws `input.invalid` when the path exists. */
  backup(path: string): Promise<void>
}

const erase = (connection: Connection, stream: string, version: number): void => {
  const { changes } = connection.run(
    `UPDATE events SET data = NULL, salt = NULL WHERE stream = (SELECT id FROM streams WHERE name = ?) AND version = ?`,
    stream,
    version,
  )
  if (changes !== 1)
    throw new ConcordError(
      'not-found',
      `Cannot erase ${stream}@${version} as the event must exist: there is none; check the stream's name and version`,
    )
}

const backup = async (connection: Connection, path: string): Promise<void> => {
  const now = existsSync(path)
    ? 'it exists'
    : existsSync(dirname(path))
      ? undefined
      : 'its folder does not exist'
  if (now)
    throw new ConcordError(
      'input.invalid',
      `Cannot back up to ${path} as it must be a new file in a folder: ${now}; choose another`,
    )
  try {
    const sqlite = await import('node:sqlite')
    // Its own connection, and all pages in one step on another thread: one snapshot, while this process goes on appending.
    const source = new sqlite.DatabaseSync(connection.file, { readOnly: true })
    try {
      await sqlite.backup(source, path, { rate: 2 ** 31 - 1 })
    } finally {
      source.close()
    }
  } catch (error) {
    throw storeError(error, `back up to ${path}`, connection.file)
  }
}

/** Log, state and members in one SQLite file that any number of processes of one machine share. */
export const sqliteStores = async (options: SqliteOptions): Promise<SqliteStores> => {
  const { clock, random, durability, busyTimeoutMs = 5000, pollMs = 50, beatMs = 2000 } = options
  const file = resolve(options.file ?? join(options.directory ?? '.concord', 'concord.db'))
  const connection = await openConnection({
    file,
    durability,
    clock,
    busyTimeoutMs,
    allowNetworkFileSystem: options.allowNetworkFileSystem ?? false,
    bytesMax: options.bytesMax,
  })
  const poll = () => {
    try {
      writer.refresh()
    } catch {
      // Looking for news failed; whoever reads or appends next is told why.
    }
    commits.tell(writer.position())
  }
  const commits = commitListeners(clock, pollMs, poll)
  const writer = streamWriter(connection, random, commits)
  const group = committer(
    connection,
    { clock, busyTimeoutMs },
    {
      begun: () => writer.refresh(),
      rolledBack: () => writer.reset(),
      settled: () => commits.tell(writer.position()),
    },
  )
  connection.read('open the log', () => writer.refresh())
  const table = stateTable(connection, writer, clock)
  const membership = sqliteMembership({ connection, committer: group, clock, random, beatMs })
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= (async () => {
      // Both before the first await: what is submitted after this call is refused.
      const left = membership.leave().catch(() => undefined)
      await Promise.all([left, group.close()])
      commits.close()
      connection.db.close()
    })()
    return closing
  }
  const log = sqliteLog({ connection, committer: group, commits, writer, table, close })
  const state = sqliteState({ connection, committer: group, table, clock, close })
  if (options.role) await membership.join(options.role)
  return {
    log,
    state,
    membership,
    queue: sqliteQueue({ connection, committer: group, clock, random }),
    audit: sqliteAudit({ connection, committer: group, writer }),
    sweep: state.sweep,
    async erase(stream, version) {
      await group.submit(() => erase(connection, stream, version))
      // What was erased must not live on in the write-ahead log either.
      connection.read('erase', () => connection.get('PRAGMA wal_checkpoint(TRUNCATE)'))
    },
    backup: (path) => backup(connection, path),
    close,
  }
}
