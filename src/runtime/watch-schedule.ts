import { type Cron, latest } from '../domain/cron.ts'
import type { Goal } from '../domain/goal.ts'
import { sleep } from '../ports/clock.ts'
import { WakeCursor } from './wake-cursor.ts'
import { wokenGoal } from './wake-goal.ts'
import { scheduleOf, sourceOf, type WakeOnSchedule } from './wake-on.ts'
import type { Watching } from './watching.ts'

/*
 * Ticks, and a wall clock that may be set while they are waited for. Invariants:
 * 1. A wait ends after at most `lookMs`: a clock that was set is noticed, and no timer is longer than what the machine's can hold
 * 2. A tick of cron is an instant of the wall clock, and its run's id follows from it: passed a second time, it starts nothing   (watchCron)
 * 3. An interval goes by the monotonic clock; the wall clock only says where to begin. Its ticks never go back, so that each has
 *    an id of its own also while the wall clock says an hour it has said before                                               (watchInterval)
 */
const lookMs = 60_000

type Ticks = { watching: Watching; cursor: WakeCursor; schedule: Cron; goalFor: (tick: number) => Goal }

/** Wakes at instants. Returns when watching ends. */
export const watchSchedule = async (watching: Watching, on: WakeOnSchedule): Promise<void> => {
  const { wake, ports, signal } = watching
  const { clock } = ports
  const everyMs = typeof on.schedule === 'string' ? undefined : on.schedule.everyMs
  const goalFor = (tick: number): Goal => {
    const now = clock.now()
    // The ticks of an interval run ahead of a clock that was set back.
    const instant = tick > now + (everyMs ?? 0) ? now : tick
    const text = on.goal ?? `It is ${new Date(instant).toISOString()}`
    const woken = { name: wake.name, source: sourceOf(on), sequence: tick, depth: 0 }
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
  const ticks: Ticks = { watching, cursor, schedule: scheduleOf(on), goalFor }
  await (everyMs === undefined ? watchCron(ticks) : watchInterval(ticks, everyMs))
}

/** False when somebody else has decided on a tick meanwhile. */
const tell = ({ cursor, goalFor }: Ticks, tick: number): Promise<boolean> =>
  cursor.advance({ sequence: tick, run: cursor.idOf(tick), depth: 0 }, goalFor(tick))

const rest = ({ watching: { ports, signal } }: Ticks, ms: number): Promise<void> =>
  sleep(ports.clock, Math.min(ms, lookMs), signal).catch(() => {})

const watchCron = async (ticks: Ticks): Promise<void> => {
  const { watching, cursor, schedule } = ticks
  while (!watching.signal.aborted) {
    const now = watching.ports.clock.now()
    // Set back past a tick: those to come count by the clock as it stands, and those that ran are known by their runs.
    if (schedule.next(now) < cursor.sequence) {
      await cursor.pass(now)
      continue
    }
    // The latest that is due stands for those that were missed.
    const due = latest(schedule, cursor.sequence, now)
    if (due === undefined) await rest(ticks, schedule.next(cursor.sequence) - now)
    else await tell(ticks, due)
  }
}

const watchInterval = async (ticks: Ticks, everyMs: number): Promise<void> => {
  const { watching, cursor, schedule } = ticks
  const { clock } = watching.ports
  const wake = async () => {
    const expected = schedule.next(cursor.sequence)
    await tell(ticks, latest(schedule, expected, clock.now()) ?? expected)
  }
  const now = clock.now()
  const ahead = cursor.sequence > now + everyMs
  let due = clock.monotonic() + Math.min(everyMs, schedule.next(ahead ? now : cursor.sequence) - now)
  if (due <= clock.monotonic()) {
    due = clock.monotonic() + schedule.next(now) - now
    await wake()
  }
  while (!watching.signal.aborted) {
    const leftMs = due - clock.monotonic()
    if (leftMs > 0) {
      await rest(ticks, leftMs)
      continue
    }
    // From when it was due, not from when it came: no lateness adds up.
    due += everyMs * Math.max(1, Math.ceil(-leftMs / everyMs))
    await wake()
  }
}
