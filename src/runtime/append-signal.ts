import type { Signal } from '../domain/event.ts'
import { inboxStream } from '../domain/names.ts'
import type { EventLog } from '../ports/event-log.ts'
import { isUnknown, type Repeating, untilKnown } from './known-outcome.ts'

/**
 * Puts a signal into a run's inbox, once: where the answer was lost the inbox is searched for `key`
 * before the append is repeated. `read` is how far the inbox had been read before.
 */
export const appendSignal = async (
  { log, ...repeating }: Repeating & { log: EventLog },
  { run, signal, key, read }: { run: string; signal: Signal; key: string; read: number },
): Promise<void> => {
  const stream = inboxStream(run)
  const holds = async (): Promise<boolean> => {
    const since = await log.read(stream, { afterVersion: read })
    return since.some((event) => event.type === 'signal.received' && event.data.key === key)
  }
  let isDoubtful = false
  await untilKnown(repeating, async () => {
    if (isDoubtful && (await holds())) return
    try {
      await log.append({
        stream,
        expectedVersion: 'any',
        epoch: 0,
        events: [{ type: 'signal.received', at: repeating.clock.now(), data: { inbox: 0, signal, key } }],
      })
    } catch (error) {
      isDoubtful = isUnknown(error)
      throw error
    }
  })
}
