import { ConcordError } from '../domain/errors.ts'
import type { Read } from '../domain/event.ts'
import type { Json } from '../domain/json.ts'
import { copyJson } from '../domain/json.ts'
import type {
  Entry,
  HistoryOptions,
  KeyMoment,
  ListOptions,
  Moment,
  Provenance,
  StateChange,
  StateStore,
  StateWrite,
  Subscription,
  Watch,
  WatchOptions,
  WriteOutcome,
} from '../ports/state-store.ts'
import { type Key, type KeyState, typedKey } from './state-keys.ts'
import {
  type Difference,
  diffEntries,
  type MergeConflict,
  mergeEntries,
  type Resolve,
} from './state-merge.ts'
import { runTransaction, type Transaction } from './state-transaction.ts'
import { type Change, type UpdateOptions, type UpdateParts, updateKey } from './state-update.ts'

export type SetOptions = {
  /** The key's version must be this, 0 for absent. */ ifVersion?: number
  ifAbsent?: boolean
  ttlMs?: number
}

export type MergeOptions = {
  /** Decides a key that both sides changed; without it ours stays and the conflict is reported. */
  resolve?: Resolve
  /** Where both were the same; default the moment the other was forked from this namespace. */
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
   * mediator. At most `attemptsMax` (default 100) times, then `version.conflict`.
   */
  update(key: string, change: Change, options?: number | UpdateOptions): Promise<WriteOutcome>
  /**
   * Several keys in one: what it read must still be so when it writes, else `fn` is called again; at most `attemptsMax` (default 100) times. `fn` must do
   * nothing but read and write through what it is given.
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
  /** Brings the changes of another namespace in, three-way by key. */
  merge(namespace: string, options?: MergeOptions): Promise<MergeResult>
}

export type StateScope = {
  store: StateStore
  namespace: string
  provenance: Provenance
  /** Makes the ids of operations: the same when the step is executed again. */
  operationPrefix: string
  /** Results of the run's own steps, for the keys `step:{id}`. */
  result?: (step: string) => Json | undefined
  reads?: Read[]
  /** How often each key was written: shared by all namespaces of a scope. */
  occurrences?: Map<string, number>
  /** How conflicts are mediated, and who is told that one was resolved. */
  mediate?: UpdateParts['mediate']
  resolved?: UpdateParts['resolved']
  /** Throws when nothing may be written any more. */
  guard?: () => void
}

const readsMax = 100
const attemptsDefault = 100

type Own = Omit<StateWrite, 'namespace' | 'provenance'>

/** Updates of one key wait for each other within a process, so that only other processes can come between. */
const queues = new WeakMap<StateStore, Map<string, Promise<unknown>>>()

const oneAtATime = async <T>(store: StateStore, id: string, fn: () => Promise<T>): Promise<T> => {
  let lines = queues.get(store)
  if (lines === undefined) {
    lines = new Map()
    queues.set(store, lines)
  }
  const mine = (lines.get(id) ?? Promise.resolve()).then(fn, fn)
  lines.set(id, mine)
  try {
    return await mine
  } finally {
    if (lines.get(id) === mine) lines.delete(id)
  }
}

export const scopedState = (scope: StateScope): State => {
  const { store, namespace, provenance } = scope
  const occurrences = scope.occurrences ?? new Map<string, number>()
  const operation = (key: string): string => {
    const id = `${namespace}/${key}`
    const n = (occurrences.get(id) ?? 0) + 1
    occurrences.set(id, n)
    return `${scope.operationPrefix}/${id}#${n}`
  }
  const resultOf = (key: string): Json | undefined =>
    key.startsWith('step:') ? scope.result?.(key.slice('step:'.length)) : undefined
  const note = (key: string, version: number) => {
    if (scope.reads !== undefined && scope.reads.length < readsMax) scope.reads.push({ key, version })
  }
  const entry = async (key: string, options?: { at?: KeyMoment }): Promise<Entry | undefined> => {
    const own = resultOf(key)
    if (own !== undefined) return { key, value: own, version: 1, at: 0, provenance: {} }
    const found = await store.get(namespace, key, options)
    note(key, found?.version ?? 0)
    return found
  }
  const writeAll = async (writes: readonly Own[]): Promise<WriteOutcome[]> => {
    scope.guard?.()
    return store.write(writes.map((each) => ({ ...each, namespace, provenance })))
  }
  const write = async (own: Own): Promise<WriteOutcome> => {
    const [outcome] = await writeAll([own])
    if (outcome === undefined) throw new ConcordError('internal', 'the state store answered no outcome')
    return outcome
  }
  const update: State['update'] = (key, change, given = {}) => {
    const options = typeof given === 'number' ? { attemptsMax: given } : given
    const parts: UpdateParts = { namespace, provenance, operation: operation(key), entry, write }
    if (scope.mediate !== undefined) parts.mediate = scope.mediate
    if (scope.resolved !== undefined) parts.resolved = scope.resolved
    const run = () => updateKey(parts, key, change, options)
    // Who wants to know of a conflict is not kept from having one.
    const { onConflict = 'retry' } = options
    return onConflict === 'retry' ? oneAtATime(store, `${namespace}\0${key}`, run) : run()
  }
  const sibling = (other: string): State =>
    scopedState({ ...scope, occurrences, namespace: other, result: undefined })

  const state: State = {
    namespace,
    entry,
    get: async (key) => (await entry(key))?.value,
    peek(key) {
      const own = resultOf(key)
      if (own !== undefined) return own
      const found = store.peek(namespace, key)
      note(key, found?.version ?? 0)
      return found?.value
    },
    set: (key, value, options = {}) =>
      write({ key, value: copyJson(value), operation: operation(key), ...options }),
    delete: (key, options = {}) => write({ key, delete: true, operation: operation(key), ...options }),
    compareAndSet: (key, version, value, options = {}) =>
      write({ key, value: copyJson(value), ifVersion: version, operation: operation(key), ...options }),
    async increment(key, by = 1, options = {}) {
      const outcome = await write({ key, increment: by, operation: operation(key), ...options })
      return outcome.ok ? (outcome.value ?? by) : by
    },
    update,
    transaction: (fn, attemptsMax = attemptsDefault) =>
      runTransaction(fn, { entry, write: writeAll, operation: operation('$transaction') }, attemptsMax),
    list: (options = {}) =>
      store.list(namespace, typeof options === 'string' ? { prefix: options } : options),
    history: (key, options) => store.history(namespace, key, options),
    watch: (pattern, options) => store.watch(namespace, pattern, options),
    sequence: () => store.sequence(namespace),
    publish: (channel, message) => store.publish(channel, copyJson(message), provenance),
    subscribe: (pattern, options) => store.subscribe(pattern, options),
    of: (key) => typedKey(state, key),
    in: sibling,
    async fork(other, { at } = {}) {
      await store.fork(other, { from: namespace, provenance, ...(at === undefined ? {} : { at }) })
      return sibling(other)
    },
    diff: async (other) => diffEntries(await store.list(namespace), await store.list(other)),
    merge: (other, options = {}) => mergeInto(scope, other, options, writeAll, () => operation('$merge')),
  }
  return state
}

const baseOf = async (
  { store, namespace }: StateScope,
  other: string,
  base: Moment | undefined,
): Promise<Moment> => {
  if (base !== undefined) return base
  const origin = await store.origin(other)
  if (origin?.namespace === namespace) return { sequence: origin.sequence }
  throw new ConcordError(
    'input.invalid',
    `Cannot merge ${other} into ${namespace} as a base must be known: ${other} is not a fork of it; give base`,
  )
}

const mergeInto = async (
  scope: StateScope,
  other: string,
  options: MergeOptions,
  writeAll: (writes: readonly Own[]) => Promise<WriteOutcome[]>,
  operation: () => string,
): Promise<MergeResult> => {
  const { store, namespace } = scope
  const base = await store.list(namespace, { at: await baseOf(scope, other, options.base) })
  const id = operation()
  for (let attempt = 1; attempt <= attemptsDefault; attempt++) {
    const [ours, theirs] = [await store.list(namespace), await store.list(other)]
    const { writes, conflicts } = mergeEntries({ base, ours, theirs }, options.resolve)
    const outcomes = await writeAll(
      writes.map(({ key, value, version }, i) => ({
        key,
        ifVersion: version,
        operation: `${id}/${i}`,
        ...(value === undefined ? { delete: true } : { value }),
      })),
    )
    if (outcomes.every((outcome) => outcome.ok)) return { merged: writes.map(({ key }) => key), conflicts }
  }
  throw new ConcordError(
    'version.conflict',
    `Cannot merge ${other} into ${namespace} as ${attemptsDefault} times others wrote between; try again later`,
  )
}
