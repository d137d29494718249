import type { Clock } from '../../ports/clock.ts'
import type { LiveStateStore } from '../../ports/live-state.ts'
import type { Random } from '../../ports/random.ts'
import { type StateLimits, stateLimits } from '../../ports/state-store.ts'
import { closedError } from '../closed.ts'
import { type LiveStore, liveStore } from '../live/store.ts'
import { historyMaxDefault, historySlack, type LiveTables } from '../live/tables.ts'
import { byCodePoint } from '../order.ts'
import { type Held, provenanceOf, type StateRow } from '../state-change.ts'
import { isExpired } from '../state-plan.ts'

type Namespace = {
  cells: Map<string, Held>
  /** Sorted when listed, after keys were added or forgotten. */
  sorted: string[] | undefined
  /** Of the changes `head - rows.length + 1` to `head`. */
  rows: StateRow[]
  head: number
  /** By id, the sequence of its change. */
  operations: Map<string, number>
  /** The highest version of a key that was forgotten. */
  floor: number
}

export type VolatileLiveOptions = {
  clock: Clock
  random: Random
  limits?: Partial<StateLimits>
  /** Changes kept per namespace, up to a quarter more. Default 1,000. */
  historyMax?: number
}

/** `lose` forgets everything at once, as the end of the process does. */
export type VolatileLive = LiveStateStore & { lose(): void }

const volatileTables = (random: Random, historyMax: number): LiveTables & { lose(): void } => {
  const namespaces = new Map<string, Namespace>()
  const claims = new Map<string, number>()
  const fresh = () => Buffer.from(random.bytes(8)).toString('latin1')
  let incarnation = fresh()

  const namespaceOf = (name: string): Namespace => {
    let namespace = namespaces.get(name)
    if (namespace === undefined) {
      namespace = {
        cells: new Map(),
        sorted: undefined,
        rows: [],
        head: 0,
        operations: new Map(),
        floor: 0,
      }
      namespaces.set(name, namespace)
    }
    return namespace
  }
  const rows = (name: string, after: number, limit: number): StateRow[] => {
    const namespace = namespaces.get(name)
    if (namespace === undefined) return []
    const kept = namespace.head - namespace.rows.length
    const from = Math.max(0, after - kept)
    return namespace.rows.slice(from, from + limit)
  }

  return {
    incarnation: () => incarnation,
    claimed: (run) => claims.get(run),
    claim: ({ run, epoch }) => void claims.set(run, epoch),
    release: (run) => void claims.delete(run),
    cell(name, key) {
      const namespace = namespaces.get(name)
      const cell = namespace?.cells.get(key)
      if (cell !== undefined || namespace === undefined || namespace.floor === 0) return cell
      const { floor } = namespace
      return { key, version: floor, text: null, expiresAt: null, sequence: 0, at: 0, provenance: {} }
    },
    head: (name) => namespaces.get(name)?.head ?? 0,
    rows,
    operation(name, operation) {
      const sequence = namespaces.get(name)?.operations.get(operation)
      return sequence === undefined ? undefined : rows(name, sequence - 1, 1)[0]
    },
    page(name, { prefix, after }, limit) {
      const namespace = namespaces.get(name)
      if (namespace === undefined) return []
      namespace.sorted ??= [...namespace.cells.keys()].sort(byCodePoint)
      const found: Held[] = []
      for (const key of namespace.sorted) {
        if (found.length >= limit) break
        if (!key.startsWith(prefix) || (after !== '' && byCodePoint(key, after) <= 0)) continue
        const cell = namespace.cells.get(key)
        if (cell !== undefined && cell.text !== null) found.push(cell)
      }
      return found
    },
    keys(name) {
      let count = 0
      for (const { text } of namespaces.get(name)?.cells.values() ?? []) if (text !== null) count++
      return count
    },
    due(now, limit) {
      const found: [string, string][] = []
      for (const [name, { cells }] of namespaces)
        for (const cell of cells.values()) {
          if (found.length >= limit) return found
          if (isExpired(cell, now)) found.push([name, cell.key])
        }
      return found
    },
    apply({ namespace: name, key, version, text, expiresAt, sequence, event, epoch }) {
      const namespace = namespaceOf(name)
      const { at, type, operation, data } = event
      const provenance = provenanceOf(event, epoch)
      if (!namespace.cells.has(key)) namespace.sorted = undefined
      namespace.cells.set(key, { key, version, text, expiresAt, sequence, at, provenance })
      namespace.rows.push({ namespace: name, sequence, at, type, operation, provenance, data })
      namespace.head = sequence
      if (operation !== null) namespace.operations.set(operation, sequence)
    },
    prune(name) {
      const namespace = namespaceOf(name)
      const { cells, operations } = namespace
      if (namespace.rows.length <= historyMax + historySlack(historyMax)) return
      const dropped = namespace.rows.splice(0, namespace.rows.length - historyMax)
      const last = dropped.at(-1)!.sequence
      for (const { operation } of dropped) if (operation !== null) operations.delete(operation)
      for (const [key, { text, sequence, version }] of cells) {
        if (text !== null || sequence > last) continue
        namespace.floor = Math.max(namespace.floor, version)
        cells.delete(key)
        namespace.sorted = undefined
      }
    },
    lose() {
      namespaces.clear()
      claims.clear()
      incarnation = fresh()
    },
  }
}

/** Live state of this process; gone with it. */
export const volatileLiveState = (options: VolatileLiveOptions): VolatileLive => {
  const { clock, random, limits, historyMax = historyMaxDefault } = options
  const tables = volatileTables(random, historyMax)
  let closed = false
  const checkOpen = (action: string): void => {
    if (closed) throw closedError(action, 'live state in memory')
  }
  const store: LiveStore = liveStore({
    tables,
    clock,
    limits: { ...stateLimits, ...limits },
    async commit(work) {
      checkOpen('write')
      return work().result
    },
    read(action, work) {
      checkOpen(action)
      return work()
    },
    async close() {
      closed = true
    },
  })
  return {
    ...store,
    lose() {
      tables.lose()
      store.lookAgain()
    },
  }
}
