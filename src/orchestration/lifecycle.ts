import { deadlineOf, isFinal, type Run, waitsOf } from '../domain/run.ts'
import type { Decision, KnownState, RunStrategy } from '../domain/strategy.ts'
import { Decider, type Reads } from './decider.ts'
import { granting } from './granting.ts'
import { failKilling } from './killing.ts'
import { reviveIdle } from './revive.ts'
import type { Strategy } from './strategy.ts'
import type { TeamShape } from './team-shape.ts'

/**
 * The life of a run around a strategy: started, cancelled, paused, out of time, given budget, its
 * waits ended, released while it only waits. The strategy is asked while the run is alive and none
 * of that is due.
 */
export const lifecycle = (strategy: Strategy, team: TeamShape, reads: Reads): RunStrategy => ({
  name: strategy.name,
  decide(run: Run, now: number, known: KnownState): Decision {
    const decider = new Decider(run, now, known, team, reads)
    if (isFinal(run)) return decider.decision()
    if (run.cancelling !== undefined) {
      const { by, value } = run.cancelling
      decider.record('run.cancelled', { reason: typeof value === 'string' ? value : 'cancelled', by })
      return decider.decision()
    }
    if (run.status === 'suspended') {
      // Asked to resume while it was being suspended.
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
    strategy.decide(decider)
    return settleDown(decider)
  },
})

/**
 * Ends a run that nothing would ever ask again: a failure with a reason is better than a run that
 * hangs.
 */
const stuck = (decider: Decider): Decision =>
  decider.fail(
    'goal.unmet',
    `Cannot continue the run as its strategy has nothing under way and waits for nothing (team "${decider.team.name}"); end it with succeed or fail, watch state, or name a time`,
  )

/** Records that a run only waits, so that no process owns it until something arrives. */
const settleDown = (decider: Decider): Decision => {
  const { run } = decider
  if (decider.busy) {
    if (run.status === 'waiting') decider.first('run.resumed', { by: 'signal' })
    return decider.decision()
  }
  const isIdle = run.underWay.size === 0 && run.idle.size === 0
  if (isIdle && !run.pausing && decider.waitsForNothing) return stuck(decider)
  // A run that watches state is woken by changes only while a process owns it.
  if (decider.watches !== undefined) return decider.decision()
  // Claimed for a signal that changed nothing, it records again that it waits: no
  // process owns a waiting run.
  const atRest = run.status === 'waiting' && run.owner === undefined
  if (atRest || run.underWay.size > 0 || run.idle.size === 0) return decider.decision()
  const waits = waitsOf(run)
  if (waits.length === run.idle.size) decider.record('run.waiting', { for: waits, until: decider.wakeAt })
  return decider.decision()
}
