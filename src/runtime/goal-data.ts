import { type Limits, limitsProblem, withinLimits } from '../domain/budget.ts'
import { ConcordError } from '../domain/errors.ts'
import type { Goal } from '../domain/goal.ts'
import { copyJson } from '../domain/json.ts'

/** A copy of what came from outside. Throws `input.invalid` naming the place of what JSON cannot hold. */
export const dataOf = <T extends object>(action: string, given: T): T => {
  try {
    return copyJson(given) as T
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new ConcordError(
      'input.invalid',
      `Cannot ${action} as it must be JSON: ${error.message}; correct it`,
    )
  }
}

/** The goal with the limits that count. Throws `input.invalid` for limits that limit nothing. */
export const boundedGoal = (given: Goal, operator: Limits | undefined): Goal => {
  const { budget: own, ...rest } = given
  const goal = dataOf('start a run with this goal', rest)
  const problem = limitsProblem(operator ?? {}) ?? limitsProblem(own ?? {})
  if (problem !== undefined)
    throw new ConcordError(
      'input.invalid',
      `Cannot start a run as limits of a budget are numbers from 0: ${problem}; correct the budget`,
    )
  const budget = withinLimits(operator, own)
  return Object.keys(budget).length === 0 ? goal : { ...goal, budget }
}
