import { type Clock, sleep } from '../ports/clock.ts'
import type { StateStore } from '../ports/state-store.ts'

/** Who changes the same in this process waits for each other, so that only other processes come between. */
const lines = new WeakMap<StateStore, Map<string, Promise<unknown>>>()

/** A change that takes longer holds nobody up: what it then writes is refused as anybody's who was overtaken, and it tries again. */
const waitMostMs = 250

const settledOrLate = (before: Promise<unknown>, clock: Clock): Promise<void> =>
  new Promise((resolve) => {
    const cancel = clock.schedule(waitMostMs, resolve)
    const over = () => {
      cancel()
      resolve()
    }
    before.then(over, over)
  })

/** `id` says what is changed: a namespace and a key, or all of it. */
export const inLine = async <T>(
  store: StateStore,
  id: string,
  clock: Clock,
  fn: () => Promise<T>,
): Promise<T> => {
  let line = lines.get(store)
  if (line === undefined) {
    line = new Map()
    lines.set(store, line)
  }
  const before = line.get(id)
  const mine = before === undefined ? fn() : settledOrLate(before, clock).then(fn)
  line.set(id, mine)
  try {
    return await mine
  } finally {
    if (line.get(id) === mine) line.delete(id)
  }
}

/** Attempts that follow each other at once; those after them wait. */
const atOnce = 5
const pauseMostMs = 128

const hashOf = (text: string): number => {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0
  return hash
}

/**
 * Waits before another attempt: twice as long each time, and each writer another part of that, so that those who collided do not collide again.
 * Ref: exponential backoff with full jitter; the operation's id stands for chance, which the core has none of.
 */
export const pauseBefore = async (clock: Clock, operation: string, attempt: number): Promise<void> => {
  if (attempt <= atOnce) return
  const most = Math.min(pauseMostMs, 2 ** (attempt - atOnce))
  await sleep(clock, hashOf(`${operation} ${attempt}`) % (most + 1))
}
