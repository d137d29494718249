import type { Clock } from '../ports/clock.ts'

const tickMs = 100

/**
 * Many deadlines on one timer. A deadline of a second or more is called up to 100 ms late, a shorter one on time: setting and clearing
 * a timer for every step would cost more than a short step does.
 */
export type Deadlines = { after(ms: number, fn: () => void): () => void }

/** `at` is its place in its bucket. */
type Call = { fn: (() => void) | undefined; at: number }

/** A list, not a Set, which would make a table for each of the calls that come and go one by one. */
type Bucket = { tick: number; calls: Call[] }

/** Puts the last call in its place. */
const takeOut = ({ calls }: Bucket, call: Call): void => {
  call.fn = undefined
  if (calls[call.at] !== call) return
  const last = calls.pop()
  if (last === undefined || last === call) return
  last.at = call.at
  calls[call.at] = last
}

export const deadlines = (clock: Clock): Deadlines => {
  const buckets = new Map<number, Bucket>()
  /** Kept while it is empty: the next call is likely to belong there. */
  let latest: Bucket | undefined
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
    for (const [tick, { calls }] of buckets) {
      if (tick * tickMs <= now) {
        buckets.delete(tick)
        for (const call of calls.splice(0)) call.fn?.()
      } else if (first === undefined || tick < first) first = tick
    }
    if (first !== undefined) arm(first)
  }

  const dropEmpty = (bucket: Bucket | undefined): void => {
    if (bucket === undefined || bucket === latest || bucket.calls.length > 0) return
    if (buckets.get(bucket.tick) === bucket) buckets.delete(bucket.tick)
  }

  const bucketOf = (tick: number): Bucket => {
    if (latest?.tick === tick && buckets.get(tick) === latest) return latest
    const before = latest
    latest = buckets.get(tick)
    if (latest === undefined) {
      latest = { tick, calls: [] }
      buckets.set(tick, latest)
      arm(tick)
    }
    dropEmpty(before)
    return latest
  }

  return {
    after(ms, fn) {
      if (!Number.isFinite(ms)) return () => {}
      if (ms < 1000) return clock.schedule(ms, fn)
      const bucket = bucketOf(Math.ceil((clock.monotonic() + ms) / tickMs))
      const call: Call = { fn, at: bucket.calls.length }
      bucket.calls.push(call)
      return () => {
        takeOut(bucket, call)
        dropEmpty(bucket)
      }
    },
  }
}
