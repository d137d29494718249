import { createHash } from 'node:crypto'
import { toFailure } from '../domain/errors.ts'
import type { Goal } from '../domain/goal.ts'
import { asJson } from '../domain/json.ts'
import { sleep } from '../ports/clock.ts'
import { backoffMs } from './backoff.ts'
import { WakeCursor } from './wake-cursor.ts'
import { wakeDepthOf, wokenGoal } from './wake-goal.ts'
import { scheduleOf, sourceOf, type WakeOnChannel, type WakeOnSchedule } from './wake-on.ts'
import { watchChanges } from './watch-changes.ts'
import { mayWake, type Wake, type WatcherPorts, type Watching } from './watching.ts'

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

const watchChannel = async (watching: Watching, on: WakeOnChannel): Promise<void> => {
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

const watchSchedule = async (watching: Watching, on: WakeOnSchedule): Promise<void> => {
  const { wake, ports, signal } = watching
  const { clock } = ports
  const schedule = scheduleOf(on)
  const goalFor = (instant: number): Goal => {
    const text = on.goal ?? `It is ${new Date(instant).toISOString()}`
    const woken = { name: wake.name, source: sourceOf(on), sequence: instant, depth: 0 }
    return wokenGoal({ text, team: wake.team }, woken, { instant })
  }
  const cursor = new WakeCursor({
    ports,
    name: wake.name,
    source: sourceOf(on),
    start: ports.start,
    rebuild: async ({ sequence }) => goalFor(sequence),
    signal,
  })
  await cursor.open(async () => clock.now())
  watching.opened()
  while (!signal.aborted) {
    const next = schedule.next(cursor.sequence)
    const waitMs = next - clock.now()
    if (waitMs > 0) {
      await sleep(clock, waitMs, signal).catch(() => {})
      continue
    }
    // The latest that is due stands for those that were missed.
    let due = next
    for (let later = schedule.next(due); later <= clock.now(); later = schedule.next(due)) due = later
    await cursor.advance({ sequence: due, run: cursor.idOf(due), depth: 0 }, goalFor(due))
  }
}
