import type { Limits } from './budget.ts'
import type { JsonObject } from './json.ts'

/** What is wanted. `team` names who shall do it; `criteria` are handed to planner and checker. */
export type Goal = {
  text: string
  team: string
  params?: JsonObject
  criteria?: string[]
  budget?: Limits
  /** The conversation this goal continues. */
  thread?: string
  /** Whom or what memories of this run are about. */
  subject?: string
  /** Free words that runs are found by: at most 20, of 1 to 100 characters without a comma. */
  tags?: string[]
}
