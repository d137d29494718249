import { runStream, stateStream } from '../../domain/event.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Entry, Provenance, StateStore, WriteOutcome } from '../../ports/state-store.ts'
import { byCodePoint } from '../order.ts'
import {
  type Cell,
  type Change,
  expiryOf,
  isExpired,
  type PreparedWrite,
  planWrites,
  prepareWrite,
  type StateView,
  settle,
  streamOf,
} from '../state-plan.ts'
import type { VolatileLog } from './log.ts'

type Held = Cell & { key: string; value: string | null; at: number; provenance: Provenance }
type Namespace = {
  cells: Map<string, Held>
  /** Sorted when listed, after keys were added. */
  keys: string[]
  operations: Map<string, { version: number; sequence: number }>
}

export type VolatileState = StateStore & { sweep(limit?: number): Promise<number> }

export const volatileState = (log: VolatileLog, clock: Clock): VolatileState => {
  const namespaces = new Map<string, Namespace>()
  const cellOf = (namespace: string, key: string) => namespaces.get(namespace)?.cells.get(key)
  const view: StateView = {
    cell: cellOf,
    recorded: (namespace, _key, operation) => namespaces.get(namespace)?.operations.get(operation),
    epoch: (run) => log.epoch(runStream(run)),
  }

  const namespaceOf = (name: string): Namespace => {
    let namespace = namespaces.get(name)
    if (!namespace) {
      namespace = { cells: new Map(), keys: [], operations: new Map() }
      namespaces.set(name, namespace)
    }
    return namespace
  }

  const apply = (change: Change): number => {
    const namespace = namespaceOf(change.namespace)
    const sequence = log.add(streamOf(change), change.event, change.epoch)
    const { key, version, value, expiresAt, event, epoch } = change
    const provenance = provenanceOf(event, epoch)
    namespace.cells.set(key, {
      key,
      version,
      value,
      live: value !== null,
      expiresAt,
      at: event.at,
      provenance,
    })
    if (event.operation !== null) namespace.operations.set(event.operation, { version, sequence })
    return sequence
  }

  const decide = (writes: readonly PreparedWrite[]): (() => WriteOutcome[]) => {
    const plan = planWrites(writes, view, clock.now())
    return () => ('refused' in plan ? plan.refused : settle(plan, plan.changes.map(apply)))
  }

  const expire = (namespace: string, held: Held) => {
    apply(expiryOf(namespace, held.key, held, clock.now()))
    log.announce([stateStream(namespace)])
  }

  /** Nothing is read past its expiry; what is found there is ended on the way. */
  const live = (namespace: string, held: Held | undefined): Entry | undefined => {
    if (!held?.live || held.value === null) return undefined
    if (isExpired(held, clock.now())) {
      expire(namespace, held)
      return undefined
    }
    const { key, value, version, at, expiresAt, provenance } = held
    return {
      key,
      value: JSON.parse(value),
      version,
      at,
      ...(expiresAt === null ? undefined : { expiresAt }),
      provenance: { ...provenance },
    }
  }

  log.onWrites(decide)
  return {
    get: async (namespace, key) => live(namespace, cellOf(namespace, key)),
    async write(writes) {
      const outcomes = decide(writes.map(prepareWrite))()
      const streams = writes.map((write) => stateStream(write.namespace))
      if (outcomes.some((outcome) => outcome.ok)) log.announce([...new Set(streams)])
      return outcomes
    },
    async list(name, { prefix = '', after, limit = Number.POSITIVE_INFINITY } = {}) {
      const namespace = namespaces.get(name)
      if (!namespace) return []
      if (namespace.keys.length !== namespace.cells.size)
        namespace.keys = [...namespace.cells.keys()].sort(byCodePoint)
      const found: Entry[] = []
      for (const key of namespace.keys) {
        if (found.length >= limit) break
        if (!key.startsWith(prefix) || (after !== undefined && byCodePoint(key, after) <= 0)) continue
        const entry = live(name, namespace.cells.get(key))
        if (entry) found.push(entry)
      }
      return found
    },
    async sweep(limit = 1000) {
      let swept = 0
      for (const [name, namespace] of namespaces)
        for (const held of namespace.cells.values()) {
          if (swept >= limit) return swept
          if (!isExpired(held, clock.now())) continue
          expire(name, held)
          swept++
        }
      return swept
    },
    async close() {},
  }
}

const provenanceOf = (event: Change['event'], epoch: number): Provenance => ({
  ...(event.run === null ? undefined : { run: event.run }),
  ...(event.step === null ? undefined : { step: event.step }),
  ...(event.agent === null ? undefined : { agent: event.agent }),
  ...(event.cause === null ? undefined : { cause: event.cause }),
  ...(epoch === 0 ? undefined : { epoch }),
})
