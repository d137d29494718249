import type { Draft, Event, EventType } from '../domain/event.ts'
import type { RunStatus, RunSummary } from '../domain/summary.ts'
import type { StateWrite, WriteOutcome } from './state-store.ts'

export type Append = {
  stream: string
  /** The stream's version before this append, 0 for a new one; `any` for streams with many writers (inboxes). */
  expectedVersion: number | 'any'
  /** The appender's epoch; 0 where a stream has no owner. */
  epoch: number
  events: readonly Draft[]
  /**
   * The caller never changes these events and this summary again: a store that keeps objects may
   * keep them without copying.
   */
  handedOver?: boolean
  /** State writes committed in the same transaction, their positions before those of the events; unconditional ones only. */
  writes?: readonly StateWrite[]
  /** Replaces what `runs` tells of this run, in the same transaction. */
  summary?: RunSummary
}

/** The stream's version after the append, and the last event's position. */
export type Appended = { version: number; position: number; writes?: WriteOutcome[] }

export type EventQuery = {
  run?: string
  agent?: string
  types?: readonly EventType[]
  /** Exclusive. */
  afterPosition?: number
  from?: number
  to?: number
  /** Default 1,000. */
  limit?: number
}

/** A run's place in a list: runs created in the same instant are ordered by id. */
export type RunPlace = { createdAt: number; run: string }

export type RunsQuery = {
  status?: readonly RunStatus[]
  team?: string
  thread?: string
  parent?: string
  /** Only child runs, or none of them. */
  isChild?: boolean
  /** False: without the child runs that execute items of spread steps. Default: with them. */
  items?: boolean
  /** Its goal has this tag. */
  tag?: string
  /** The id of the principal that asked for it. */
  principal?: string
  /**
   * Its goal contains this text, whatever the case of its letters; of a long goal the first 2,000
   * characters are searched. Finds nothing in goals that a policy encrypted.
   */
  text?: string
  /** Default 100. */
  limit?: number
  /** Created earlier than this instant, or listed after this run when the newest come first; exclusive. */
  before?: number | RunPlace
  /** Created later than this instant, or listed after this run when the oldest come first; exclusive. */
  after?: number | RunPlace
  /** Default newest first. */
  order?: 'oldest'
}

/** `gap`: other commits may have been missed; whatever the listener follows is read again. */
export type Commit = { streams: readonly string[]; position: number; gap?: true }

/** Whether a listener that follows the streams which fit has something to read. */
export const mayConcern = ({ streams, gap }: Commit, fits: (stream: string) => boolean): boolean =>
  gap === true || streams.some(fits)

/** `brokenAt` is the first version whose digest does not follow from what is stored; `erased` counts events whose data were erased lawfully. */
export type Verification = {
  stream: string
  events: number
  erased: number
  head: string
  brokenAt?: number
  reason?: string
}

/**
 * The append-only log, truth of everything else. Per stream: versions 1, 2, 3 ... without gaps, each event's digest covering the one
 * before it, its envelope and a salted digest of its data; data can be erased and the chain still verifies.
 */
export interface EventLog {
  /**
   * Appends all events or none, and returns when they are durable to the level the store was opened with. Appends to one stream take
   * effect in the order of the calls. Throws ConcordError `version.conflict` when the stream is not at `expectedVersion`,
   * `store.full`, `store.read-only`, `store.busy`, `store.corrupt`: nothing was appended then. Data are copied: changing them afterwards changes nothing.
   */
  append(request: Append): Promise<Appended>
  /**
   * What the log would hold of an event, where a policy stands in front of it: ask before folding it, and append what
   * is returned. Throws `policy.denied`. Absent where everything is held as it is.
   */
  admit?(draft: Draft): Draft
  /** Events of one stream in order, after `afterVersion` (default 0), at most `limit` (default all). Committed events only. */
  read(stream: string, options?: { afterVersion?: number; limit?: number }): Promise<Event[]>
  /** The stream's version; 0 when there is none. */
  version(stream: string): Promise<number>
  /** Events over all streams in order of commit. */
  query(query: EventQuery): Promise<Event[]>
  /** Runs, newest first, at most `limit`. The last run as `before` (or `after`) begins the next page: none is skipped or repeated. */
  runs(query?: RunsQuery): Promise<RunSummary[]>
  /** How many runs `runs` would list without a limit; reads no summary. */
  countRuns(query?: RunsQuery): Promise<number>
  run(id: string): Promise<RunSummary | undefined>
  /**
   * Calls back after each commit once it can be read, as soon as the store learns of it: late, twice
   * or out of order, never before. Where one may have been missed (the connection was lost) every
   * listener is called with `gap`. A listener reads what it follows by version; it counts nothing.
   */
  onCommit(listener: (commit: Commit) => void): () => void
  /** Recomputes the digest chain of a stream from what is stored. */
  verify(stream: string): Promise<Verification>
  /** Every stream's name, for verification and export. */
  streams(): Promise<string[]>
  close(): Promise<void>
}
