import { ConcordError } from '../domain/errors.ts'
import { type FailureContext, toModelFailure } from './failure.ts'

export type AttemptLimits = {
  /** For the whole attempt, from sending to the last byte. */
  timeoutMs: number
  /** Between two pieces of a stream. */
  silenceMs: number
  signal?: AbortSignal | undefined
}

/** One attempt under way. */
export type Attempt = {
  /** Hand it to the provider: aborting it closes the socket. */
  readonly signal: AbortSignal
  /** Settles with the promise, or rejects at once when time is up or the caller cancels, even if the provider ignores the signal. */
  wait<T>(work: PromiseLike<T>): Promise<T>
  /** Something arrived: the time of silence starts again. */
  heard(): void
  /** Part of an answer arrived: the provider has worked on the request, whatever comes next. */
  began(): void
}

/**
 * Runs one attempt under its time limits and the caller's signal, and names what went wrong. Real timers: this is an adapter.
 * Throws ConcordError: `cancelled`, `model.timeout`, or the provider's failure.
 */
export const attempt = async <T>(
  run: (attempt: Attempt) => Promise<T>,
  limits: AttemptLimits,
  context: FailureContext,
): Promise<T> => {
  const controller = new AbortController()
  let stopped: ConcordError | undefined
  let reject: ((reason: ConcordError) => void) | undefined
  let begun = false
  const stop = (error: ConcordError) => {
    stopped ??= error
    controller.abort(stopped)
    reject?.(stopped)
  }
  const details = { model: context.id }
  const late = (rule: string, now: string, ms: number) => () =>
    stop(
      new ConcordError(
        'model.timeout',
        `Cannot call ${context.id} as ${rule}: ${now} ${ms} ms; try again, or allow more time`,
        { details: { ...details, timeoutMs: ms } },
      ),
    )
  const cancel = () =>
    stop(
      new ConcordError(
        'cancelled',
        `Cannot finish the call of ${context.id} as it was cancelled: under way; call again if it is still wanted`,
        { details },
      ),
    )
  const total = setTimeout(
    late('its answer must arrive in time', 'not complete after', limits.timeoutMs),
    limits.timeoutMs,
  )
  let silence: NodeJS.Timeout | undefined
  limits.signal?.addEventListener('abort', cancel, { once: true })
  if (limits.signal?.aborted) cancel()
  try {
    if (stopped) {
      stopped.details.processed = false
      throw stopped
    }
    return await run({
      signal: controller.signal,
      wait: (work) =>
        new Promise((resolve, fail) => {
          if (stopped) return fail(stopped)
          reject = fail
          work.then(resolve, fail)
        }),
      heard: () => {
        clearTimeout(silence)
        silence = setTimeout(
          late('a stream must not fall silent', 'nothing for', limits.silenceMs),
          limits.silenceMs,
        )
      },
      began: () => {
        begun = true
      },
    })
  } catch (error) {
    const failure = stopped ?? toModelFailure(error, context)
    if (begun) failure.details.processed = true
    throw failure
  } finally {
    clearTimeout(total)
    clearTimeout(silence)
    limits.signal?.removeEventListener('abort', cancel)
    // Nothing of this attempt may stay open: an answer that was not read to its end holds a socket.
    controller.abort()
  }
}
