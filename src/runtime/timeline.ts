import type { Clock } from '../ports/clock.ts'

/*
 * How long ago something recorded was, in elapsed time, though the wall clock may have been set in between. Where this process saw
 * the clock set, each instant belongs to the latest setting it can belong to; before that the wall clock is all there is.
 */
export type Timeline = {
  /** Milliseconds since an instant of the log; undefined for one that no clock this process knew can have shown yet. */
  elapsedSince(at: number): number | undefined
  /** Since this process began to look. */
  watchedMs(): number
}

/** Smaller steps are the slewing of time servers. */
const jumpMs = 1_000
/** A jump is noticed later than it happens. */
const noticedMs = 10_000
const settingsMax = 32

type Setting = { offset: number; from: number }

export const createTimeline = (clock: Clock): Timeline => {
  const begun = clock.monotonic()
  const settings: Setting[] = [{ offset: clock.now() - begun, from: Number.NEGATIVE_INFINITY }]
  const look = (): number => {
    const now = clock.monotonic()
    const offset = clock.now() - now
    if (Math.abs(offset - (settings.at(-1)?.offset ?? offset)) > jumpMs) settings.push({ offset, from: now })
    if (settings.length > settingsMax) settings.splice(1, 1)
    return now
  }
  return {
    elapsedSince(at) {
      const now = look()
      for (const { offset, from } of settings.toReversed()) {
        const then = at - offset
        if (then <= now + jumpMs && then >= from - noticedMs) return Math.max(0, now - then)
      }
      return undefined
    },
    watchedMs: () => look() - begun,
  }
}
