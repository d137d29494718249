import type { AgentCard } from './agent.ts'
import { cycleIn, graphOf, type Step, stepsMax } from './plan.ts'

export type Feasible = {
  agents: ReadonlyMap<string, AgentCard>
  /** State keys that are there before the plan starts; undefined when that is not known. */
  stateKeys?: ReadonlySet<string>
  /** Steps the budget still allows; undefined without a limit. */
  stepsLeft?: number
}

/** Why a plan cannot work, decided by code: agents exist, ids and references resolve, no cycle, the budget suffices. */
export const infeasibilities = (steps: Step[], { agents, stepsLeft }: Feasible): string[] => {
  const reasons: string[] = []
  if (steps.length === 0) reasons.push('the plan has no step')
  if (steps.length > stepsMax) reasons.push(`the plan has ${steps.length} steps, more than ${stepsMax}`)
  if (stepsLeft !== undefined && steps.length > stepsLeft)
    reasons.push(`the plan has ${steps.length} steps, the budget allows ${stepsLeft} more`)
  const ids = new Set<string>()
  for (const step of steps) {
    if (ids.has(step.id)) reasons.push(`two steps are called "${step.id}"`)
    ids.add(step.id)
    if (!agents.has(step.agent))
      reasons.push(
        `step "${step.id}" wants agent "${step.agent}", which is not in the team: ${[...agents.keys()].join(', ')}`,
      )
  }
  const graph = graphOf(steps)
  for (const [id, dependencies] of graph.dependencies)
    for (const wanted of dependencies)
      if (!ids.has(wanted)) reasons.push(`step "${id}" depends on "${wanted}", which is not a step`)
  for (const [i, step] of steps.entries())
    if (step.forEach === undefined && graph.references[i]?.some((one) => '$item' in one && one !== step.when))
      reasons.push(`step "${step.id}" refers to $item without forEach`)
  const cycle = cycleIn(graph)
  if (cycle !== undefined) reasons.push(`the steps wait for each other: ${cycle.join(' -> ')}`)
  return reasons
}
