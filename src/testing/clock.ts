import type { Clock } from '../ports/clock.ts'

export type ManualClock = Clock & {
  /** Moves time forward and runs what becomes due, in order of time; what that schedules is run too if it is due. */
  advance(ms: number): void
  /** Sets the wall clock forward or back, as an administrator or a time server would: `monotonic` and what is scheduled do not notice. */
  jump(ms: number): void
  /** How many calls are scheduled. */
  pending(): number
}

type Timer = { due: number; order: number; fn: () => void }

/** A clock that moves only when told to. `start` is in ms since the epoch. */
export const manualClock = (start = Date.UTC(2026, 0, 1)): ManualClock => {
  let elapsed = 0
  let wall = start
  let order = 0
  const timers = new Set<Timer>()
  const next = (until: number): Timer | undefined => {
    let first: Timer | undefined
    for (const timer of timers) {
      if (timer.due > until) continue
      if (!first || timer.due < first.due || (timer.due === first.due && timer.order < first.order))
        first = timer
    }
    return first
  }
  return {
    now: () => wall + elapsed,
    monotonic: () => elapsed,
    schedule(delayMs, fn) {
      const timer = { due: elapsed + Math.max(0, delayMs), order: order++, fn }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    advance(ms) {
      const until = elapsed + ms
      for (let timer = next(until); timer; timer = next(until)) {
        timers.delete(timer)
        elapsed = Math.max(elapsed, timer.due)
        timer.fn()
      }
      elapsed = until
    },
    jump(ms) {
      wall += ms
    },
    pending: () => timers.size,
  }
}

/** The machine's clock, for tests of adapters that wait for other processes. */
export const machineClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule(delayMs, fn, options) {
    const timer = setTimeout(fn, delayMs)
    if (options?.unref) timer.unref()
    return () => clearTimeout(timer)
  },
}
