import { createHash } from 'node:crypto'
import { asJson } from '../domain/json.ts'
import { WakeCursor } from './wake-cursor.ts'
import { wakeDepthOf, wokenGoal } from './wake-goal.ts'
import { sourceOf, type WakeOnChannel } from './wake-on.ts'
import { mayWake, type Watching } from './watching.ts'

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
  const subscription = ports.state.subscribe(on.channel, { signal })
  await subscription.opened
  watching.opened()
  for await (const message of subscription) {
    if (message.missed !== undefined)
      ports.logger.warn({ wake: wake.name, missed: message.missed }, 'messages came too fast and were missed')
    const { missed: _, ...told } = message
    if (on.if !== undefined && !on.if(message)) continue
    const depth = 1 + (await wakeDepthOf(ports.log, message.provenance))
    if (!mayWake(watching, depth)) continue
    // The same message is the same run, whichever server hears it.
    const digest = createHash('sha256').update(JSON.stringify(told)).digest('hex').slice(0, 20)
    const text = on.goal ?? `A message came on channel ${message.channel}`
    const woken = { name: wake.name, source: sourceOf(on), sequence: digest, depth }
    const goal = wokenGoal({ text, team: wake.team }, woken, { message: asJson(told) })
    await ports.start(cursor.idOf(digest), goal).catch((error) => {
      ports.logger.error({ error, wake: wake.name }, 'a run could not be started for a message')
    })
  }
}
