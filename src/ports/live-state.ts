import type {
  Entry,
  HistoryOptions,
  ListOptions,
  RecordedWrite,
  StateChange,
  StateWrite,
  Watch,
  WatchOptions,
  WriteOutcome,
} from './state-store.ts'

/** Which life of the store a version is of: another one once what the store held was lost. Opaque. */
type OfIncarnation = { incarnation: string }

export type LiveEntry = Entry & OfIncarnation

/**
 * A write of a `live/{name}` namespace. A run's write is fenced by `provenance`: its run (or `holder`)
 * and epoch must be the claim that the store holds.
 */
export type LiveWrite = Omit<StateWrite, 'attempt'> & {
  /** Of the entry or outcome that `ifVersion` comes from; needed beside a version above 0. */
  incarnation?: string
}

export type LiveOutcome = WriteOutcome & OfIncarnation

/** A run and the epoch of its present owner, from 1. */
export type Claim = { run: string; epoch: number }

export type LiveListOptions = Omit<ListOptions, 'at'>

export type LiveWatchOptions = Omit<WatchOptions, 'since'> & {
  /** The `position` of the watch that the caller had. A sequence is refused: it is of no incarnation. */
  since?: string
}

/**
 * State that may be lost with the store that holds it: keys with versions, compare-and-set, expiry,
 * increments, watches and a bounded history, outside the log and its audit. Nothing here is committed
 * together with durable state or events.
 *
 * After a loss the store has another incarnation: no old condition holds, no run has a claim, and
 * watches are given a `resync`. A later value never has a version that an earlier one of its key had
 * in the same incarnation, even after the key was forgotten.
 */
export interface LiveStateStore {
  /** Linearizable. Never returns a value past its expiry. */
  get(namespace: string, key: string): Promise<LiveEntry | undefined>
  /**
   * Without waiting: never older than this process's own writes. Frozen. A store that cannot read
   * without waiting answers undefined until the key was read once.
   */
  peek(namespace: string, key: string): LiveEntry | undefined
  /**
   * All are applied or none. A condition of another incarnation is a conflict. Throws `input.invalid`
   * where one of them is durable, and `epoch.stale` for a claim that was replaced or is absent.
   */
  write(writes: readonly LiveWrite[]): Promise<LiveOutcome[]>
  /** What was written under an operation id, while its change is in the history. */
  recorded(namespace: string, operation: string): Promise<RecordedWrite | undefined>
  /** Living entries in key order, of one moment; `after` is the last key of the page before. */
  list(namespace: string, options?: LiveListOptions): Promise<LiveEntry[]>
  /** A key's changes, newest first, as far as the namespace's last `historyMax` changes include them. */
  history(namespace: string, key: string, options?: HistoryOptions): Promise<StateChange[]>
  /**
   * Every change of the keys that match, at least once and in order, or a `resync`: for a slow
   * reader, one that comes back late, and after a loss (`restored`).
   */
  watch(namespace: string, pattern: string, options?: LiveWatchOptions): Watch
  /**
   * Lets this epoch of a run write, and no earlier one. An owner claims before anything of its run
   * acts, and after a loss once the log has confirmed that it still owns the run. Repeating a claim
   * does nothing. Throws `epoch.stale` when a later one is held.
   */
  claim(claim: Claim): Promise<void>
  /** Forgets a claim, for a run that is final: its writes are refused. A later epoch's claim stays. */
  release(claim: Claim): Promise<void>
  /** The present incarnation. */
  incarnation(): Promise<string>
  /** Ends at most `limit` (default 1,000) keys whose time is over, and returns how many it ended. */
  sweep(limit?: number): Promise<number>
  /** Ends watches; later calls throw `store.closed`. */
  close(): Promise<void>
}
