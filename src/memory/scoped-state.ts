import { ConcordError } from '../domain/errors.ts'
import type { Read } from '../domain/event.ts'
import type { Json } from '../domain/json.ts'
import { copyJson } from '../domain/json.ts'
import type {
  Entry,
  KeyMoment,
  Moment,
  Provenance,
  StateStore,
  StateWrite,
  WriteOutcome,
} from '../ports/state-store.ts'
import { checkOwner } from './fence.ts'
import { type Reach, reachedStore } from './reach.ts'
import type { MergeOptions, MergeResult, State } from './state.ts'
import { typedKey } from './state-keys.ts'
import { diffEntries, mergeEntries } from './state-merge.ts'
import { runTransaction } from './state-transaction.ts'
import { type UpdateParts, updateKey } from './state-update.ts'

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
  /** What of the state may be used; default all. */
  reach?: Reach | undefined
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
  const { namespace, provenance, reach } = scope
  const store = reach === undefined ? scope.store : reachedStore(scope.store, reach)
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
    return onConflict === 'retry' ? oneAtATime(scope.store, `${namespace}\0${key}`, run) : run()
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
    async publish(channel, message) {
      const copied = copyJson(message)
      scope.guard?.()
      await checkOwner(store, provenance)
      await store.publish(channel, copied, provenance)
    },
    subscribe: (pattern, options) => store.subscribe(pattern, options),
    of: (key) => typedKey(state, key),
    in: sibling,
    async fork(other, { at } = {}) {
      await store.fork(other, { from: namespace, provenance, ...(at === undefined ? {} : { at }) })
      return sibling(other)
    },
    diff: async (other) => diffEntries(await store.list(namespace), await store.list(other)),
    merge: (other, options = {}) =>
      mergeInto({ ...scope, store }, other, options, writeAll, () => operation('$merge')),
  }
  return state
}

/**
 * What both were when they parted. A fork itself tells what it began as (after its first change, which says that it is one), also when its origin no longer
 * keeps that moment. Of two forks of one namespace it is what the earlier began as.
 */
const baseOf = async (
  { store, namespace }: StateScope,
  other: string,
  base: Moment | undefined,
): Promise<Entry[]> => {
  if (base !== undefined) return store.list(namespace, { at: base })
  const began = { at: { sequence: 1 } }
  const [theirs, ours] = [await store.origin(other), await store.origin(namespace)]
  if (theirs?.namespace === namespace) return store.list(other, began)
  if (ours?.namespace === other) return store.list(namespace, began)
  if (ours !== undefined && ours.namespace === theirs?.namespace)
    return store.list(ours.sequence <= theirs.sequence ? namespace : other, began)
  throw new ConcordError(
    'input.invalid',
    `Cannot merge ${other} into ${namespace} as a base must be known: neither is a fork of the other, nor both of one namespace; give base`,
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
  const base = await baseOf(scope, other, options.base)
  const id = operation()
  for (let attempt = 1; attempt <= attemptsDefault; attempt++) {
    const [ours, theirs] = [await store.list(namespace), await store.list(other)]
    const { writes, conflicts } = mergeEntries({ base, ours, theirs }, options.resolve)
    const outcomes = await writeAll(
      writes.map(({ key, value, version }) => ({
        key,
        ifVersion: version,
        operation: `${id}/${key}`,
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
