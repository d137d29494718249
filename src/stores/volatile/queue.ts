import type { ErrorCode } from '../../domain/errors.ts'
import type { Clock } from '../../ports/clock.ts'
import {
  deadLettersMax,
  type EntryState,
  type Lease,
  type Queue,
  type QueuedEntry,
  retryDelayMs,
} from '../../ports/queue.ts'
import { checkDelay, checkVisibility, prepareEntry } from '../queue-entry.ts'

type Kept = {
  queue: string
  id: string
  key: string
  order: number
  state: EntryState
  due: number
  priority: number
  attempts: number
  attemptsMax: number
  enqueuedAt: number
  token: string | undefined
  again: boolean
  code: ErrorCode | undefined
}

/** The queue in memory. Taking looks at every entry of a queue: for tests and small amounts of work. */
export const volatileQueue = (clock: Clock, deadMost = deadLettersMax): Queue => {
  const queues = new Map<string, Map<string, Kept>>()
  let order = 0
  let tokens = 0

  /** The entries of a queue, with what is over ended first. */
  const entriesOf = (name: string): Map<string, Kept> => {
    const entries = queues.get(name) ?? new Map<string, Kept>()
    const now = clock.now()
    let died = false
    for (const kept of entries.values())
      if ((kept.state === 'delayed' || kept.state === 'leased') && kept.due <= now) {
        kept.state = kept.attempts >= kept.attemptsMax ? 'dead' : 'ready'
        kept.token = undefined
        if (kept.state === 'dead') died = true
      }
    if (died) forgetDead(entries)
    return entries
  }

  const forgetDead = (entries: Map<string, Kept>): void => {
    const letters = [...entries.values()].filter(({ state }) => state === 'dead')
    letters.sort((a, b) => b.order - a.order)
    for (const { key } of letters.slice(deadMost)) entries.delete(key)
  }

  const held = (lease: Lease): Kept | undefined => {
    const kept = entriesOf(lease.queue).get(lease.key)
    return kept?.state === 'leased' && kept.token === lease.token ? kept : undefined
  }

  const remove = (queue: string, key: string): boolean => {
    const entries = queues.get(queue)
    const removed = entries?.delete(key) ?? false
    if (entries?.size === 0) queues.delete(queue)
    return removed
  }

  const bringForward = (kept: Kept, due: number, priority: number): void => {
    if (kept.state === 'leased') kept.again = true
    if (kept.state !== 'ready' && kept.state !== 'delayed') return
    kept.due = Math.min(kept.due, due)
    kept.priority = Math.max(kept.priority, priority)
    if (kept.due <= clock.now()) kept.state = 'ready'
  }

  return {
    async enqueue(entry) {
      const { delayMs, ...prepared } = prepareEntry(entry)
      const now = clock.now()
      const found = entriesOf(prepared.queue).get(prepared.key)
      if (found) {
        bringForward(found, now + delayMs, prepared.priority)
        return { added: false, state: found.state }
      }
      const state = delayMs > 0 ? 'delayed' : 'ready'
      const entries = queues.get(prepared.queue) ?? new Map<string, Kept>()
      queues.set(prepared.queue, entries)
      entries.set(prepared.key, {
        ...prepared,
        order: order++,
        state,
        due: now + delayMs,
        attempts: 0,
        enqueuedAt: now,
        token: undefined,
        again: false,
        code: undefined,
      })
      return { added: true, state }
    },
    async take(queue, options) {
      const visibilityMs = checkVisibility(options.visibilityMs)
      let next: Kept | undefined
      for (const kept of entriesOf(queue).values())
        if (kept.state === 'ready' && (!next || before(kept, next))) next = kept
      if (!next) return undefined
      const token = `${++tokens}`
      const until = clock.now() + visibilityMs
      const attempts = next.attempts + 1
      Object.assign(next, { state: 'leased', due: until, token, again: false, attempts })
      return { queue, id: next.id, key: next.key, attempt: attempts, until, token }
    },
    async extend(lease, ms) {
      const visibilityMs = checkVisibility(ms)
      const kept = held(lease)
      if (!kept) return undefined
      kept.due = clock.now() + visibilityMs
      return { ...lease, until: kept.due }
    },
    async acknowledge(lease) {
      const kept = held(lease)
      if (!kept) return false
      if (!kept.again) return remove(lease.queue, lease.key)
      // At the back: one that is asked for again and again must not keep the others waiting.
      Object.assign(kept, { order: order++, state: 'ready', attempts: 0, again: false })
      kept.token = undefined
      kept.code = undefined
      return true
    },
    async retry(lease, { delayMs, code } = {}) {
      const delay = delayMs === undefined ? undefined : checkDelay(delayMs)
      const kept = held(lease)
      if (!kept) return 'lost'
      const state = kept.attempts >= kept.attemptsMax ? 'dead' : 'delayed'
      const due = clock.now() + (delay ?? retryDelayMs(kept.attempts))
      Object.assign(kept, { state, due, again: false })
      kept.token = undefined
      kept.code = code
      if (state === 'dead') forgetDead(entriesOf(lease.queue))
      return state
    },
    async list(queue, { state, limit = 100 } = {}) {
      return [...entriesOf(queue).values()]
        .filter((kept) => state === undefined || kept.state === state)
        .sort((a, b) => a.order - b.order)
        .slice(0, limit)
        .map(shown)
    },
    async stats(queue) {
      const counts = { ready: 0, delayed: 0, leased: 0, dead: 0 }
      let nextAt = Number.POSITIVE_INFINITY
      for (const kept of entriesOf(queue).values()) {
        counts[kept.state]++
        if (kept.state === 'delayed' || kept.state === 'leased') nextAt = Math.min(nextAt, kept.due)
      }
      return Number.isFinite(nextAt) ? { ...counts, nextAt } : counts
    },
    queues: async () => [...queues.keys()].sort(),
    async requeue(queue, key) {
      const kept = entriesOf(queue).get(key)
      if (kept?.state !== 'dead') return false
      Object.assign(kept, { state: 'ready', attempts: 0 })
      kept.code = undefined
      return true
    },
    remove: async (queue, key) => remove(queue, key),
  }
}

const before = (a: Kept, b: Kept): boolean =>
  a.priority > b.priority || (a.priority === b.priority && a.order < b.order)

const shown = ({ token: _, again: __, order: ___, due, code, ...kept }: Kept): QueuedEntry => ({
  ...kept,
  ...(kept.state === 'delayed' || kept.state === 'leased' ? { due } : {}),
  ...(code === undefined ? {} : { code }),
})
