import type { AgentCard } from '../domain/agent.ts'
import type { Goal } from '../domain/goal.ts'
import type { Step } from '../domain/plan.ts'
import type { Schema } from '../ports/schema.ts'

/** Every loop's bound by name; reaching one is an ordinary event. */
export type Bounds = {
  /** Plans proposed for one run. Default 3. */
  plansMax: number
  /** Times one step is redone within a plan. Default 2. */
  redosMax: number
  /** Executions of a step that fails, the first included, where neither step nor agent says. Default 3. */
  attemptsMax: number
  /** Steps and items of a run under way at once. Default 16. */
  concurrency: number
  /** Items of one fan-out. Default 10,000. */
  itemsMax: number
  /** Owners that one step may kill: that many die during it, one after the other, and it fails. Default 3. */
  lossesMax: number
}

export const defaultBounds: Bounds = {
  plansMax: 3,
  redosMax: 2,
  attemptsMax: 3,
  concurrency: 16,
  itemsMax: 10_000,
  lossesMax: 3,
}

/** What a strategy knows of a team. */
export type TeamShape = {
  name: string
  agents: ReadonlyMap<string, AgentCard>
  /** The agent that plans; or steps that are always the same for a goal. One of the two. */
  planner?: string
  plan?: (goal: Goal) => Step[]
  /** Judges whether an accepted plan can work, after code has. */
  feasibility?: string
  checker?: string
  /**
   * The step whose result is the run's output; default that with `answer`, the check's output or
   * summary, the last step's result.
   */
  output?: string
  /** What the run's output must be. */
  answer?: Schema
  /** Agents that ask a model without a price, with that model. */
  unpriced?: ReadonlyMap<string, string>
  bounds: Bounds
}
