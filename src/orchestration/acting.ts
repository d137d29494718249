import type { Wait } from '../domain/event.ts'
import { inputToApprove, itemsOf, lookupIn } from '../domain/input.ts'
import type { Json } from '../domain/json.ts'
import { describeReference, holds, type Reference } from '../domain/reference.ts'
import type { ActivePlan, Items, Run, StepState } from '../domain/run.ts'
import { named } from '../domain/wait.ts'
import { replan } from './checking.ts'
import type { StrategyContext } from './strategy.ts'

const itemsAtOnce = 8

/** Starts what the plan permits; a step that failed for good rejects the plan. */
export const acting = (context: StrategyContext): void => {
  const plan = context.run.plan
  if (plan === undefined) return
  if (plan.failed !== undefined) {
    const { step, failure } = plan.failed
    return replan(context, [`step "${step}" failed: ${failure.message}`], failure)
  }
  for (const id of plan.attention) {
    if (context.slots <= 0) return
    const state = plan.steps.get(id)
    if (state === undefined || !context.affordsStep()) return
    if (state.items !== undefined) startItems(context, plan, state, state.items)
    else if (!begin(context, plan, state)) return
  }
}

const stateKeys = (references: Reference[]): string[] =>
  references.flatMap((reference) =>
    '$state' in reference && !reference.$state.startsWith('step:') ? [reference.$state] : [],
  )

/** False when the plan turned out not to work. */
const begin = (context: StrategyContext, plan: ActivePlan, state: StepState): boolean => {
  const { run } = context
  const { step } = state
  const keys = state.references.length === 0 ? [] : stateKeys(state.references)
  // What was approved is what is done: the state is that which the person was shown.
  const shown = isApproved(run, state) ? run.works.get(step.id)?.state : undefined
  const values = shown ?? (keys.length === 0 ? undefined : context.stateFor(keys))
  if (keys.length > 0 && values === undefined) return true
  const look = lookupIn(run, values)
  if (step.when !== undefined && !holds(step.when, look(step.when))) {
    context.step('step.skipped', step.id, {
      plan: plan.version,
      reason: `when ${describeReference(step.when)} does not hold`,
    })
    return true
  }
  const missing = unresolved(state, look)
  if (missing.length > 0) {
    context.record('plan.rejected', {
      version: plan.version,
      reasons: missing.map(
        (reference) => `step "${step.id}" refers to ${describeReference(reference)}, which is not there`,
      ),
      by: 'run',
    })
    return false
  }
  const approved = step.requireApproval !== true || isApproved(run, state)
  if (step.forEach !== undefined && approved) return schedule(context, plan, state, values)
  if (!approved) {
    askForStep(context, plan, state, values)
  } else
    context.start(step.id, step.agent, {
      plan: plan.version,
      redo: state.redo,
      attempt: 1,
      ...(values === undefined ? {} : { state: values }),
    })
  return true
}

/** A person is shown what the step will be called with; it is called with that, whatever is written in the meantime. */
const askForStep = (
  context: StrategyContext,
  plan: ActivePlan,
  state: StepState,
  values: { [key: string]: Json } | undefined,
): void => {
  const { run } = context
  const { step, redo } = state
  const prompt = `Approve step "${step.id}" (agent ${step.agent})?`
  const input = inputToApprove(run, state, plan.version, values)
  const wait: Wait = { for: 'approval', name: 'approve', call: 'approve', prompt, agent: step.agent, input }
  const waiting = { run: run.id, step: step.id, plan: plan.version, redo }
  context.step(
    'step.waiting',
    step.id,
    {
      plan: plan.version,
      redo,
      wait: named(wait, waiting),
      ...(values === undefined ? {} : { state: values }),
    },
    step.agent,
  )
}

/** Only a fan-out comes here again after its approval: other steps are started by it. */
const isApproved = (run: Run, { step, redo }: StepState): boolean => {
  const work = run.works.get(step.id)
  return work?.status === 'resumable' && work.plan === run.plan?.version && work.redo === redo
}

const unresolved = (state: StepState, look: (reference: Reference) => Json | undefined): Reference[] =>
  state.references.filter(
    (reference) => reference !== state.step.when && !('$item' in reference) && look(reference) === undefined,
  )

const schedule = (
  context: StrategyContext,
  plan: ActivePlan,
  state: StepState,
  values: { [key: string]: Json } | undefined,
): boolean => {
  const items = itemsOf(context.run, state, values)
  const { itemsMax } = context.team.bounds
  if (items !== undefined && items.length <= itemsMax) {
    context.step('step.scheduled', state.step.id, {
      plan: plan.version,
      redo: state.redo,
      items: items.length,
      ...(values === undefined ? {} : { state: values }),
    })
    return true
  }
  const reason =
    items === undefined
      ? `step "${state.step.id}": forEach leads to no array`
      : `step "${state.step.id}" has ${items.length} items, the bound itemsMax allows ${itemsMax}`
  context.record('plan.rejected', { version: plan.version, reasons: [reason], by: 'run' })
  return false
}

const startItems = (context: StrategyContext, plan: ActivePlan, state: StepState, items: Items): void => {
  const { step } = state
  let free = Math.min(context.slots, (step.concurrency ?? itemsAtOnce) - items.active)
  const start = (index: number) =>
    context.start(`${step.id}/${index}`, step.agent, {
      plan: plan.version,
      redo: items.redos.get(index) ?? state.redo,
      attempt: 1,
    })
  for (let i = 0; i < items.again.length && free > 0 && context.affordsStep(); i++, free--)
    start(items.again[i] ?? 0)
  for (let index = items.next; index < items.count && free > 0 && context.affordsStep(); index++, free--)
    start(index)
}
