import type { Draft } from '../domain/event.ts'
import { inboxStream } from '../domain/names.ts'
import type { Run } from '../domain/run.ts'
import type { EventLog } from '../ports/event-log.ts'

type SignalDraft = Extract<Draft, { type: 'signal.received' }>

/** The signals in a run's inbox that are not part of the run yet, as events to record. */
export const unreadSignals = async (
  log: EventLog,
  run: Pick<Run, 'id' | 'inbox'>,
  at: number,
): Promise<SignalDraft[]> => {
  const messages = await log.read(inboxStream(run.id), { afterVersion: run.inbox })
  return messages.flatMap((event): SignalDraft[] => {
    if (event.type !== 'signal.received') return []
    const data = { inbox: event.version, signal: event.data.signal }
    return [{ type: 'signal.received', at, data, cause: event.id }]
  })
}

/** Whether what was read ends with a request to pause. */
export const isPaused = (unread: readonly SignalDraft[]): boolean =>
  unread.findLast(({ data }) => data.signal.kind === 'pause' || data.signal.kind === 'resume')?.data.signal
    .kind === 'pause'
