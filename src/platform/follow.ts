import type { Event } from '../domain/event.ts'
import { runStream } from '../domain/names.ts'
import { finalStatuses, statusOf } from '../domain/summary.ts'
import { type EventLog, mayConcern } from '../ports/event-log.ts'
import { unknownRun } from '../runtime/fold.ts'

export type FollowOptions = {
  /** Events after this version; default all. */
  after?: number
  signal?: AbortSignal
  /** Continue after the run is final. Default false: the iteration ends with the final event. */
  beyondEnd?: boolean
}

const pageSize = 500

/** Events of a run as they are committed, from the past into the future, none missing, none twice. Throws `run.unknown`. */
export async function* followRun(
  log: EventLog,
  run: string,
  options: FollowOptions = {},
): AsyncGenerator<Event> {
  const stream = runStream(run)
  let after = options.after ?? 0
  let wake = () => {}
  let changed = true
  let ended = false
  const unlisten = log.onCommit((commit) => {
    if (!mayConcern(commit, (each) => each === stream)) return
    changed = true
    wake()
  })
  const stop = () => wake()
  options.signal?.addEventListener('abort', stop, { once: true })
  try {
    if ((await log.run(run)) === undefined) throw unknownRun(run)
    while (options.signal?.aborted !== true) {
      changed = false
      const events = await log.read(stream, { afterVersion: after, limit: pageSize })
      for (const event of events) {
        yield event
        after = event.version
        const status = statusOf(event.type)
        if (status !== undefined && finalStatuses.has(status) && options.beyondEnd !== true) return
      }
      if (events.length === pageSize || changed) continue
      if (ended) return
      // Asked to continue behind the final event there is nothing to wait for; what came before the answer is read once more.
      ended = options.beyondEnd !== true && finalStatuses.has((await log.run(run))?.status ?? 'queued')
      if (ended) continue
      await new Promise<void>((resolve) => {
        wake = resolve
        if (changed || options.signal?.aborted === true) resolve()
      })
    }
  } finally {
    unlisten()
    options.signal?.removeEventListener('abort', stop)
  }
}
