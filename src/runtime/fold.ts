import { advance } from '../domain/advance.ts'
import { ConcordError } from '../domain/errors.ts'
import type { Event } from '../domain/event.ts'
import { runStream } from '../domain/names.ts'
import { emptyRun, type Run } from '../domain/run.ts'
import type { EventLog } from '../ports/event-log.ts'

export const unknownRun = (id: string): ConcordError =>
  new ConcordError(
    'run.unknown',
    `Cannot find run "${id}" as no such run is in this store; list them with "concord runs"`,
  )

export const foldEvents = (id: string, events: readonly Event[]): Run => {
  const run = emptyRun(id)
  for (const event of events) advance(run, event)
  return run
}

/** The run as its events say. Throws `run.unknown`. */
export const loadRun = async (log: EventLog, id: string): Promise<Run> => {
  const events = await log.read(runStream(id))
  if (events.length === 0) throw unknownRun(id)
  return foldEvents(id, events)
}
