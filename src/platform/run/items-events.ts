import type { Event } from '../../domain/event.ts'
import { itemRun, runStream } from '../../domain/names.ts'
import type { EventLog } from '../../ports/event-log.ts'

/** What tells of an item itself: its parent tells of these. */
const ofParent = new Set<Event['type']>(['step.succeeded', 'step.waiting', 'run.queued', 'run.started'])

const isInside = (event: Event): boolean => {
  if (event.type === 'step.started') return event.data.attempt > 1
  if (event.type === 'step.failed') return event.data.retryAt !== undefined
  return event.type === 'run.claimed' || (event.step !== undefined && !ofParent.has(event.type))
}

/** Whether an event says that an execution of a step is over, or rests. */
const isClosing = ({ type }: Event): boolean =>
  type === 'step.succeeded' || type === 'step.failed' || type === 'step.waiting'

/** Steps of all plans that were spread. */
const spreadIn = (events: readonly Event[]): Set<string> => {
  const spread = new Set<string>()
  for (const event of events)
    if (event.type === 'plan.proposed' && event.data !== null)
      for (const step of event.data.steps) if (step.spread === true) spread.add(step.id)
  return spread
}

type Inside = { id: string; events: Event[]; next: number }

/**
 * A run's events with what the items of its spread steps recorded, where it would stand without
 * spread: under the item, with the version of the run's own event before it. `run.claimed` with a
 * step names the process that executed the item.
 */
export const eventsWithItems = async (log: Pick<EventLog, 'read'>, run: string): Promise<Event[]> => {
  const events = await log.read(runStream(run))
  const spread = spreadIn(events)
  if (spread.size === 0) return events
  const told: Event[] = []
  const items = new Map<string, Inside>()
  const tell = (step: string, { events: inside, next }: Inside, until: number): number => {
    let at = next
    for (let event = inside[at]; event !== undefined && event.at <= until; event = inside[++at])
      told.push({ ...event, step, version: told.at(-1)?.version ?? 1, stream: runStream(run) })
    return at
  }
  for (const event of events) {
    const { step = '' } = event
    const item = items.get(step)
    // All that an item recorded comes before its end, whatever the clock of its process.
    if (item !== undefined && isClosing(event))
      item.next = tell(step, item, event.type === 'step.waiting' ? event.at : Number.POSITIVE_INFINITY)
    told.push(event)
    if (event.type !== 'step.started' || !spread.has(step.split('/')[0] ?? '')) continue
    const id = itemRun(run, event.data.plan, event.data.redo, step)
    if (item?.id === id) continue
    items.set(step, { id, events: (await log.read(runStream(id))).filter(isInside), next: 0 })
  }
  for (const [step, item] of items) tell(step, item, Number.POSITIVE_INFINITY)
  return told
}
