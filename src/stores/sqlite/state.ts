import { ConcordError } from '../../domain/errors.ts'
import type { Draft } from '../../domain/event.ts'
import { patternMatcher, patternPrefix } from '../../domain/key-pattern.ts'
import { stateStream } from '../../domain/names.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Entry, ListOptions, StateLimits, StateStore } from '../../ports/state-store.ts'
import { checkName, prepareDraft } from '../drafts.ts'
import { byCodePoint } from '../order.ts'
import { frozenEntry, messageBody } from '../state-cell.ts'
import { entryOf, isThere } from '../state-change.ts'
import type { Channels } from '../state-channels.ts'
import { type Feed, tooManyWatchers } from '../state-feed.ts'
import { checkForkable, originsOf } from '../state-fork.ts'
import { entryAt, historyOf, keyAt, sequenceOf, timeAt } from '../state-history.ts'
import { isExpired } from '../state-plan.ts'
import { prepareWrite } from '../state-write.ts'
import type { Committer } from './committer.ts'
import { type Connection, ofOneMoment } from './connection.ts'
import type { Cells } from './state-cells.ts'
import type { StateStreams, StateTable } from './state-table.ts'
import type { Writer } from './writer.ts'

const sql = {
  fork: 'INSERT INTO state_origins(namespace, origin, sequence) VALUES (?, ?, ?)',
}

export type SqliteState = StateStore & { sweep(limit?: number): Promise<number> }

export type StateParts = {
  connection: Connection
  committer: Committer
  writer: Writer
  cells: Cells
  streams: StateStreams
  table: StateTable
  feed: Feed
  channels: Channels
  clock: Clock
  limits: StateLimits
  /** Called before the first peek: from then on commits of other processes are looked for. */
  listen(): void
  /** To the subscribers of other processes. */
  send(channel: string, body: string): Promise<void>
  messageId(): string
  /** Resolves once messages of other processes arrive here. */
  reachable(): Promise<void>
  /** Throws `store.closed` once closing began. */
  checkOpen(action: string, of: string): void
  close(): Promise<void>
}

const pageRows = 512

/** A namespace's keys in order, through its origins, ended ones included. */
export function* keysOf(
  parts: Pick<StateParts, 'cells' | 'streams'>,
  namespace: string,
  prefix: string,
  after: string,
): Generator<string> {
  const { cells, streams } = parts
  function* own(of: string, rows: 'all' | 'inherited'): Generator<string> {
    for (let last = after; ; ) {
      const page = cells.page(rows, { namespace: of, prefix, after: last }, pageRows)
      for (const { key } of page) {
        if (!key.startsWith(prefix)) return
        yield key
      }
      if (page.length < pageRows) return
      last = page.at(-1)!.key
    }
  }
  const chain = [namespace, ...originsOf(streams, namespace).map((origin) => origin.namespace)]
  const last = chain.at(-1)!
  const sorted = chain.map((each) => own(each, 'all'))
  if (streams.forkedFrom(last)?.detached) sorted.push(own(last, 'inherited'))
  const [only] = sorted
  if (sorted.length === 1 && only !== undefined) return yield* only
  yield* mergedKeys(sorted)
}

/** Sorted keys of several, each once. */
function* mergedKeys(sorted: readonly Iterator<string>[]): Generator<string> {
  const heads = sorted.map((each) => each.next())
  for (;;) {
    let least: string | undefined
    for (const { done, value } of heads)
      if (!done && (least === undefined || byCodePoint(value, least) < 0)) least = value
    if (least === undefined) return
    yield least
    for (const [i, { done, value }] of heads.entries())
      if (!done && value === least) heads[i] = sorted[i]!.next()
  }
}

type Listed = { entries: Entry[]; over: string[] }

/** Living entries of now: rows of the table, page by page. */
const listNow = (
  parts: StateParts,
  namespace: string,
  options: ListOptions,
  wanted?: (key: string) => boolean,
): Listed => {
  const { prefix = '', after = '', limit = Number.POSITIVE_INFINITY } = options
  const { cells, clock } = parts
  const now = clock.now()
  const listed: Listed = { entries: [], over: [] }
  for (let last = after; listed.entries.length < limit; ) {
    const most = Math.min(pageRows, limit - listed.entries.length)
    const page = cells.page('living', { namespace, prefix, after: last }, most)
    for (const cell of page) {
      if (!cell.key.startsWith(prefix)) return listed
      if (wanted?.(cell.key) === false) continue
      if (isThere(cell, now)) listed.entries.push(entryOf(cell))
      else if (isExpired(cell, now)) listed.over.push(cell.key)
    }
    if (page.length < most) return listed
    last = page.at(-1)!.key
  }
  return listed
}

/** The same of a fork or of another moment: key by key. */
const listThen = (
  parts: StateParts,
  namespace: string,
  options: ListOptions,
  wanted?: (key: string) => boolean,
): Listed => {
  const { prefix = '', after = '', limit = Number.POSITIVE_INFINITY, at } = options
  const { streams, clock } = parts
  const sequence = at === undefined ? streams.head(namespace) : sequenceOf(streams, namespace, at)
  const time = at === undefined ? clock.now() : 'time' in at ? at.time : timeAt(streams, namespace, sequence)
  const entries: Entry[] = []
  for (const key of keysOf(parts, namespace, prefix, after)) {
    if (entries.length >= limit) break
    if (wanted?.(key) === false) continue
    const held = keyAt(streams, namespace, key, sequence)
    if (isThere(held, time)) entries.push(entryOf(held))
  }
  return { entries, over: [] }
}

const list = (
  parts: StateParts,
  namespace: string,
  options: ListOptions,
  wanted?: (key: string) => boolean,
): Listed =>
  (options.at === undefined && parts.streams.forkedFrom(namespace) === undefined ? listNow : listThen)(
    parts,
    namespace,
    options,
    wanted,
  )

export const snapshotOf = (parts: StateParts, namespace: string, pattern: string) =>
  ofOneMoment(parts.connection, () => ({
    sequence: parts.streams.head(namespace),
    entries: list(parts, namespace, { prefix: patternPrefix(pattern) }, patternMatcher(pattern)).entries,
  }))

export const sqliteState = (parts: StateParts): SqliteState => {
  const { connection, committer, writer, cells, streams, table, feed, channels, clock, limits } = parts
  /** What a reader found expired is ended soon after; the reader does not wait for it, and a later sweep ends what this could not. */
  const expireSoon = (namespace: string, keys: readonly string[]) => {
    committer.submit(() => table.expire(keys.map((key) => [namespace, key] as const))).catch(() => undefined)
  }
  const now = (namespace: string, key: string): Entry | undefined => {
    const own = cells.read(namespace, key)
    const found =
      own ?? (streams.forkedFrom(namespace) && keyAt(streams, namespace, key, Number.MAX_SAFE_INTEGER))
    if (isThere(found, clock.now())) return entryOf(found)
    if (own !== undefined && isExpired(own, clock.now())) expireSoon(namespace, [key])
    return undefined
  }
  let listening = false

  const fork: StateStore['fork'] = async (namespace, { from, at, provenance }) => {
    checkName('fork state', 'a namespace', namespace)
    checkName('fork state', 'an origin', from)
    return committer.submit(() => {
      cells.flush()
      const stream = stateStream(namespace)
      const known = streams.forkedFrom(namespace)
      if (known?.namespace === from && at === undefined) return { sequence: known.sequence }
      // Asked for again, it is not looked up: what it was may no longer be kept.
      if (known?.namespace === from && at !== undefined && 'sequence' in at && known.sequence === at.sequence)
        return { sequence: known.sequence }
      const sequence = sequenceOf(streams, from, at === undefined ? { sequence: streams.head(from) } : at)
      if (known?.namespace === from && known.sequence === sequence) return { sequence }
      const { version } = writer.head(stream)
      if (version > 0) throw notEmpty(namespace, version)
      checkForkable(streams, namespace, from)
      const draft: Draft = {
        type: 'state.forked',
        at: clock.now(),
        data: { namespace, from, sequence },
        ...(provenance?.run === undefined ? {} : { run: provenance.run }),
        ...(provenance?.step === undefined ? {} : { step: provenance.step }),
        ...(provenance?.agent === undefined ? {} : { agent: provenance.agent }),
        ...(provenance?.cause === undefined ? {} : { cause: provenance.cause }),
      }
      const event = writer.salted(prepareDraft(draft))
      connection.run(sql.fork, namespace, from, sequence)
      writer.append(stream, [event], provenance?.epoch ?? 0)
      table.forget()
      return { sequence }
    })
  }

  return {
    get: async (namespace, key, { at } = {}) =>
      connection.read(`read ${namespace} ${key}`, () => {
        if (at === undefined) return now(namespace, key)
        const found = ofOneMoment(connection, () => entryAt(streams, namespace, key, at))
        return found && isThere(found.held, found.time) ? entryOf(found.held) : undefined
      }),
    peek(namespace, key) {
      parts.checkOpen('read', namespace)
      if (!listening) {
        listening = true
        parts.listen()
      }
      const cell = table.held(namespace, key)
      if (cell === undefined || cell.text === null) return undefined
      if (cell.expiresAt !== null && cell.expiresAt <= clock.now()) return undefined
      if (cell.entry === undefined && isThere(cell, Number.NEGATIVE_INFINITY)) cell.entry = frozenEntry(cell)
      return cell.entry
    },
    async write(writes) {
      const prepared = writes.map((write) => prepareWrite(write, limits))
      return committer.submit(() => table.decide(prepared)(), 0, true)
    },
    recorded: async (namespace, operation) =>
      connection.read(`read ${namespace}`, () => streams.recorded(namespace, operation)),
    async list(namespace, options = {}) {
      const { entries, over } = connection.read(`list ${namespace}`, () =>
        ofOneMoment(connection, () => list(parts, namespace, options)),
      )
      if (over.length > 0) expireSoon(namespace, over)
      return entries
    },
    history: async (namespace, key, options = {}) =>
      connection.read(`read the history of ${namespace} ${key}`, () =>
        ofOneMoment(connection, () => historyOf(streams, namespace, key, options)),
      ),
    sequence: async (namespace) => connection.read(`read ${namespace}`, () => streams.head(namespace)),
    watch(namespace, ...given) {
      parts.checkOpen('watch', namespace)
      return feed.watch(namespace, ...given)
    },
    async publish(channel, message, provenance = {}) {
      parts.checkOpen('publish to', channel)
      const body = messageBody(
        { id: parts.messageId(), channel, message, at: clock.now(), provenance },
        limits,
      )
      channels.deliver(channel, body)
      await parts.send(channel, body)
    },
    subscribe(pattern, options) {
      parts.checkOpen('subscribe to', pattern)
      if (feed.size() + channels.size() >= limits.watchersMax)
        throw tooManyWatchers(`subscribe to ${pattern}`, limits.watchersMax)
      return channels.subscribe(pattern, options, parts.reachable())
    },
    fork,
    origin: async (namespace) =>
      connection.read(`read ${namespace}`, () => {
        const from = streams.forkedFrom(namespace)
        return from && { namespace: from.namespace, sequence: from.sequence }
      }),
    async sweep(limit = 1000) {
      const due = () => streams.due(clock.now(), limit)
      // Looked at first without the lock that writers wait for.
      if (connection.read('look for expired keys', due).length === 0) return 0
      return committer.submit(() => table.expire(due()))
    },
    close: parts.close,
  }
}

const notEmpty = (namespace: string, sequence: number): ConcordError =>
  new ConcordError(
    'version.conflict',
    `Cannot make ${namespace} a fork as it must be without changes: it has ${sequence}; choose a new namespace`,
  )
