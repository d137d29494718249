import type { Draft } from '../domain/event.ts'
import { isFinal } from '../domain/run.ts'
import type { RunStrategy } from '../domain/strategy.ts'

/** Ends a run that was cancelled and does nothing else: for one whose team is not known here. */
export const onlyCancel = (name: string): RunStrategy => ({
  name,
  decide(run, now) {
    if (isFinal(run) || run.cancelling === undefined) return { events: [] }
    const { by, value } = run.cancelling
    const reason = typeof value === 'string' ? value : 'cancelled'
    const cancelled: Draft = {
      type: 'run.cancelled',
      at: now,
      data: { reason, ...(by === undefined ? {} : { by }) },
    }
    return { events: [cancelled] }
  },
})
