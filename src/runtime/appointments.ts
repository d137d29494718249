import { deadlineOf, type Run } from '../domain/run.ts'
import type { Clock } from '../ports/clock.ts'

/** Appointments of runs this process put to rest: while it lives it keeps them; another's are kept by its reconciler. */
export type Appointments = {
  /** For when the first of its waits, or its own time, is over. */
  keep(run: Run, now: number): void
  forget(id: string): void
  has(id: string): boolean
  close(): void
}

export const createAppointments = (clock: Clock, due: (id: string) => void): Appointments => {
  // Holds no more of a run than its id.
  const timers = new Map<string, () => void>()
  const forget = (id: string) => {
    timers.get(id)?.()
    timers.delete(id)
  }
  return {
    keep(run, now) {
      let at = deadlineOf(run) ?? Number.POSITIVE_INFINITY
      for (const id of run.idle) at = Math.min(at, run.works.get(id)?.wait?.until ?? Number.POSITIVE_INFINITY)
      forget(run.id)
      if (!Number.isFinite(at)) return
      const { id } = run
      // Over by the time it is noted: no timer need tell.
      if (at <= now) return due(id)
      const call = () => {
        timers.delete(id)
        due(id)
      }
      timers.set(id, clock.schedule(Math.max(0, at - now), call, { unref: true }))
    },
    forget,
    has: (id) => timers.has(id),
    close() {
      for (const cancel of timers.values()) cancel()
      timers.clear()
    },
  }
}
