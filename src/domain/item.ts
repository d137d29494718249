import type { Limits } from './budget.ts'
import type { Json } from './json.ts'
import type { Step } from './plan.ts'

/** What a child run executes of a spread step: the step, or one item of it, as its parent started it. */
export type SpreadItem = {
  /** `{step}` or `{step}/{index}`, as in the parent. */
  id: string
  step: Pick<Step, 'id' | 'agent' | 'timeoutMs' | 'attemptsMax'>
  plan: number
  redo: number
  input: Json
  /** The version its parent was folded to: the results settled by then are what the agent is given. */
  since: number
  /** Whether the parent had any results by then. */
  results: boolean
  /** The parent's budget, which the agent sees in its goal; the child's own is a share of it. */
  budget?: Limits
}
