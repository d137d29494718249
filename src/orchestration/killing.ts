import type { Decider } from './decider.ts'

/** Fails works that keep killing their owner: tried for ever they would take every process down. */
export const failKilling = (decider: Decider): void => {
  const { run, team } = decider
  for (const id of run.underWay) {
    const work = run.works.get(id)
    if (work === undefined || work.losses < team.bounds.lossesMax) continue
    const { plan, redo, attempt, losses, step } = work
    const message =
      `Cannot execute step "${id}" (agent ${step.agent}) again as it keeps killing its owner: ` +
      `${losses} processes died during it, one after the other, and nothing of it was recorded between; ` +
      'look at what it is given'
    const details = { losses, lossesMax: team.bounds.lossesMax }
    const failure = { code: 'agent.failed' as const, message, details }
    decider.step('step.failed', id, { plan, redo, attempt, failure }, step.agent)
  }
}
