import { ConcordError } from '../../domain/errors.ts'
import type { Draft, Event } from '../../domain/event.ts'
import { asJson, copyJson, type Json } from '../../domain/json.ts'
import { isItemRun, runOfStream, stateStream } from '../../domain/names.ts'
import type { RunSummary } from '../../domain/summary.ts'
import type { Commit, EventLog, EventQuery, RunsQuery, Verification } from '../../ports/event-log.ts'
import type { Random } from '../../ports/random.ts'
import { type StateLimits, stateLimits, type WriteOutcome } from '../../ports/state-store.ts'
import { type Digest, dataDigest, envelopeOf, eventDigest, genesis, saltSource, toHex } from '../chain.ts'
import { closedError } from '../closed.ts'
import {
  checkEnvelope,
  checkEpoch,
  checkHead,
  checkName,
  eventWith,
  type Prepared,
  type Row as StoredRow,
  toEvent,
} from '../drafts.ts'
import { folded, pageOf, searchedTags, searchedText } from '../runs-query.ts'
import { type PreparedWrite, prepareUnconditional } from '../state-write.ts'

/** Data are a copy of what was appended, or its text where that is at hand; null once erased. */
type Kept = { value: Json } | { text: string } | null
type Row = Omit<StoredRow, 'data'> & { data: Kept }

const textOf = (row: Row): string => {
  if (row.data === null) return ''
  return 'text' in row.data ? row.data.text : JSON.stringify(row.data.value)
}

/** Read as a copy: what a reader does with it changes nothing here. */
const eventOf = (row: Row): Event =>
  row.data !== null && 'value' in row.data
    ? eventWith(row, copyJson(row.data.value))
    : toEvent({ ...row, data: row.data === null ? null : row.data.text })

const keptData = (draft: Draft): Kept => {
  try {
    return { value: copyJson(draft.data) }
  } catch (cause) {
    const now = cause instanceof Error ? cause.message : String(cause)
    throw new ConcordError(
      'input.invalid',
      `Cannot append ${draft.type} as values are JSON: ${now}; correct the caller`,
      { cause },
    )
  }
}

const copySummary = (summary: RunSummary): RunSummary => copyJson(summary) as RunSummary

type Sealed = { salt: Uint8Array | null; dataDigest: Digest; digest: Digest }
type Stream = { rows: Row[]; sealed: Sealed[]; epoch: number }

type Decide = (writes: readonly PreparedWrite[]) => () => WriteOutcome[]

/** The log and what the state store beside it needs of it. */
export type VolatileLog = EventLog & {
  /** Appends one prepared event to a stream that has no owner; its version. */
  add(stream: string, event: Prepared, epoch: number): number
  rows(stream: string): readonly Row[]
  epoch(stream: string): number
  /** Tells the listeners of these streams once the caller is done. */
  announce(streams: readonly string[]): void
  erase(stream: string, version: number): void
  /** Throws `store.closed` after `close`. */
  checkOpen(action: string, of?: string): void
  /** How writes that come with an append are done: decided first, which may throw, and applied by the function returned. */
  onWrites(limits: StateLimits, decide: Decide): void
}

/**
 * The log in memory, for tests, simulation and runs that need not outlive the process. Data are copied in and out, which shares their
 * texts; JSON and the digest chain are made only when asked for.
 */
export const volatileLog = (random: Random): VolatileLog => {
  const streams = new Map<string, Stream>()
  const all: Row[] = []
  const byRun = new Map<string, Row[]>()
  /** Each is this log's own; readers are given copies. */
  const runs = new Map<string, RunSummary>()
  const listeners = new Set<(commit: Commit) => void>()
  const salt = saltSource(random)
  let decide: Decide = () => () => []
  let limits = stateLimits
  let closed = false
  const checkOpen = (action: string, of = ''): void => {
    if (closed) throw closedError(`${action} ${of}`.trimEnd())
  }

  const streamOf = (name: string): Stream => {
    let stream = streams.get(name)
    if (!stream) {
      stream = { rows: [], sealed: [], epoch: 0 }
      streams.set(name, stream)
    }
    return stream
  }

  const push = (
    name: string,
    stream: Stream,
    event: Draft | Omit<Prepared, 'data'>,
    data: Kept,
    epoch: number,
  ): void => {
    const row: Row = {
      stream: name,
      version: stream.rows.length + 1,
      position: all.length + 1,
      at: event.at,
      type: event.type,
      run: event.run ?? null,
      step: event.step ?? null,
      agent: event.agent ?? null,
      epoch,
      cause: event.cause ?? null,
      operation: 'operation' in event ? event.operation : null,
      data,
    }
    stream.rows.push(row)
    all.push(row)
    const run = row.run ?? runOfStream(name)
    if (run === undefined) return
    const rows = byRun.get(run)
    if (rows) rows.push(row)
    else byRun.set(run, [row])
  }

  const announce = (names: readonly string[]) => {
    if (listeners.size === 0 || names.length === 0) return
    const commit = { streams: names, position: all.length }
    queueMicrotask(() => {
      for (const listener of listeners) listener(commit)
    })
  }

  const seal = (stream: Stream): void => {
    for (let i = stream.sealed.length; i < stream.rows.length; i++) {
      const row = stream.rows[i]!
      const mine = salt()
      const data = dataDigest(mine, textOf(row))
      const previous = stream.sealed[i - 1]?.digest ?? genesis
      stream.sealed.push({
        salt: mine,
        dataDigest: data,
        digest: eventDigest(previous, envelopeOf({ ...row, formatFrom: 1 }), data),
      })
    }
  }

  return {
    async append(request) {
      checkOpen('append to', request.stream)
      const name = checkName('append', 'a stream', request.stream)
      checkEpoch(request.epoch)
      const { events, handedOver, summary } = request
      for (const draft of events) checkEnvelope(draft)
      const data = events.map((draft): Kept => (handedOver ? { value: asJson(draft.data) } : keptData(draft)))
      const writes = request.writes ? prepareUnconditional(request.writes, limits) : []
      const existing = streams.get(name)
      checkHead(request, { version: existing?.rows.length ?? 0, epoch: existing?.epoch ?? 0 })
      const apply = writes.length > 0 ? decide(writes) : undefined
      const stream = existing ?? (events.length > 0 ? streamOf(name) : undefined)
      if (summary) runs.set(summary.run, handedOver ? summary : copySummary(summary))
      // The writes first: whoever reads up to one of these events finds the state that came with it.
      const outcomes = apply?.()
      events.forEach((draft, i) => {
        push(name, stream!, draft, data[i]!, request.epoch)
      })
      if (stream) stream.epoch = Math.max(stream.epoch, request.epoch)
      const version = stream?.rows.length ?? 0
      const position = stream?.rows.at(-1)?.position ?? 0
      const touched = events.length > 0 ? [name] : []
      announce(
        writes.length > 0 ? [...touched, ...new Set(writes.map((w) => stateStream(w.namespace)))] : touched,
      )
      return outcomes ? { version, position, writes: outcomes } : { version, position }
    },
    async read(name, { afterVersion = 0, limit = Number.POSITIVE_INFINITY } = {}) {
      checkOpen('read', name)
      const rows = streams.get(name)?.rows ?? []
      return rows.slice(afterVersion, afterVersion + limit).map(eventOf)
    },
    async version(name) {
      checkOpen('read', name)
      return streams.get(name)?.rows.length ?? 0
    },
    async query(query) {
      checkOpen('query events')
      return select(query.run === undefined ? all : (byRun.get(query.run) ?? []), query).map(eventOf)
    },
    async runs(query = {}) {
      checkOpen('list runs')
      return listed([...runs.values()], query).map(copySummary)
    },
    async countRuns(query = {}) {
      checkOpen('count runs')
      return [...runs.values()].filter((run) => fits(run, query)).length
    },
    async run(id) {
      checkOpen('read run', id)
      const found = runs.get(id)
      return found && copySummary(found)
    },
    onCommit(listener) {
      // A wrapper, so that one function given twice counts twice and is removed once.
      const mine = (commit: Commit) => listener(commit)
      listeners.add(mine)
      return () => listeners.delete(mine)
    },
    async verify(name) {
      checkOpen('verify', name)
      const stream = streams.get(name)
      if (stream) seal(stream)
      return check(name, stream)
    },
    async streams() {
      checkOpen('list streams')
      return [...streams.keys()].sort()
    },
    async close() {
      closed = true
      listeners.clear()
    },
    checkOpen,
    add(name, event, epoch) {
      const stream = streamOf(name)
      const { data, ...envelope } = event
      push(name, stream, envelope, { text: data }, epoch)
      return stream.rows.length
    },
    rows: (name) => streams.get(name)?.rows ?? [],
    epoch: (name) => streams.get(name)?.epoch ?? 0,
    announce,
    erase(name, version) {
      const stream = streams.get(name)
      const row = stream?.rows[version - 1]
      if (!stream || !row)
        throw new ConcordError(
          'not-found',
          `Cannot erase ${name}@${version} as the event must exist: there is none; check the stream's name and version`,
        )
      seal(stream)
      row.data = null
      stream.sealed[version - 1]!.salt = null
    },
    onWrites(bounds, how) {
      limits = bounds
      decide = how
    },
  }
}

const select = (rows: readonly Row[], query: EventQuery): Row[] => {
  const { agent, afterPosition = 0, from, to, limit = 1000 } = query
  const types = query.types && new Set<string>(query.types)
  const found: Row[] = []
  for (let i = firstAfter(rows, afterPosition); i < rows.length && found.length < limit; i++) {
    const row = rows[i]!
    if (types && !types.has(row.type)) continue
    if (agent !== undefined && row.agent !== agent) continue
    if ((from !== undefined && row.at < from) || (to !== undefined && row.at > to)) continue
    found.push(row)
  }
  return found
}

const firstAfter = (rows: readonly Row[], position: number): number => {
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (rows[middle]!.position > position) high = middle
    else low = middle + 1
  }
  return low
}

const fits = (run: RunSummary, query: RunsQuery): boolean => {
  const { status, team, thread, parent, isChild, items, tag, principal, text } = query
  return (
    (!status || status.some((wanted) => wanted === run.status)) &&
    (team === undefined || run.goal.team === team) &&
    (thread === undefined || run.goal.thread === thread) &&
    (parent === undefined || run.parent === parent) &&
    (isChild === undefined || (run.parent !== undefined) === isChild) &&
    // Whoever looks for a goal looks for its run, not for each of its items.
    !((items === false || tag !== undefined || text !== undefined) && isItemRun(run.run)) &&
    (tag === undefined || searchedTags(run.goal).includes(tag)) &&
    (principal === undefined || run.principal?.id === principal) &&
    (text === undefined || searchedText(run.goal).includes(folded(text))) &&
    pageOf(query).has(run)
  )
}

const listed = (runs: RunSummary[], query: RunsQuery): RunSummary[] =>
  runs
    .filter((run) => fits(run, query))
    .sort(pageOf(query).compare)
    .slice(0, query.limit ?? 100)

const check = (name: string, stream: Stream | undefined): Verification => {
  const result: Verification = { stream: name, events: 0, erased: 0, head: toHex(genesis) }
  let previous = genesis
  for (const [i, row] of (stream?.rows ?? []).entries()) {
    const sealed = stream!.sealed[i]!
    const erased = row.data === null
    const data = erased ? sealed.dataDigest : dataDigest(sealed.salt ?? new Uint8Array(), textOf(row))
    const digest = eventDigest(previous, envelopeOf({ ...row, formatFrom: 1 }), data)
    if (digest !== sealed.digest)
      return { ...result, brokenAt: i + 1, reason: 'the digest does not follow from what is stored' }
    result.events++
    if (erased) result.erased++
    result.head = toHex(digest)
    previous = digest
  }
  return result
}
