import type { Clock } from '../ports/clock.ts'

/**
 * Runs `work` with a signal that is aborted by the outer one or after `ms`; rejects then, even if `work` does not listen.
 * `late` makes the error of the time-out.
 */
export const withTimeout = <T>(
  clock: Clock,
  ms: number,
  outer: AbortSignal,
  late: () => Error,
  work: (signal: AbortSignal) => Promise<T> | T,
): Promise<T> =>
  new Promise((resolve, reject) => {
    if (outer.aborted) return reject(outer.reason)
    const abort = new AbortController()
    const stop = (reason: unknown) => {
      abort.abort(reason)
      reject(reason)
    }
    const onOuter = () => stop(outer.reason)
    const cancel = clock.schedule(ms, () => stop(late()))
    outer.addEventListener('abort', onOuter, { once: true })
    const done = () => {
      cancel()
      outer.removeEventListener('abort', onOuter)
    }
    const run = async () => work(abort.signal)
    run().then(
      (value) => {
        done()
        resolve(value)
      },
      (error) => {
        done()
        reject(error)
      },
    )
  })
