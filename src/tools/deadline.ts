import { ConcordError } from '../domain/errors.ts'
import type { ToolContext } from '../ports/tool.ts'

/** Rejects with the signal's reason once it aborts; never resolves. */
const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))

/**
 * Runs `work` with a signal that aborts after `timeoutMs` or with the caller's own signal, whichever is first.
 * Rejects at that moment with `tool.timeout` or with the caller's reason, even if `work` hangs; `work` must let go of
 * what it holds when its signal aborts.
 */
export const withDeadline = async <Result>(
  context: ToolContext,
  timeoutMs: number,
  action: string,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> => {
  context.signal.throwIfAborted()
  const controller = new AbortController()
  const cancelTimer = context.clock.schedule(timeoutMs, () => {
    controller.abort(
      new ConcordError(
        'tool.timeout',
        `Cannot ${action} as its time is bounded: ${timeoutMs} ms have passed; ask for less or raise timeoutMs`,
        { details: { timeoutMs } },
      ),
    )
  })
  const forward = () => controller.abort(context.signal.reason)
  context.signal.addEventListener('abort', forward, { once: true })
  try {
    return await Promise.race([work(controller.signal), aborted(controller.signal)])
  } catch (error) {
    // Whatever broke while the work was being stopped is a consequence; the reason for stopping is what matters.
    throw controller.signal.aborted ? controller.signal.reason : error
  } finally {
    cancelTimer()
    context.signal.removeEventListener('abort', forward)
  }
}
