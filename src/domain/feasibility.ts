import type { AgentCard } from './agent.ts'
import { cycleIn, graphOf, type Step, stepsMax } from './plan.ts'

export type Feasible = {
  agents: ReadonlyMap<string, AgentCard>
  /** State keys that are there before the plan starts; undefined when that is not known. */
  stateKeys?: ReadonlySet<string>
  /** Steps the budget still allows; undefined without a limit. */
  stepsLeft?: number
  /** Agents whose model has no price, with that model, where money is limited. */
  unpriced?: ReadonlyMap<string, string>
}

/** Why a model cannot be used under a money budget, and what can be done. */
export const unpricedModel = (model: string): string =>
  `model "${model}", which has no price, cannot be used under a money budget; add prices["${model}"] to the config, or limit tokens instead`

/** Why a plan cannot work, decided by code: agents exist, ids and references resolve, no cycle, the budget suffices. */
export const infeasibilities = (steps: Step[], { agents, stepsLeft, unpriced }: Feasible): string[] => {
  const reasons: string[] = []
  if (steps.length === 0) reasons.push('the plan has no step')
  if (steps.length > stepsMax) reasons.push(`the plan has ${steps.length} steps, more than ${stepsMax}`)
  if (stepsLeft !== undefined && steps.length > stepsLeft)
    reasons.push(`the plan has ${steps.length} steps, the budget allows ${stepsLeft} more`)
  const ids = new Set<string>()
  for (const step of steps) {
    if (ids.has(step.id)) reasons.push(`two steps are called "${step.id}"`)
    ids.add(step.id)
    const model = unpriced?.get(step.agent)
    if (model !== undefined)
      reasons.push(`step "${step.id}" wants agent "${step.agent}": its ${unpricedModel(model)}`)
    if (!agents.has(step.agent))
      reasons.push(
        `step "${step.id}" wants agent "${step.agent}", which is not in the team: ${[...agents.keys()].join(', ')}`,
      )
  }
  const graph = graphOf(steps)
  graph.dependencies.forEach((dependencies, id) => {
    for (const wanted of dependencies)
      if (!ids.has(wanted)) reasons.push(`step "${id}" depends on "${wanted}", which is not a step`)
  })
  steps.forEach((step, i) => {
    if (step.forEach === undefined && graph.references[i]?.some((one) => '$item' in one && one !== step.when))
      reasons.push(`step "${step.id}" refers to $item without forEach`)
  })
  const cycle = cycleIn(graph)
  if (cycle !== undefined) reasons.push(`the steps wait for each other: ${cycle.join(' -> ')}`)
  return reasons
}
