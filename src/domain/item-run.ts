import type { SpreadItem } from './item.ts'
import type { Json } from './json.ts'
import { idempotencyKey, type Run, type Work } from './run.ts'

/** Whether a work is to be executed as a child run. */
export const isSpread = ({ step }: Pick<Work, 'step'>): boolean => step.spread === true

/** The run that an agent knows as its own: the parent's, where the run is an item of a spread step. */
export const agentsRun = (run: Pick<Run, 'id' | 'item' | 'parent'>): string =>
  run.item === undefined ? run.id : (run.parent?.run ?? run.id)

/** The idempotency key of an execution; of an item that of its place in the parent. */
export const keyOf = (run: Pick<Run, 'id' | 'item' | 'parent'>, work: Work): string =>
  idempotencyKey(agentsRun(run), work)

/** The item as its parent starts it. */
export const itemOf = (run: Run, { id, step, plan, redo }: Work, input: Json): SpreadItem => ({
  id,
  step: {
    id: step.id,
    agent: step.agent,
    ...(step.timeoutMs === undefined ? {} : { timeoutMs: step.timeoutMs }),
    ...(step.attemptsMax === undefined ? {} : { attemptsMax: step.attemptsMax }),
  },
  plan,
  redo,
  input,
  since: run.version,
  results: hasResults(run),
  ...(run.goal.budget === undefined ? {} : { budget: run.goal.budget }),
})

const hasResults = ({ plan }: Run): boolean => {
  if (plan !== undefined)
    for (const { status } of plan.steps.values()) if (status === 'succeeded') return true
  return false
}
