import { asJson, type Json } from './json.ts'
import { atPointer, isObject, type Lookup, type Reference, resolveReferences } from './reference.ts'
import type { Run, StepState, Work } from './run.ts'

type Known = { [key: string]: Json } | undefined

/**
 * Values of references within a run: results of steps (null when the step was skipped), state read beforehand, the item.
 * State keys `step:{id}` are the run's own results.
 */
export const lookupIn =
  (run: Run, known: Known, item?: Json): Lookup =>
  (reference: Reference) => {
    if ('$item' in reference) return atPointer(item, reference.$item)
    const id =
      '$step' in reference
        ? reference.$step
        : reference.$state.startsWith('step:')
          ? reference.$state.slice(5)
          : undefined
    if (id === undefined)
      return '$state' in reference ? atPointer(knownAt(known, reference.$state), reference.path) : undefined
    const state = run.plan?.steps.get(id)
    const task = state === undefined ? run.works.get(id) : undefined
    if (task?.status === 'succeeded')
      return atPointer(task.output, 'path' in reference ? reference.path : undefined)
    if (state?.status === 'skipped') return null
    return state?.status === 'succeeded'
      ? atPointer(state.output, 'path' in reference ? reference.path : undefined)
      : undefined
  }

/** Own members only: what every object has is no state key. */
const knownAt = (known: Known, key: string): Json | undefined =>
  known !== undefined && Object.hasOwn(known, key) ? known[key] : undefined

/** The items of a fan-out; those of a written list with their references as they stand, undefined when the reference leads to no array. */
export const itemsOf = (run: Run, state: StepState, known: Known): Json[] | undefined => {
  const { forEach } = state.step
  if (forEach === undefined) return undefined
  if (Array.isArray(forEach)) return forEach
  const found = lookupIn(run, known)(forEach)
  if (found === null) return []
  return Array.isArray(found) ? found : undefined
}

const itemOf = (run: Run, state: StepState, known: Known, index: number): Json | undefined => {
  const item = itemsOf(run, state, known)?.[index]
  const written = Array.isArray(state.step.forEach) && state.references.length > 0
  return written && item !== undefined ? resolveReferences(item, lookupIn(run, known)) : item
}

const withFeedback = (payload: Json, feedback: string | undefined): Json => {
  if (feedback === undefined) return payload
  return isObject(payload) ? { ...payload, feedback } : { payload, feedback }
}

const planInput = (run: Run): Json => {
  const { text, params = {}, criteria } = run.goal
  const input: { [key: string]: Json } = { goal: text, params }
  if (criteria !== undefined) input.criteria = criteria
  if (run.recalled !== undefined) Object.assign(input, asJson(run.recalled))
  const past = run.past.at(-1)
  if (past !== undefined)
    input.previous = { plan: { steps: asJson(past.steps) }, results: past.results, reasons: past.reasons }
  return input
}

const checkInput = (run: Run): Json => ({
  goal: run.goal.text,
  ...(run.goal.criteria === undefined ? {} : { criteria: run.goal.criteria }),
  results: (run.plan?.order ?? []).map((step) => run.plan?.steps.get(step.id)?.output ?? null),
  steps: (run.plan?.order ?? []).map((step) => step.id),
})

/** The payload of a task outside the plan; the goal and its params where it has none. */
const taskInput = (run: Run, { step, state }: Work): Json =>
  step.payload === undefined
    ? { goal: run.goal.text, ...run.goal.params }
    : resolveReferences(step.payload, lookupIn(run, state))

/** What an agent is called with: the payload with its references replaced; the contract's shapes for planner and checker. */
export const inputOf = (run: Run, work: Work): Json => {
  if (run.item?.id === work.id) return run.item.input
  if (work.id === '$plan') return planInput(run)
  if (work.id === '$feasible')
    return { ...(planInput(run) as object), plan: { steps: asJson(run.proposed?.steps) } }
  if (work.id === '$check') return checkInput(run)
  const state = run.plan?.steps.get(work.step.id)
  const payload = work.step.payload
  if (state === undefined) return taskInput(run, work)
  const known = { ...state.items?.state, ...work.state }
  const item = work.index === undefined ? undefined : itemOf(run, state, known, work.index)
  if (payload === undefined)
    return withFeedback(item ?? { goal: run.goal.text, ...run.goal.params }, work.feedback)
  if (state.references.length === 0) return withFeedback(payload, work.feedback)
  return withFeedback(resolveReferences(payload, lookupIn(run, known, item)), work.feedback)
}

/** What a step would be called with if it were started now; of a fan-out its items with the payload each is given. */
export const inputToApprove = (run: Run, state: StepState, plan: number, known: Known): Json => {
  const { step, redo, feedback } = state
  if (step.forEach === undefined) {
    const work = { id: step.id, step, plan, redo, attempt: 1, status: 'waiting', startedAt: 0, losses: 0 }
    return inputOf(run, { ...work, state: known, feedback } as Work)
  }
  const look = lookupIn(run, known)
  // Each item gets its own part of the payload: that stays to be seen as it is written.
  const shown: Lookup = (reference) => ('$item' in reference ? asJson(reference) : look(reference))
  return {
    forEach: resolveReferences(itemsOf(run, state, known) ?? null, shown),
    ...(step.payload === undefined ? {} : { payload: resolveReferences(step.payload, shown) }),
  }
}
