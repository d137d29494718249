import { deadlineOf, isFinal, type Run, waitsOf } from '../domain/run.ts'
import type { Decision, KnownState, Strategy } from '../domain/strategy.ts'
import { acting } from './acting.ts'
import { checking } from './checking.ts'
import { Decider } from './decider.ts'
import { granting } from './granting.ts'
import { failKilling } from './killing.ts'
import { planning } from './planning.ts'
import { reviveIdle } from './revive.ts'
import type { TeamShape } from './team-shape.ts'

/**
 * Planner -> plan -> feasibility -> steps, in parallel wherever dependencies permit -> checker -> done, or named steps again with
 * feedback, or a new plan. All bounded by `team.bounds`.
 */
export const hierarchical = (team: TeamShape): Strategy => ({
  name: 'hierarchical',
  decide(run: Run, now: number, known: KnownState): Decision {
    const decider = new Decider(run, now, known, team)
    if (isFinal(run)) return decider.decision()
    if (run.cancelling !== undefined) {
      const { by, value } = run.cancelling
      decider.record('run.cancelled', { reason: typeof value === 'string' ? value : 'cancelled', by })
      return decider.decision()
    }
    if (run.status === 'suspended') {
      // Asked to go on while it was being put to rest.
      if (run.resuming) decider.record('run.resumed', { by: 'signal' })
      return decider.decision()
    }
    if (run.status === 'queued') {
      decider.record('run.started', {})
      return decider.decision()
    }
    const deadline = deadlineOf(run)
    if (deadline !== undefined && now >= deadline)
      return decider.outOf('timeMs', run.goal.budget?.timeMs ?? 0, now - (run.startedAt ?? now), 0)
    if (deadline !== undefined) decider.wakeBy(deadline)
    // Also for children that are to end their steps before they pause.
    granting(decider)
    if (decider.busy) return decider.decision()
    if (run.pausing) {
      if (run.underWay.size === 0) decider.record('run.suspended', { reason: 'paused', by: 'signal' })
      return decider.decision()
    }
    failKilling(decider)
    if (decider.busy) return decider.decision()
    reviveIdle(decider)
    if (run.plan === undefined) planning(decider)
    else if (run.plan.failed !== undefined || run.plan.open > 0) acting(decider)
    else checking(decider)
    return settleDown(decider)
  },
})

/** A run with nothing to do but wait says so, and comes back when something does happen. */
const settleDown = (decider: Decider): Decision => {
  const { run } = decider
  if (decider.busy) {
    if (run.status === 'waiting') decider.first('run.resumed', { by: 'signal' })
    return decider.decision()
  }
  // Claimed for a signal that changed nothing, it says again that it waits: nobody owns a run that does.
  const atRest = run.status === 'waiting' && run.owner === undefined
  if (atRest || run.underWay.size > 0 || run.idle.size === 0) return decider.decision()
  const waits = waitsOf(run)
  if (waits.length === run.idle.size) decider.record('run.waiting', { for: waits, until: decider.wakeAt })
  return decider.decision()
}
