import type { Clock } from '../ports/clock.ts'

const tickMs = 100

/**
 * Many deadlines on one timer. A deadline of a second or more is called up to 100 ms late, a shorter one on time: setting and clearing
 * a timer for every step would cost more than a short step does.
 */
export type Deadlines = { after(ms: number, fn: () => void): () => void }

/** Emptied when it is taken out of its bucket, which may be old: see `slots.ts`. */
type Call = { fn: (() => void) | undefined }

export const deadlines = (clock: Clock): Deadlines => {
  const buckets = new Map<number, Set<Call>>()
  let next: number | undefined
  let cancel = () => {}

  const arm = (tick: number): void => {
    if (next !== undefined && next <= tick) return
    cancel()
    next = tick
    cancel = clock.schedule(Math.max(0, tick * tickMs - clock.monotonic()), ring, { unref: true })
  }

  const ring = (): void => {
    next = undefined
    const now = clock.monotonic()
    let first: number | undefined
    for (const [tick, calls] of buckets) {
      if (tick * tickMs <= now) {
        buckets.delete(tick)
        for (const call of calls) call.fn?.()
      } else if (first === undefined || tick < first) first = tick
    }
    if (first !== undefined) arm(first)
  }

  return {
    after(ms, fn) {
      if (!Number.isFinite(ms)) return () => {}
      if (ms < 1000) return clock.schedule(ms, fn)
      const tick = Math.ceil((clock.monotonic() + ms) / tickMs)
      const call: Call = { fn }
      let bucket = buckets.get(tick)
      if (bucket === undefined) {
        bucket = new Set()
        buckets.set(tick, bucket)
        arm(tick)
      }
      bucket.add(call)
      return () => {
        call.fn = undefined
        bucket.delete(call)
        if (bucket.size === 0 && buckets.get(tick) === bucket) buckets.delete(tick)
      }
    },
  }
}
