/**
 * What can go wrong at one commit. `before-commit`: nothing is written and the call fails.
 * `after-commit`: all is written and the call fails. `notification-*`: listeners hear of it through
 * a `gap` only, twice, or after a later commit. `connection-dropped`: every call fails for a while.
 */
export const hostileFaults = [
  'before-commit',
  'after-commit',
  'notification-lost',
  'notification-doubled',
  'notification-reordered',
  'connection-dropped',
] as const

export type HostileFault = (typeof hostileFaults)[number]

/** Returns the fault of the commit with this index, counted from 0 as calls are made. */
export type FaultPlan = (index: number) => HostileFault | undefined

/** Returns a plan with one fault at one commit. */
export const oneFault =
  (fault: HostileFault, index: number): FaultPlan =>
  (at) =>
    at === index ? fault : undefined

/** Returns a plan with a fault at every `nth` commit, the first at index `nth - 1`. */
export const everyNth =
  (fault: HostileFault, nth: number): FaultPlan =>
  (at) =>
    at % nth === nth - 1 ? fault : undefined

/** Returns a seeded source of numbers in [0, 1) (mulberry32, Tommy Ettinger, public domain). */
export const seededNumbers = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
