import type { Clock } from '../ports/clock.ts'

/** The clock of whoever runs the client, a browser included. */
export const clientClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule(delayMs, fn) {
    const timer = setTimeout(fn, delayMs)
    return () => clearTimeout(timer)
  },
}
