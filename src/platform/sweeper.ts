import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { Stores } from '../stores/stores.ts'

const everyMsDefault = 1000
const keysAtOnce = 500

/**
 * Ends keys whose time is over and whom nobody reads, so that watchers hear of it and the table does not fill: every second, so many at once that the
 * lock is held for milliseconds, and again soon when there were more. Returns what stops it.
 */
export const startSweeper = (
  stores: Pick<Stores, 'sweep'>,
  { clock, logger, everyMs = everyMsDefault }: { clock: Clock; logger: Logger; everyMs?: number },
): (() => void) => {
  let stopped = false
  let cancel = () => {}
  const later = (ms: number) => {
    if (!stopped) cancel = clock.schedule(ms, () => void sweep(), { unref: true })
  }
  const sweep = async (): Promise<void> => {
    try {
      const ended = await stores.sweep(keysAtOnce)
      later(ended === keysAtOnce ? 1 : everyMs)
    } catch (error) {
      if (stopped) return
      logger.warn({ error }, 'expired keys could not be ended; tried again later')
      later(everyMs)
    }
  }
  later(everyMs)
  return () => {
    stopped = true
    cancel()
  }
}
