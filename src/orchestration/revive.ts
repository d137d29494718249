import { journalKey, stepOf } from '../domain/advance-steps.ts'
import type { Work } from '../domain/run.ts'
import type { Decider } from './decider.ts'

/** Works that wait or back off: those whose signal came or whose time has come continue, the others say when to look again. */
export const reviveIdle = (decider: Decider): void => {
  for (const id of decider.run.idle) {
    const work = decider.run.works.get(id)
    if (work !== undefined) revive(decider, work)
  }
}

const revive = (decider: Decider, work: Work): void => {
  const { now } = decider
  const begin = (attempt: number): void => {
    // Without a free place it begins when something under way ends: that asks for the next decision.
    if (decider.slots > 0 && decider.affordsStep())
      decider.start(work.id, work.step.agent, { plan: work.plan, redo: work.redo, attempt })
  }
  if (work.status === 'resumable') {
    const signal = work.wait === undefined ? undefined : work.journal?.get(journalKey(work.wait))
    // A step that waited for leave to start was never executed: a no ends it here.
    if (work.attempt === 0 && signal?.type === 'signal.received' && signal.data.kind === 'reject')
      refuse(decider, work, signal.data.value)
    else begin(Math.max(1, work.attempt))
    return
  }
  const due = work.status === 'backoff' ? work.retryAt : work.wait?.until
  if (due === undefined) return
  if (due > now) decider.wakeBy(due)
  else if (work.status === 'backoff') begin(work.attempt + 1)
  else if (work.wait?.for === 'timer') begin(work.attempt)
  else
    decider.step('step.failed', work.id, {
      plan: work.plan,
      redo: work.redo,
      attempt: work.attempt,
      failure: { code: 'agent.timeout', message: `nobody answered "${work.wait?.name}" in time` },
    })
}

const refuse = (decider: Decider, work: Work, value: unknown): void => {
  const why = typeof value === 'string' ? `: ${value}` : ''
  const step = stepOf(decider.run, work.id)?.step.id ?? work.id
  decider.step('step.failed', work.id, {
    plan: work.plan,
    redo: work.redo,
    attempt: 1,
    failure: { code: 'policy.denied', message: `a person rejected step "${step}"${why}` },
  })
}
