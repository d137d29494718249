import { acting } from './acting.ts'
import { checking } from './checking.ts'
import { planning } from './planning.ts'
import type { Strategy } from './strategy.ts'

/**
 * Planner -> plan -> feasibility -> steps, in parallel wherever dependencies permit -> checker -> done, or named steps again with
 * feedback, or a new plan. All bounded by `bounds` of the team.
 */
export const hierarchical = (): Strategy => ({
  name: 'hierarchical',
  decide(context) {
    const { plan } = context.run
    if (plan === undefined) planning(context)
    else if (plan.failed !== undefined || plan.open > 0) acting(context)
    else checking(context)
  },
})
