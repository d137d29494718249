import type { Json } from '../domain/json.ts'
import type { Schema } from '../ports/schema.ts'
import type {
  Entry,
  HistoryOptions,
  KeyMoment,
  ListOptions,
  Moment,
  StateChange,
  Subscription,
  Watch,
  WatchOptions,
  WriteOutcome,
} from '../ports/state-store.ts'
import type { Difference, MergeConflict, Resolve } from './state-merge.ts'
import type { Transaction } from './state-transaction.ts'
import type { Change, UpdateOptions } from './state-update.ts'

export type SetOptions = {
  /** The key's version must be this, 0 for absent. */ ifVersion?: number
  ifAbsent?: boolean
  ttlMs?: number
}

export type MergeOptions = {
  /** Decides a key that both sides changed; without it ours stays and the conflict is reported. */
  resolve?: Resolve
  /** A moment of this namespace at which both were the same. Default: when one was forked from the other, or the first of both from a third. */
  base?: Moment
}

export type MergeResult = { merged: string[]; conflicts: MergeConflict[] }

/** Shared state as an agent sees it: one namespace, its own provenance on every write, each write applied once however often the step is executed. */
export interface State {
  readonly namespace: string
  get(key: string): Promise<Json | undefined>
  /** With version, expiry and who wrote it; with `at`, as it was then. */
  entry(key: string, options?: { at?: KeyMoment }): Promise<Entry | undefined>
  /** At once, from this process's memory: its own writes and what it was told of others'. Frozen. */
  peek(key: string): Json | undefined
  /** Refused (`ok: false`) only under `ifVersion` or `ifAbsent`. */
  set(key: string, value: Json, options?: SetOptions): Promise<WriteOutcome>
  delete(key: string, options?: { ifVersion?: number }): Promise<WriteOutcome>
  /** Sets the key if its version is still this one, 0 for absent. */
  compareAndSet(
    key: string,
    version: number,
    value: Json,
    options?: { ttlMs?: number },
  ): Promise<WriteOutcome>
  /** Adds to a number (absent: 0) where it is stored and returns the sum; needs no retry. */
  increment(key: string, by?: number, options?: { ttlMs?: number }): Promise<number>
  /**
   * Reads, changes and writes; when somebody came between, `onConflict` says whether to change anew what they wrote (`retry`, the default), to fail, or to ask a
   * mediator. At most `attemptsMax` (default 100) times, then `version.conflict`. The key's expiry stays unless `ttlMs` is given. A step that is executed again
   * does not change it again: `change` is not called.
   */
  update(key: string, change: Change, options?: number | UpdateOptions): Promise<WriteOutcome>
  /**
   * Several keys in one: what it read must still be so when it writes, else `fn` is called again; at most `attemptsMax` (default 100) times. `fn` must do
   * nothing but read and write through what it is given. Of a step that is executed again, a transaction that wrote is not made again: it answers what it
   * returned the first time, which within a run must be JSON or nothing. `tx.set` ends an expiry, as `set` does.
   */
  transaction<T>(fn: (tx: Transaction) => Promise<T> | T, attemptsMax?: number): Promise<T>
  /** By prefix, or a page, or as it was at a moment. */
  list(prefix?: string | ListOptions): Promise<Entry[]>
  /** Who changed a key, when and why, newest first. */
  history(key: string, options?: HistoryOptions): Promise<StateChange[]>
  /** Every change of the keys that match (`stock`, `stock:*`, `*:done`), at least once, in order; `since` the last sequence handled goes on after a restart. */
  watch(pattern: string, options?: WatchOptions): Watch
  /** The sequence of the namespace's last change. */
  sequence(): Promise<number>
  /** Sends a message to who subscribes now; nothing is kept. Channels are shared by all namespaces. */
  publish(channel: string, message: Json): Promise<void>
  subscribe(pattern: string, options?: { bufferMax?: number; signal?: AbortSignal }): Subscription
  /** A key whose values have a schema. */
  of<T>(key: Key<T>): KeyState<T>
  /** The same for another namespace: `run/{id}`, `thread/{id}`, `subject/{id}`, `team/{name}`, `global`. */
  in(namespace: string): State
  /** Makes another, empty namespace a copy-on-write overlay of this one. */
  fork(namespace: string, options?: { at?: Moment }): Promise<State>
  /** What leads from this namespace to another. */
  diff(namespace: string): Promise<Difference[]>
  /**
   * Brings the changes of another namespace in, three-way by key: what both were is known from the last
   * merge in either direction (the key `$merged:{namespace}`, with the keys that were left undecided), or
   * from where they parted. Expiries come with their values.
   */
  merge(namespace: string, options?: MergeOptions): Promise<MergeResult>
}

/** A key whose values have a schema, which must accept what it has made: what is read has been through it when it was written. */
export type Key<T> = { readonly name: string; readonly schema: Schema<unknown, T> }

/** One key with its values checked, when written and when read. Throws `input.invalid` with the places that do not fit. */
export interface KeyState<T> {
  get(options?: { at?: KeyMoment }): Promise<T | undefined>
  peek(): T | undefined
  set(value: T, options?: SetOptions): Promise<WriteOutcome>
  compareAndSet(version: number, value: T, options?: { ttlMs?: number }): Promise<WriteOutcome>
  /** Answers with what was written: of a step that is executed again, what it wrote the first time. */
  update(change: (value: T | undefined) => T | Promise<T>, options?: number | UpdateOptions): Promise<T>
  delete(options?: { ifVersion?: number }): Promise<WriteOutcome>
  history(options?: HistoryOptions): Promise<StateChange[]>
  watch(options?: WatchOptions): Watch
}
