import { existsSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { ConcordError } from '../../domain/errors.ts'
import type { AuditTrail } from '../../ports/audit.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Member } from '../../ports/membership.ts'
import type { Random } from '../../ports/random.ts'
import { type StateLimits, stateLimits } from '../../ports/state-store.ts'
import { closedError } from '../closed.ts'
import { messageIds, stateChannels } from '../state-channels.ts'
import { stateFeed } from '../state-feed.ts'
import type { Stores } from '../stores.ts'
import { sqliteAudit } from './audit.ts'
import { decodeNews, encodeNews } from './commit-news.ts'
import { commitListeners } from './commits.ts'
import { committer } from './committer.ts'
import { type Connection, openConnection } from './connection.ts'
import { storeError } from './errors.ts'
import { renewIncarnation } from './incarnation.ts'
import { sqliteLog } from './log.ts'
import { sqliteMembership } from './membership.ts'
import { makePrivate, type Warn } from './permissions.ts'
import { sqliteQueue } from './queue.ts'
import { openRing } from './ring.ts'
import { checkStoreInPlace, memberName } from './ring-members.ts'
import { type StateParts, snapshotOf, sqliteState } from './state.ts'
import { stateCells } from './state-cells.ts'
import { stateLive } from './state-live.ts'
import { stateStreams, stateTable } from './state-table.ts'
import { eraseState, stateTrim } from './state-trim.ts'
import { type Foreign, streamWriter } from './writer.ts'

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
  /** What shared state may grow to. */
  limits?: Partial<StateLimits>
  /** Dead letters a queue keeps. Default 10,000. */
  deadLettersMax?: number
  /** Only where a single machine is known to use the folder. */
  allowNetworkFileSystem?: boolean
  /** Told what could not be kept from other users of the machine. */
  warn?: Warn
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
    : statSync(dirname(path), { throwIfNoEntry: false })?.isDirectory()
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
    makePrivate(path)
    try {
      await sqlite.backup(source, path, { rate: 2 ** 31 - 1 })
      await renewIncarnation(path)
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
  await checkStoreInPlace(file).catch((error) => {
    throw storeError(error, `open the store ${file}`, file)
  })
  const connection = await openConnection({
    file,
    durability,
    clock,
    busyTimeoutMs,
    allowNetworkFileSystem: options.allowNetworkFileSystem ?? false,
    bytesMax: options.bytesMax,
    warn: options.warn,
    beatMs,
  })
  const limits: StateLimits = { ...stateLimits, ...options.limits }
  const tell = () => {
    live.tell()
    commits.tell(writer.position())
  }
  const poll = () => {
    try {
      writer.refresh()
      commits.keep()
    } catch {
      // Looking for news failed; whoever reads or appends next is told why.
    }
    tell()
  }
  const commits = commitListeners(clock, pollMs, poll, (listening) => ring.listen(listening))
  const foreign: Foreign = {
    wanted: () => live.wanted(),
    event: (stream, type, key) => live.event(stream, type, key),
    all: () => live.all(),
  }
  const writer = streamWriter(connection, random, commits, foreign)
  const cells = stateCells(connection)
  const streams = stateStreams(connection, cells)
  const table = stateTable({ connection, writer, cells, streams, clock }, limits)
  const group = committer(
    connection,
    { clock, busyTimeoutMs },
    {
      begun: () => writer.refresh(),
      flush: cells.flush,
      ending: () => writer.end(),
      committed() {
        const changes = table.changes()
        ring.ring(() => {
          const appended = writer.appended()
          return appended && encodeNews(appended, changes)
        })
        commits.keep()
        live.committed(changes)
      },
      rolledBack() {
        writer.reset()
        live.rolledBack()
      },
      settled: tell,
    },
  )
  const ring = openRing({
    file,
    id: memberName(file, Buffer.from(random.bytes(8)).toString('hex')),
    rung: poll,
    news(text) {
      const news = decodeNews(text)
      if (!writer.told(news)) return poll()
      commits.keep()
      live.told(news.rows)
      tell()
    },
    message: (body) => channels.deliver(channelOf(body), body),
  })
  // Whoever opens a store at this path from now on sees that this process has it, and which file it has.
  await ring.there
  let letGo: (() => void) | undefined
  const again = () => {
    letGo = undefined
    hold(feed.size() + channels.size())
  }
  /** Who watches or subscribes waits for others: that keeps the process alive, as an open server would. */
  const hold = (readers: number) => {
    if (readers > 0) letGo ??= clock.schedule(holdMs, again)
    else {
      letGo?.()
      letGo = undefined
    }
  }
  const channels = stateChannels((size) => hold(size + feed.size()))
  let listening = false
  const listen = () => {
    if (listening) return
    listening = true
    // Looking for commits of others is what matters; it is told by `live`.
    commits.onCommit(() => undefined)
  }
  const feed = stateFeed(
    {
      head: streams.head,
      read: streams.rows,
      digest: streams.digest,
      snapshot: (namespace, pattern) => snapshotOf(stateParts, namespace, pattern),
    },
    {
      watchersMax: limits.watchersMax,
      used: () => feed.size() + channels.size(),
      changed(size) {
        if (size > 0) listen()
        hold(size + channels.size())
      },
    },
  )
  const live = stateLive({ cells, table, feed })
  try {
    connection.read('open the log', () => writer.refresh())
  } catch (error) {
    await ring.close()
    connection.db.close()
    throw error
  }
  const membership = sqliteMembership({ connection, committer: group, clock, random, beatMs })
  const lost = new Promise<ConcordError>((resolve) => {
    connection.guard?.onLost((error) => {
      feed.fail(error)
      resolve(error)
    })
  })
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= (async () => {
      // Both before the first await: what is submitted after this call is refused.
      const left = membership.leave().catch(() => undefined)
      await Promise.all([left, group.close()])
      feed.close()
      channels.close()
      commits.close()
      await ring.close()
      connection.guard?.stop()
      connection.db.close()
    })()
    return closing
  }
  const log = sqliteLog({ connection, committer: group, commits, writer, table, limits, close })
  const stateParts: StateParts = {
    connection,
    committer: group,
    writer,
    cells,
    streams,
    table,
    feed,
    channels,
    clock,
    limits,
    listen,
    send: (_channel, body) => ring.send(body),
    messageId: messageIds(random),
    reachable: () => ring.ready,
    checkOpen(action, of) {
      if (closing !== undefined) throw closedError(`${action} ${of}`, file)
    },
    close,
  }
  const state = sqliteState(stateParts)
  const forgotten = () => {
    cells.clear()
    table.forget()
  }
  const audit = sqliteAudit({ connection, committer: group, writer, forgotten })
  const trim = stateTrim({ connection, committer: group, writer, cells, streams, table })
  if (options.role)
    await membership.join(options.role).catch(async (error) => {
      await close()
      throw error
    })
  return {
    log,
    state,
    membership,
    queue: sqliteQueue({
      connection,
      committer: group,
      clock,
      random,
      ...(options.deadLettersMax === undefined ? {} : { deadMost: options.deadLettersMax }),
    }),
    audit: { ...audit, ...trim },
    sweep: state.sweep,
    async erase(stream, version) {
      await group.submit(() => {
        erase(connection, stream, version)
        eraseState(connection, [{ stream, from: version, to: version }], [])
        forgotten()
      })
      // What was erased must not live on in the write-ahead log either.
      connection.read('erase', () => connection.get('PRAGMA wal_checkpoint(TRUNCATE)'))
    },
    backup: (path) => backup(connection, path),
    lost,
    incarnation: String(connection.get('SELECT id FROM incarnation')?.[0]),
    close,
  }
}

/** Timers wait no longer than 2^31 ms. */
const holdMs = 2 ** 30

const channelOf = (body: string): string => {
  const { channel } = JSON.parse(body) as { channel: string }
  return channel
}
