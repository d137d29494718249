import { isConcordError, isRetryable, toFailure } from '../domain/errors.ts'
import { asJson } from '../domain/json.ts'
import { sleep } from '../ports/clock.ts'
import type { Message } from '../ports/state-store.ts'
import { backoffMs } from './backoff.ts'
import { WakeCursor } from './wake-cursor.ts'
import { wakeDepthOf, wokenGoal } from './wake-goal.ts'
import { sourceOf, type WakeOnChannel } from './wake-on.ts'
import { mayWake, meets, type Watching } from './watching.ts'

/** Tries for one message. Others wait meanwhile, and a subscriber holds only so many. */
const attemptsMax = 5

/** Wakes for messages. Returns when the store closes the subscription. */
export const watchChannel = async (watching: Watching, on: WakeOnChannel): Promise<void> => {
  const { wake, ports, signal } = watching
  const cursor = new WakeCursor({
    ports,
    name: wake.name,
    source: sourceOf(on),
    start: ports.start,
    rebuild: () => Promise.reject(new Error('messages are not kept')),
    signal,
  })
  const startFor = async (message: Message): Promise<void> => {
    const depth = 1 + (await wakeDepthOf(ports.log, message.provenance))
    if (!mayWake(watching, depth)) return
    const { missed: _, ...told } = message
    const text = on.goal ?? `A message came on channel ${message.channel}`
    const woken = { name: wake.name, source: sourceOf(on), sequence: message.id, depth }
    // One message is one run, whichever server hears it; an equal message is another.
    const goal = wokenGoal({ text, team: wake.team }, woken, { message: asJson(told) })
    await ports.start(cursor.idOf(message.id), goal)
  }
  const subscription = ports.state.subscribe(on.channel, { signal })
  await subscription.opened
  watching.opened()
  for await (const message of subscription) {
    const { id, channel, missed } = message
    if (missed !== undefined)
      ports.logger.warn({ wake: wake.name, missed }, 'messages came too fast and were missed')
    if (meets(watching, on.if, message, { channel, message: id }))
      await patiently(startFor, message, watching)
  }
}

/** What fails for one message must not end the subscription: what comes meanwhile would be lost. */
const patiently = async (
  startFor: (message: Message) => Promise<void>,
  message: Message,
  { wake, ports, signal }: Watching,
): Promise<void> => {
  for (let attempt = 1; !signal.aborted; attempt++) {
    try {
      return await startFor(message)
    } catch (error) {
      if (signal.aborted) return
      const again = attempt < attemptsMax && (!isConcordError(error) || isRetryable(toFailure(error)))
      ports.logger.error(
        { error, wake: wake.name, message: message.id, again },
        'a run could not be started for a message',
      )
      if (!again) return
      await sleep(ports.clock, backoffMs(attempt), signal).catch(() => {})
    }
  }
}
