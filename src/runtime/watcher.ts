import { toFailure } from '../domain/errors.ts'
import { sleep } from '../ports/clock.ts'
import { backoffMs } from './backoff.ts'
import { watchChanges } from './watch-changes.ts'
import { watchChannel } from './watch-channel.ts'
import { watchSchedule } from './watch-schedule.ts'
import type { Wake, WatcherPorts, Watching } from './watching.ts'

export type Watcher = {
  /** Resolves when it will miss nothing any more. */
  readonly opened: Promise<void>
  stop(): Promise<void>
}

/** Watches for one wake until it is stopped; a store that fails is asked again. */
export const startWatcher = (wake: Wake, ports: WatcherPorts): Watcher => {
  const stop = new AbortController()
  let opened = () => {}
  const open = new Promise<void>((resolve) => {
    opened = resolve
  })
  const watching: Watching = { wake, ports, signal: stop.signal, opened }
  const { on } = wake
  const watch = (): Promise<void> => {
    if (on.state !== undefined) return watchChanges(watching, on)
    return on.channel !== undefined ? watchChannel(watching, on) : watchSchedule(watching, on)
  }
  const ended = keepOn(watch, watching).finally(opened)
  return {
    opened: open,
    async stop() {
      stop.abort()
      await ended
    },
  }
}

const keepOn = async (watch: () => Promise<void>, { wake, ports, signal }: Watching): Promise<void> => {
  for (let attempt = 1; !signal.aborted; attempt++) {
    try {
      await watch()
      // The store was closed.
      return
    } catch (error) {
      if (signal.aborted) return
      const failure = toFailure(error)
      ports.logger.error({ error, wake: wake.name }, `watching failed and begins again: ${failure.message}`)
      await sleep(ports.clock, backoffMs(attempt), signal).catch(() => {})
    }
  }
}
