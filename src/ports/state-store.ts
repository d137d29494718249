import type { Attempt } from '../domain/attempt.ts'
import type { Json } from '../domain/json.ts'

/** Who writes and why; becomes part of the change event. */
export type Provenance = {
  run?: string
  step?: string
  agent?: string
  cause?: string
  epoch?: number
  /**
   * The run whose owner writes, and whose epoch it is, where that is not `run`: of an item of a spread
   * step, the child run that executes it. Asked by the fence, and not stored.
   */
  holder?: string
}

/** One of `value`, `delete`, `increment` and `check` says what is done. */
export type StateWrite = {
  namespace: string
  key: string
  value?: Json
  /** An absent key is left as it is (version 0), and nothing is written; with an `operation` the deletion is recorded all the same. */
  delete?: boolean
  /** Adds to the number that is there (absent: 0) where it is stored, and keeps its expiry unless `ttlMs` is given. */
  increment?: number
  /** Changes nothing: only the condition counts, for what a transaction read without writing it. */
  check?: boolean
  /** The key's version must be this (0: absent), else the write is refused as a conflict. */
  ifVersion?: number
  /** The same as `ifVersion: 0`. */
  ifAbsent?: boolean
  ttlMs?: number
  /** Of a value: the expiry the key has stays, as it does under an increment. */
  keepExpiry?: boolean
  /**
   * A repeated id writes nothing and returns the recorded outcome; under a condition only while what it
   * wrote still stands, else it is refused. For another key it throws `key.reused`.
   */
  operation?: string
  /**
   * Ids this write had in attempts of its step that failed, newest first. Where the newest that is
   * recorded did the same (and stands, under a condition), it counts as this write; else this one is made.
   */
  earlier?: readonly string[]
  /**
   * A repeated id recorded at or after this instant (ms) must have done the same, else `key.reused`. Absent: the recorded outcome stands whatever is
   * written now, as a step that is executed again may come to another value.
   */
  sameSince?: number
  /** What the writer made of it: kept with the change, and told with the outcome when the operation is repeated. */
  result?: Json
  provenance?: Provenance
  /** Refused with `attempt.stale`, in the transaction of the write, once this attempt is over. */
  attempt?: Attempt
}

export type Entry = {
  key: string
  value: Json
  version: number
  at: number
  expiresAt?: number
  provenance: Provenance
}

/**
 * `version` is the key's version after the write, or the one that stood in the way of it; `value` is what an increment made. `repeated`: the operation was
 * recorded before, with this outcome and this `result` (absent once it was erased); nothing was written. Refused and `repeated`: it was written then, and
 * the key has expired, was deleted or overwritten since.
 */
export type WriteOutcome =
  | {
      ok: true
      key: string
      version: number
      sequence: number
      value?: number
      repeated?: true
      result?: Json
    }
  | { ok: false; key: string; version: number; reason: 'conflict'; repeated?: true }

/** A write that was applied under an operation id; of an erased one only the sequence is known. */
export type RecordedWrite = {
  sequence: number
  key?: string
  version?: number
  value?: Json
  /** Of a value, not of a sum: an increment keeps the expiry it finds. */
  expiresAt?: number
  result?: Json
}

/** A moment of a namespace: after the change with this sequence, or after the last change stamped at or before this time (ms since the epoch). */
export type Moment = { sequence: number } | { time: number }
/** A moment of one key: also when it had this version. */
export type KeyMoment = Moment | { version: number }

/** One committed change of a key. `value` is absent when the key ended; `ended` says how, `erased` that its value was removed from the log. */
export type StateChange = {
  kind: 'change'
  namespace: string
  key: string
  sequence: number
  version: number
  at: number
  value?: Json
  ended?: 'deleted' | 'expired' | 'erased'
  expiresAt?: number
  operation?: string
  provenance: Provenance
}

/**
 * What stands now, instead of changes that are not told one by one: the reader was too slow (`behind`), they are no longer kept
 * (`not-retained`), it asked to continue from a sequence that the store has not reached (`ahead`) or where it has another change (`restored`): a backup
 * was restored; or the namespace began as a fork. Continue with the watch's `position`.
 */
export type StateResync = {
  kind: 'resync'
  namespace: string
  sequence: number
  reason: 'behind' | 'not-retained' | 'ahead' | 'restored' | 'forked'
  entries: Entry[]
}

export type StateNews = StateChange | StateResync

export type WatchOptions = {
  /**
   * What the caller has handled: the `position` of the watch it had; absent: from now on. A sequence
   * does, too, but cannot show that a backup was restored which has come as far again.
   */
  since?: number | string
  /** Changes kept for a reader that is not asking; beyond it they are read again from the log. Default 1,024. */
  bufferMax?: number
  /** Characters of their data, beyond the first change. Default 1 MiB. */
  bufferCharsMax?: number
  /** How many changes a reader may be behind before it is given a resync instead of each of them. Default 10,000. */
  lagMax?: number
  signal?: AbortSignal
}

/** News in order of sequence, one reader. Ends when closed, aborted or when the store is closed. */
export interface Watch extends AsyncIterableIterator<StateNews, undefined> {
  /** Resolves with the sequence after which changes are delivered, once it is in force. */
  readonly opened: Promise<number>
  /** Behind the news handed out last (at first behind the opening): pass it as `since` to continue. Opaque. */
  readonly position: string
  close(): void
}

export type Message = {
  /** Of this one message, the same for all who hear it: equal texts are told apart by it. */
  id: string
  channel: string
  message: Json
  at: number
  provenance: Provenance
  missed?: number
}

/** Messages from its opening on, one reader. */
export interface Subscription extends AsyncIterableIterator<Message, undefined> {
  readonly opened: Promise<void>
  close(): void
}

export type ListOptions = { prefix?: string; after?: string; limit?: number; at?: Moment }
/** `before` is a sequence of this namespace; default the end. `limit` default 100. */
export type HistoryOptions = { before?: number; limit?: number }

export type ForkState = {
  from: string
  at?: Moment
  provenance?: Provenance
}

export type StateLimits = {
  /** Of JSON text, UTF-8. Default 4 MiB. */
  valueBytesMax: number
  /** Living keys. Default 1,000,000. */
  keysPerNamespaceMax: number
  /** Watches and subscriptions of one process. Default 10,000. */
  watchersMax: number
}

export const stateLimits: StateLimits = {
  valueBytesMax: 4 * 1024 * 1024,
  keysPerNamespaceMax: 1_000_000,
  watchersMax: 10_000,
}

/**
 * Shared state: keys with a version each (continues after delete), namespaces with a sequence each, in order of commit.
 * Every change is an event of stream `state/{namespace}` whose version is the sequence, in the same transaction as the value.
 *
 * Expiry is an instant of the store's wall clock, fixed by the write. A clock set forward ends keys early, one set back keeps them longer by as much;
 * what was committed as expired stays ended. Beyond a limit (`StateLimits`): `bound.reached`, and nothing is written.
 */
export interface StateStore {
  /** Linearizable. No value past its expiry is ever returned. With `at`: as it was then; throws `not-found` when that is no longer kept. */
  get(namespace: string, key: string, options?: { at?: KeyMoment }): Promise<Entry | undefined>
  /**
   * From this process's memory, without waiting: never older than its own committed writes and the last commit it was told of. Frozen and shared. A
   * store that cannot read without waiting answers undefined until the key was read once.
   */
  peek(namespace: string, key: string): Entry | undefined
  /**
   * One transaction: all are applied or none; visible to all when it returns. A refused write refuses all of them. Throws `epoch.stale` for an owner that was
   * replaced, `attempt.stale` for an attempt that is over.
   */
  write(writes: readonly StateWrite[]): Promise<WriteOutcome[]>
  /** What was written under an operation id, while that change is kept. For who may be doing something again. */
  recorded(namespace: string, operation: string): Promise<RecordedWrite | undefined>
  /** Live entries in key order, of one moment; `after` is the last key of the page before. */
  list(namespace: string, options?: ListOptions): Promise<Entry[]>
  /** Changes of a key, newest first. Those of a fork's origin follow its own; each says its namespace. */
  history(namespace: string, key: string, options?: HistoryOptions): Promise<StateChange[]>
  /** The sequence of the last change; 0 when there is none. */
  sequence(namespace: string): Promise<number>
  /**
   * Every committed change of the keys that match (`*` stands for any text, `\*` for itself), of any process, at least once, in order. What a slow
   * reader or one that comes back with `since` cannot be told one by one is a `resync`; nothing is left out silently.
   */
  watch(namespace: string, pattern: string, options?: WatchOptions): Watch
  /** Sends to those who subscribe now, in all processes of the store, at most once; never stored. */
  publish(channel: string, message: Json, provenance?: Provenance): Promise<void>
  /** `*` in the pattern stands for any text. A reader too slow for its buffer is told how many it `missed`. */
  subscribe(pattern: string, options?: { bufferMax?: number; signal?: AbortSignal }): Subscription
  /**
   * Makes a namespace without changes a copy-on-write overlay of another at a moment: keys read through until written here; versions go on. Repeated
   * with the same origin it does nothing. Throws `version.conflict` when the namespace has changes. What is erased in the origin is gone from its forks.
   */
  fork(namespace: string, options: ForkState): Promise<{ sequence: number }>
  /** Where a fork came from. */
  origin(namespace: string): Promise<{ namespace: string; sequence: number } | undefined>
  /** Ends watches and subscriptions; whatever is asked of the store, or of the log beside it, afterwards throws `store.closed`. */
  close(): Promise<void>
}
