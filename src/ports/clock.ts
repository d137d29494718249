/** Time for the core: nothing in it reads the machine's clock or sets a timer by itself. */
export interface Clock {
  /** Milliseconds since the Unix epoch, UTC. May jump when the machine's clock is set. */
  now(): number
  /** Milliseconds from an arbitrary origin; never goes back. For durations. */
  monotonic(): number
  /** Calls `fn` once after at least `delayMs`; the returned function cancels it. Does not keep the process alive by itself when `unref`. */
  schedule(delayMs: number, fn: () => void, options?: { unref?: boolean }): () => void
}

/** Resolves after `delayMs`; rejects with the signal's reason when aborted. */
export const sleep = (clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const abort = () => {
      cancel()
      reject(signal?.reason)
    }
    const cancel = clock.schedule(delayMs, () => {
      signal?.removeEventListener('abort', abort)
      resolve()
    })
    signal?.addEventListener('abort', abort, { once: true })
  })
