import type { DroppedStream, StreamHead, VersionRange } from '../domain/checkpoint.ts'
import type { Draft, Event } from '../domain/event.ts'
import type { Verification } from './event-log.ts'

/** What of an event the chain covers beside its data; what it does not have is null. */
export type PlacedEvent = {
  stream: string
  version: number
  position: number
  at: number
  type: string
  run: string | null
  step: string | null
  agent: string | null
  epoch: number
  cause: string | null
  operation: string | null
  /**
   * The version at which the second format begins in the stream, 1 in streams that never had the
   * first; null: this event is of the first format, whose digest covers the position.
   */
  formatFrom: number | null
}

/** Everything that is kept of an event. `data` is the JSON text its digest was made of; without it and the salt: erased. Digests are hex. */
export type EventRecord = PlacedEvent & {
  data: string | null
  salt: string | null
  dataDigest: string
  digest: string
}

/** A stream with its chain recomputed. */
export type WalkedStream = Verification & {
  /** Where what is kept begins, when the events up to there were dropped. */
  droppedTo?: { version: number; digest: string }
  /** Where the stream stood at each of the positions asked for; undefined: not there yet, or only known from what was dropped. */
  heads: ({ version: number; digest: string } | undefined)[]
  /** Events whose data were erased. */
  gone: { version: number; position: number }[]
}

/**
 * The chain of commits recomputed, and compared with the events it lists. `brokenAt` is a position.
 * `heads`: the chain's digest (hex) at each position asked for; undefined where no commit ends.
 */
export type WalkedCommits = {
  commits: number
  heads: (string | undefined)[]
  brokenAt?: number
  reason?: string
  stream?: string
}

/** Which changes of shared state may go. All are instants (ms since the epoch) or numbers of changes. */
export type StateAge = {
  /** Changes made before this. */
  before?: number
  /** Changes that are not among so many newest of their namespace. */
  beyond?: number
  /** Nothing made since this goes. */
  since: number
}

/** Changes of a namespace that may go: up to `to`, so many, the oldest made then. */
export type AgedState = { namespace: string; to: number; changes: number; oldestAt: number }

export type RecordQuery = { run?: string; from?: number; to?: number }

/** All streams as of one instant, whatever is appended meanwhile. Valid only while `snapshot` runs. */
export interface AuditSnapshot {
  /** Of the last event. */
  readonly position: number
  /** The number of events kept. */
  readonly events: number
  /** Events with a later position. */
  eventsAfter(position: number): number
  read(stream: string): Event[]
  /** Every stream's head as it is stored, without recomputing anything. */
  heads(): StreamHead[]
  /** The last event of a stream up to a position. */
  headAt(stream: string, position: number): { version: number; digest: string } | undefined
  /** How many events of these streams are kept. */
  countEvents(streams: readonly { stream: string }[]): number
  /** Recomputes every stream's chain, a stream at a time; undefined in between, also within a long stream, so that the caller can let others go on. */
  walk(positions: readonly number[]): Iterable<WalkedStream | undefined>
  /** The digest (hex) of the newest commit; null in a store that has none of the second format. */
  commitHead(): string | null
  /** Recomputes the chain of commits; undefined in between, the result last. */
  walkCommits(positions: readonly number[]): Iterable<WalkedCommits | undefined>
  /** Events that belong to no stream: somebody removed its name. */
  strays(): number
  /** Events in order of position. */
  records(query: RecordQuery): Iterable<EventRecord>
  /** A stream as it would be recorded when dropped now, with its heads at these positions; undefined where nothing is kept. */
  droppable(stream: string, positions: readonly number[]): DroppedStream | undefined
  /** Ids of the runs about a subject and of all their child runs; whether each is final. */
  runsOfSubject(subject: string): { run: string; final: boolean }[]
  /** Final runs whose last event is before this instant, whose parents are final and as old, and that no kept run is a fork of. */
  runsEndedBefore(at: number): string[]
  /**
   * Namespaces of which changes may go, but those of runs, which go with their runs. Never what a run that is not final wrote, and nothing after it: its operations must stay
   * known; nor a namespace's last change. Undefined for each namespace of which nothing may go, so that who asks can let others go on.
   */
  agedState(age: StateAge): Iterable<AgedState | undefined>
  /** Where events of a run lie outside its own streams: versions whose data are kept. */
  elsewhere(run: string): VersionRange[]
  /** Keys whose present value one of these runs wrote, outside their own namespaces. */
  keysWrittenBy(runs: ReadonlySet<string>): { namespace: string; key: string }[]
}

/** What the audit needs of a store beyond its log. */
export interface AuditTrail {
  snapshot<T>(use: (snapshot: AuditSnapshot) => Promise<T>): Promise<T>
  /**
   * Removes data and salts of these events for good, forgets the summaries of `runs`, and appends `record` to the audit stream, in one transaction.
   * Events of state streams lose their data, not the keys their present value. How many events lost their data.
   */
  erase(ranges: readonly VersionRange[], runs: readonly string[], record: Draft): Promise<number>
  /**
   * Drops the events of these streams, the state namespaces and summaries of `runs`, and appends `record`, in one transaction. Throws `version.conflict` when a stream
   * is no longer where the plan says, or a run is not final.
   */
  drop(streams: readonly DroppedStream[], runs: readonly string[], record: Draft): Promise<void>
  /**
   * Drops a namespace's changes up to a sequence (not its last), a slice a transaction, each with the event that `record` makes of it; `positions` are those of the
   * checkpoints. Present values, every moment that is kept, and every fork read as before: forks of what goes are given a copy first. Keys that had ended by then
   * are forgotten. Answers how many changes went.
   */
  dropState(
    namespace: string,
    to: number,
    options: { positions: readonly number[]; record(dropped: DroppedStream): Draft },
  ): Promise<number>
}
