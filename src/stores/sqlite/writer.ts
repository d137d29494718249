import { runOfStream } from '../../domain/names.ts'
import type { Random } from '../../ports/random.ts'
import { type Digest, dataDigest, digestBytes, eventDigest, genesis, saltSource, toDigest } from '../chain.ts'
import type { Prepared } from '../drafts.ts'
import type { CommitNews } from './commit-news.ts'
import { commitRows } from './commit-rows.ts'
import type { Commits } from './commits.ts'
import type { Connection } from './connection.ts'

/** Where a stream stands. `id` is 0 before its first event. */
export type Head = {
  id: number
  version: number
  position: number
  epoch: number
  digest: Digest
  pinned: number
  /** The version at which the second format begins in this stream. */
  formatFrom: number
}

/** A prepared event with what can be computed before its place is known. */
export type Salted = Prepared & { salt: Uint8Array; dataDigest: Digest }

/**
 * Appends to streams inside the committer's transaction. 1. A stream's head is read from the table, or from memory while no other process has
 * appended (`PRAGMA data_version`, looked at under the write lock). 2. Positions follow each other without gaps, for the lock is held from reading the last
 * one to writing the next. 3. A head is pinned into `streams` now and then, so that cutting off a stream's end shows.
 */
export type Writer = {
  salted(event: Prepared): Salted
  head(stream: string): Head
  append(stream: string, events: readonly Salted[], epoch: number): Head
  /** Writes the stream's head beside it: the end of a finished run is then as safe as its middle. */
  pin(stream: string): void
  /** Ends the transaction's appends: its own row, and pins of streams that grew by much. */
  end(): void
  /** Looks whether other processes committed; notes what they appended. True if they did. */
  refresh(): boolean
  /** What the transaction under way, or the last one, appended; undefined when nothing, or what others have to look at themselves. */
  appended(): Omit<CommitNews, 'rows'> | undefined
  /** Takes what another process says it committed. False when that does not follow what is known: then `refresh` finds it. */
  told(news: CommitNews): boolean
  /** Forgets everything read inside a transaction that was rolled back. */
  reset(): void
  position(): number
}

/** What other processes committed, as it is noticed. */
export type Foreign = {
  wanted(): boolean
  /** `key` of a change of state; null when it was erased or is of none. */
  event(stream: string, type: string, key: string | null): void
  /** More than is worth looking at one by one, or nobody asked. */
  all(): void
}

const headsMost = 20_000
const foreignMost = 2000
const pinEvery = 16

const sql = {
  dataVersion: 'PRAGMA data_version',
  last: 'SELECT max(position) FROM events',
  stream: 'SELECT id, pinned_version, dropped_version, dropped_digest FROM streams WHERE name = ?',
  head: 'SELECT version, position, epoch, digest, format_from FROM events WHERE stream = ? ORDER BY version DESC LIMIT 1',
  create: 'INSERT INTO streams(name) VALUES (?)',
  insert: 'INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  pin: 'UPDATE streams SET pinned_version = ?, pinned_digest = ? WHERE id = ?',
  names: 'SELECT DISTINCT s.name FROM events e JOIN streams s ON s.id = e.stream WHERE e.position > ?',
  since: `SELECT s.name, e.type, CASE WHEN e.type IN ('state.changed', 'state.expired') THEN json_extract(e.data, '$.key') END
    FROM events e JOIN streams s ON s.id = e.stream WHERE e.position > ? ORDER BY e.position LIMIT ?`,
}

export const streamWriter = (
  connection: Connection,
  random: Random,
  commits: Commits,
  foreign: Foreign,
): Writer => {
  const salt = saltSource(random)
  const dataVersion = connection.statement(sql.dataVersion)
  const insert = connection.statement(sql.insert)
  const heads = new Map<string, Head>()
  const due = new Set<Head>()
  const rows = commitRows(connection)
  // SQLite copies what is bound at once, so one pair of buffers serves all events.
  const dataBuffer = Buffer.alloc(digestBytes)
  const digestBuffer = Buffer.alloc(digestBytes)
  let seen = -1
  let last = 0
  /** `last` before the transaction under way, and before what it learnt of others: after a rollback that is learnt again. */
  let base = 0
  /** Of the transaction under way: the position before it, the streams it appended to, and whether it did what is not told in news. */
  let began = 0
  const grown = new Set<string>()
  let untold = false

  const lookUp = (stream: string): Head => {
    const row = connection.get(sql.stream, stream)
    if (!row) return { id: 0, version: 0, position: 0, epoch: 0, digest: genesis, pinned: 0, formatFrom: 1 }
    const [id, pinned, dropped, from] = row as [number, number, number, Uint8Array | null]
    const head = connection.get(sql.head, id)
    // A stream whose events were all dropped goes on where it was.
    if (!head)
      return {
        id,
        version: dropped,
        position: 0,
        epoch: 0,
        digest: from ? toDigest(from) : genesis,
        pinned,
        formatFrom: dropped + 1,
      }
    const [version, position, epoch, digest, format] = head as [
      number,
      number,
      number,
      Uint8Array,
      number | null,
    ]
    const formatFrom = format ?? version + 1
    return { id, version, position, epoch, digest: toDigest(digest), pinned, formatFrom }
  }

  const headOf = (stream: string): Head => {
    let head = heads.get(stream)
    if (head) return head
    head = lookUp(stream)
    if (heads.size >= headsMost) heads.delete(heads.keys().next().value!)
    heads.set(stream, head)
    return head
  }

  const pinHead = (head: Head) => {
    if (head.id === 0 || head.pinned === head.version) return
    connection.run(sql.pin, head.version, Buffer.from(head.digest, 'latin1'), head.id)
    head.pinned = head.version
  }

  const add = (stream: string, head: Head, event: Salted, epoch: number): void => {
    const version = head.version + 1
    const position = last + 1
    const run = event.run === runOfStream(stream) ? null : event.run
    const { at, type, step, agent, cause, operation } = event
    const { formatFrom } = head
    // As `envelopeOf` has them, without an object between: this is what an append does most of.
    const envelope = [2, formatFrom, stream, version, at, type, run, step, agent, epoch, cause, operation]
    const digest = eventDigest(head.digest, envelope, event.dataDigest)
    dataBuffer.write(event.dataDigest, 'latin1')
    digestBuffer.write(digest, 'latin1')
    insert.run(
      position,
      head.id,
      version,
      at,
      type,
      run,
      step,
      agent,
      epoch,
      cause,
      operation,
      event.data,
      event.salt,
      dataBuffer,
      digestBuffer,
      formatFrom,
    )
    last = position
    head.version = version
    head.position = position
    head.epoch = epoch
    head.digest = digest
  }

  /** Notes what others appended after a position. */
  const learn = (after: number): void => {
    if (!commits.listening() && !foreign.wanted()) return foreign.all()
    const rows = connection.all(sql.since, after, foreignMost + 1)
    if (rows.length > foreignMost) {
      const names = connection.all(sql.names, after)
      foreign.all()
      for (const [name] of names) commits.note(String(name))
      return
    }
    for (const [name, type, key] of rows) {
      commits.note(String(name))
      foreign.event(String(name), String(type), key === null || key === undefined ? null : String(key))
    }
  }

  const begin = (): void => {
    began = last
    grown.clear()
    untold = false
  }

  return {
    salted(event) {
      // The same object: copying every event costs more than it is worth, and it is nobody else's.
      const own = salt()
      return Object.assign(event, { salt: own, dataDigest: dataDigest(own, event.data) })
    },
    head: headOf,
    append(stream, events, epoch) {
      const head = headOf(stream)
      if (events.length === 0) return head
      const from = head.version + 1
      if (head.id === 0) head.id = Number(connection.statement(sql.create).run(stream).lastInsertRowid)
      for (const event of events) {
        add(stream, head, event, epoch)
        if (event.type === 'state.forked' || event.type.startsWith('audit.')) untold = true
      }
      grown.add(stream)
      rows.add(stream, from, head.version, head.digest)
      if (head.version - head.pinned >= pinEvery) due.add(head)
      commits.note(stream)
      return head
    },
    end() {
      rows.write(last)
      if (due.size === 0) return
      for (const head of due) pinHead(head)
      due.clear()
    },
    pin: (stream) => pinHead(headOf(stream)),
    refresh() {
      const before = last
      base = before
      begin()
      const version = Number((dataVersion.get() as unknown[] | undefined)?.[0])
      if (version === seen) return false
      try {
        last = Number(connection.get(sql.last)?.[0] ?? 0)
        if (last !== before) {
          heads.clear()
          rows.forget()
          learn(before)
        }
      } catch (error) {
        // Learnt again at the next look: what could not be read must not be passed over.
        last = before
        seen = -1
        throw error
      }
      seen = version
      began = last
      return last !== before
    },
    appended() {
      if (last === began || untold) return undefined
      return { from: began + 1, to: last, streams: [...grown] }
    },
    told({ from, to, streams }) {
      if (to <= last) return true
      if (from !== last + 1) return false
      last = to
      rows.forget()
      for (const stream of streams) {
        heads.delete(stream)
        commits.note(stream)
      }
      return true
    },
    reset() {
      due.clear()
      rows.forget()
      heads.clear()
      seen = -1
      last = base
      commits.forget()
    },
    position: () => last,
  }
}
