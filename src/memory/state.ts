import { ConcordError } from '../domain/errors.ts'
import type { Read } from '../domain/event.ts'
import type { Json } from '../domain/json.ts'
import { copyJson } from '../domain/json.ts'
import type { Entry, Provenance, StateStore, StateWrite, WriteOutcome } from '../ports/state-store.ts'

export type SetOptions = {
  /** The key's version must be this, 0 for absent. */ ifVersion?: number
  ttlMs?: number
}

/** Shared state as an agent sees it: one namespace, its own provenance on every write, each write applied once however often the step is executed. */
export interface State {
  get(key: string): Promise<Json | undefined>
  /** With version, expiry and who wrote it. */
  entry(key: string): Promise<Entry | undefined>
  /** Refused (`ok: false`) only under `ifVersion`. */
  set(key: string, value: Json, options?: SetOptions): Promise<WriteOutcome>
  delete(key: string, options?: { ifVersion?: number }): Promise<WriteOutcome>
  /** Reads, changes and writes until nobody came between; at most `attemptsMax` (default 100) times, then `version.conflict`. */
  update(key: string, change: (value: Json | undefined) => Json, attemptsMax?: number): Promise<WriteOutcome>
  list(prefix?: string): Promise<Entry[]>
  /** The same for another namespace: `run/{id}`, `thread/{id}`, `subject/{id}`, `team/{name}`, `global`. */
  in(namespace: string): State
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
}

const readsMax = 100

export const scopedState = (scope: StateScope): State => {
  const { store, namespace } = scope
  const occurrences = new Map<string, number>()
  const operation = (key: string): string => {
    const n = (occurrences.get(key) ?? 0) + 1
    occurrences.set(key, n)
    return `${scope.operationPrefix}/${namespace}/${key}#${n}`
  }
  const entry = async (key: string): Promise<Entry | undefined> => {
    const own = key.startsWith('step:') ? scope.result?.(key.slice('step:'.length)) : undefined
    if (own !== undefined) return { key, value: own, version: 1, at: 0, provenance: {} }
    const found = await store.get(namespace, key)
    if (scope.reads !== undefined && scope.reads.length < readsMax)
      scope.reads.push({ key, version: found?.version ?? 0 })
    return found
  }
  const write = async (write: Omit<StateWrite, 'namespace' | 'provenance'>): Promise<WriteOutcome> => {
    const [outcome] = await store.write([{ ...write, namespace, provenance: scope.provenance }])
    if (outcome === undefined) throw new ConcordError('internal', 'the state store answered no outcome')
    return outcome
  }
  return {
    entry,
    get: async (key) => (await entry(key))?.value,
    set: (key, value, options = {}) =>
      write({ key, value: copyJson(value), operation: operation(key), ...options }),
    delete: (key, options = {}) => write({ key, delete: true, operation: operation(key), ...options }),
    async update(key, change, attemptsMax = 100) {
      const id = operation(key)
      for (let attempt = 1; attempt <= attemptsMax; attempt++) {
        const before = await entry(key)
        const value = copyJson(change(before?.value))
        const outcome = await write({ key, value, ifVersion: before?.version ?? 0, operation: id })
        if (outcome.ok) return outcome
      }
      throw new ConcordError(
        'version.conflict',
        `Cannot update "${key}" as ${attemptsMax} others came between each time; try again later`,
      )
    },
    list: (prefix = '') => store.list(namespace, { prefix }),
    in: (other) => scopedState({ ...scope, namespace: other, result: undefined }),
  }
}
