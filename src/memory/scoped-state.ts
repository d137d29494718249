import { ConcordError } from '../domain/errors.ts'
import type { Read } from '../domain/event.ts'
import type { Json } from '../domain/json.ts'
import { namespaceNamed, refuseReserved } from '../domain/names.ts'
import { attemptOf, earlierOf } from '../domain/operation.ts'
import type { Clock } from '../ports/clock.ts'
import type {
  Entry,
  KeyMoment,
  Provenance,
  StateStore,
  StateWrite,
  WriteOutcome,
} from '../ports/state-store.ts'
import { checkOwner } from './fence.ts'
import { checkOptions, jsonValue } from './json-value.ts'
import { mergeInto } from './merge-into.ts'
import { type Reach, reachedStore } from './reach.ts'
import type { State } from './state.ts'
import { typedKey, type Updating } from './state-keys.ts'
import { inLine, pauseBefore } from './state-line.ts'
import { diffEntries } from './state-merge.ts'
import { runTransaction, type TransactionParts } from './state-transaction.ts'
import { attemptsDefault, attemptsOf, told, type UpdateParts, updateKey, versionOf } from './state-update.ts'

export type StateScope = {
  store: StateStore
  namespace: string
  provenance: Provenance
  /** Makes the ids of operations: the same when the step is executed again. */
  operationPrefix: string
  /** Steps may be executed again, and then continue with what they wrote the first time. */
  repeatable?: boolean
  /** Attempts of the step that failed: what they wrote counts where it is written again unchanged. */
  failures?: number
  clock: Clock
  /** Results of the run's own steps, for the keys `step:{id}`. */
  result?: (step: string) => Json | undefined
  reads?: Read[]
  /** How often each key was written: shared by all namespaces of a scope. */
  occurrences?: Map<string, number>
  /** How conflicts are mediated, and who is told that one was resolved. */
  mediate?: UpdateParts['mediate']
  resolved?: UpdateParts['resolved']
  /** Asked right before each write: throws when nothing may be written any more, or says what has to be waited for first. */
  guard?: () => Promise<void> | undefined
  /** What of the state may be used; default all. */
  reach?: Reach | undefined
}

const readsMax = 100
const setOptions = ['ifVersion', 'ifAbsent', 'ttlMs']
const updateOptions = ['ttlMs', 'attemptsMax', 'onConflict']

type Own = Omit<StateWrite, 'namespace' | 'provenance'>

export const scopedState = (scope: StateScope): State => {
  const { holder: _, ...shown } = scope.provenance
  const { namespace, provenance, reach, clock } = scope
  const store = reach === undefined ? scope.store : reachedStore(scope.store, reach)
  const occurrences = scope.occurrences ?? new Map<string, number>()
  const { failures = 0 } = scope
  /** The same when the step is executed again after a crash, another once an attempt has failed. */
  const named = (key: string): { operation: string; earlier?: string[] } => {
    const id = `${namespace}/${key}`
    const n = (occurrences.get(id) ?? 0) + 1
    occurrences.set(id, n)
    const base = `${scope.operationPrefix}/${id}#${n}`
    if (failures === 0) return { operation: base }
    return { operation: attemptOf(base, failures), earlier: earlierOf(base, failures) }
  }
  /** Of what is computed from what stands: after a failed attempt it is computed again. */
  const operation = (key: string): string => named(key).operation
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
    await scope.guard?.()
    return store.write(writes.map((each) => ({ ...each, namespace, provenance })))
  }
  const write = async (own: Own): Promise<WriteOutcome> => {
    const [outcome] = await writeAll([own])
    if (outcome === undefined) throw new ConcordError('internal', 'the state store answered no outcome')
    return outcome
  }
  const written = (id: string) => store.recorded(namespace, id)
  const recorded = async (id: string) => (scope.repeatable ? written(id) : undefined)
  const pauseOf = (id: string) => (attempt: number) => pauseBefore(clock, id, attempt)
  const updated: Updating = async (key, change, given = {}) => {
    const options = typeof given === 'number' ? { attemptsMax: given } : given
    checkOptions(`update ${namespace} ${key.slice(0, 200)}`, options, updateOptions)
    const id = operation(key)
    // Before the caller's own function too: it may do more than compute.
    await scope.guard?.()
    const parts: UpdateParts = {
      namespace,
      provenance: shown,
      operation: id,
      entry,
      write,
      recorded,
      written,
      pause: pauseOf(id),
    }
    if (scope.mediate !== undefined) parts.mediate = scope.mediate
    if (scope.resolved !== undefined) parts.resolved = scope.resolved
    const run = () => updateKey(parts, key, change, options)
    // Who wants to know of a conflict is not kept from having one.
    const { onConflict = 'retry' } = options
    return onConflict === 'retry' ? inLine(scope.store, `${namespace}\0${key}`, clock, run) : run()
  }
  const sibling = (other: string): State =>
    scopedState({ ...scope, occurrences, namespace: namespaceNamed(other), result: undefined })

  const writing = (key: string) => `write ${namespace} ${key.slice(0, 200)}`

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
    async set(key, value, options = {}) {
      checkOptions(writing(key), options, setOptions)
      return write({ key, value: jsonValue(writing(key), value), ...named(key), ...options })
    },
    async delete(key, options = {}) {
      checkOptions(writing(key), options, ['ifVersion'])
      const id = scope.repeatable ? named(key) : {}
      return write({ key, delete: true, ...id, ...options })
    },
    async compareAndSet(key, version, value, options = {}) {
      checkOptions(writing(key), options, ['ttlMs'])
      const copied = jsonValue(writing(key), value)
      return write({ key, value: copied, ifVersion: version, ...named(key), ...options })
    },
    async increment(key, by = 1, options = {}) {
      checkOptions(writing(key), options, ['ttlMs'])
      const outcome = await write({ key, increment: by, ...named(key), ...options })
      return outcome.ok ? (outcome.value ?? by) : by
    },
    update: async (key, change, options) => (await updated(key, change, options)).outcome,
    async transaction(fn, attemptsMax = attemptsDefault) {
      const id = operation('$transaction')
      await scope.guard?.()
      const parts: TransactionParts = { entry, write: writeAll, operation: id, written, pause: pauseOf(id) }
      if (scope.repeatable) parts.recorded = recorded
      const { resolved } = scope
      if (resolved !== undefined)
        parts.overcome = (key, attempts, theirs, mine) =>
          resolved({
            namespace,
            key,
            by: 'retry',
            attempts,
            theirs: told(versionOf(theirs)),
            resolution: told({ ...mine, provenance: shown }),
          })
      const most = attemptsOf(attemptsMax)
      return inLine(scope.store, `${namespace}\0`, clock, () => runTransaction(fn, parts, most))
    },
    list: (options = {}) =>
      store.list(namespace, typeof options === 'string' ? { prefix: options } : options),
    history: (key, options) => store.history(namespace, key, options),
    watch: (pattern, options) => store.watch(namespace, pattern, options),
    sequence: () => store.sequence(namespace),
    async publish(channel, message) {
      refuseReserved(channel)
      const copied = jsonValue(`publish to ${channel.slice(0, 200)}`, message)
      await scope.guard?.()
      await checkOwner(store, provenance)
      await store.publish(channel, copied, shown)
    },
    subscribe: (pattern, options) => store.subscribe(pattern, options),
    of: (key) => typedKey(state, key, updated),
    in: sibling,
    async fork(other, { at } = {}) {
      await scope.guard?.()
      await store.fork(namespaceNamed(other), {
        from: namespace,
        provenance,
        ...(at === undefined ? {} : { at }),
      })
      return sibling(other)
    },
    diff: async (other) => diffEntries(await store.list(namespace), await store.list(other)),
    async merge(other, options = {}) {
      const id = operation('$merge')
      await scope.guard?.()
      return mergeInto({ store, namespace, clock, write: writeAll, recorded }, other, options, id)
    },
  }
  return state
}
