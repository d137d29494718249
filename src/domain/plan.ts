import { durationProblem } from './duration.ts'
import type { Json } from './json.ts'
import type { Condition, Reference } from './reference.ts'
import { isObject, isReference, referenceProblem, referencesIn } from './reference.ts'

/** One piece of work for one agent. */
export type Step = {
  id: string
  agent: string
  /** What the agent is called with; default the item of `forEach`, else the goal: `{ goal, ...params }`. */
  payload?: Json
  dependsOn?: string[]
  /** An array, or a reference to one: the step runs once an item, its items are `{step}/{index}`. */
  forEach?: Json[] | Reference
  /** Items under way at once; default 8. */
  concurrency?: number
  when?: Condition
  /** Its failure does not fail the plan. */
  optional?: boolean
  /** A person must approve before it runs. */
  requireApproval?: boolean
  timeoutMs?: number
  /** Executions at the most, the first included; default the agent's, or 3. */
  attemptsMax?: number
  /**
   * It, or each of its items, is executed as a child run by any process of the store that has the
   * team. The agent cannot tell. Pays when an execution takes longer than a few milliseconds.
   */
  spread?: boolean
  /**
   * Its output is the run's, unless the team names another step; null when it was skipped. At most
   * one step has it.
   */
  answer?: boolean
}

export type Plan = { version: number; steps: Step[] }

/** Who depends on whom, with the dependencies that references imply; steps in plan order. */
export type Graph = {
  dependencies: Map<string, string[]>
  dependents: Map<string, string[]>
  /** Of payload, forEach and when, one list a step. */
  references: Reference[][]
}

export const stepsMax = 10_000

/** Of steps and agents. `__proto__` is none: results are kept by it. */
export const idPattern = /^(?!__proto__$)[A-Za-z0-9_][A-Za-z0-9_.:-]{0,127}$/

const isCount = (value: unknown): boolean => typeof value === 'number' && Number.isInteger(value) && value > 0
const isDuration = (value: unknown): boolean => value !== 0 && durationProblem(value) === undefined
const isFlag = (value: unknown): boolean => typeof value === 'boolean'

/** Members that must be of a type: a word where a number or a flag belongs would set no limit, or the wrong one. */
const typed: [keyof Step, (value: unknown) => boolean, string][] = [
  ['concurrency', isCount, 'a whole number above 0'],
  ['attemptsMax', isCount, 'a whole number above 0'],
  ['timeoutMs', isDuration, 'a number of milliseconds above 0'],
  ['optional', isFlag, 'true or false'],
  ['requireApproval', isFlag, 'true or false'],
  ['spread', isFlag, 'true or false'],
  ['answer', isFlag, 'true or false'],
]

const stepProblems = (step: Json, i: number): string[] => {
  if (!isObject(step)) return [`step ${i} is not an object`]
  const problems: string[] = []
  if (typeof step.id !== 'string' || !idPattern.test(step.id))
    problems.push(
      `step ${i} has no usable "id" (letters, digits, . _ : -): ${JSON.stringify(step.id ?? null)}`,
    )
  if (typeof step.agent !== 'string') problems.push(`step ${i} names no "agent"`)
  const { dependsOn, forEach, when } = step
  if (
    dependsOn !== undefined &&
    !(Array.isArray(dependsOn) && dependsOn.every((id) => typeof id === 'string'))
  )
    problems.push(`step ${i}: "dependsOn" is not a list of step ids`)
  if (forEach !== undefined && !Array.isArray(forEach) && !isReference(forEach))
    problems.push(`step ${i}: "forEach" is neither an array nor a reference`)
  if (when !== undefined && !(isReference(when) && ('equals' in when || 'exists' in when)))
    problems.push(`step ${i}: "when" is not a reference with "equals" or "exists"`)
  else if (isObject(when) && 'exists' in when && !isFlag(when.exists))
    problems.push(`step ${i}: "exists" of "when" is not true or false: ${JSON.stringify(when.exists)}`)
  for (const [member, fits, what] of typed)
    if (step[member] !== undefined && !fits(step[member]))
      problems.push(`step ${i}: "${member}" is not ${what}: ${JSON.stringify(step[member])}`)
  for (const reference of referencesIn([step.payload ?? null, forEach ?? null, when ?? null])) {
    const problem = referenceProblem(reference)
    if (problem !== undefined) problems.push(`step ${i}: ${problem}`)
  }
  return problems
}

const isSteps = (list: unknown[], problems: string[]): list is Step[] => {
  list.forEach((step, i) => {
    problems.push(...stepProblems(step as Json, i))
  })
  const answering = list.filter((step) => isObject(step) && step.answer === true)
  if (answering.length > 1) problems.push(`${answering.length} steps have "answer": true; one may`)
  return problems.length === 0
}

/** The plain JSON of a planner as steps, or what is wrong with it. */
export const readPlan = (answer: Json): { steps: Step[] } | { problems: string[] } => {
  const list = isObject(answer) ? (answer.steps ?? answer.plan) : answer
  if (!Array.isArray(list)) return { problems: ['the plan has no "steps" array'] }
  const unread: unknown[] = list
  const problems: string[] = []
  return isSteps(unread, problems) ? { steps: unread } : { problems }
}

/** The references of payload, forEach and when. */
const stepReferences = (step: Step): Reference[] => {
  const references = referencesIn(step.payload)
  if (isReference(step.forEach)) references.push(step.forEach)
  else if (step.forEach !== undefined) referencesIn(step.forEach, references)
  if (step.when !== undefined) references.push(step.when)
  return references
}

const impliedBy = (reference: Reference): string | undefined => {
  if ('$step' in reference) return reference.$step
  return '$state' in reference && reference.$state.startsWith('step:')
    ? reference.$state.slice('step:'.length)
    : undefined
}

const dependenciesOf = (wanted: readonly string[], references: readonly Reference[]): string[] => {
  const all = [...wanted]
  for (const reference of references) {
    const id = impliedBy(reference)
    if (id !== undefined) all.push(id)
  }
  if (all.length < 2) return all
  if (all.length === 2) return all[0] === all[1] ? all.slice(1) : all
  return [...new Set(all)]
}

/**
 * If no step says `dependsOn`, steps run in the order listed; otherwise they are a DAG. A reference to a step's result is a
 * dependency on it, said or not.
 */
export const graphOf = (steps: Step[]): Graph => {
  if (latest?.steps !== steps) latest = { steps, graph: makeGraph(steps) }
  return latest.graph
}

/**
 * A plan is accepted right after it was judged: its graph is made once. Steps are never changed after they were proposed. Not a WeakMap of all plans:
 * what hangs on one outlives the collections of young garbage.
 */
let latest: { steps: Step[]; graph: Graph } | undefined

const makeGraph = (steps: Step[]): Graph => {
  const sequential = steps.every((step) => step.dependsOn === undefined)
  const dependencies = new Map<string, string[]>()
  const dependents = new Map<string, string[]>()
  for (const { id } of steps) dependents.set(id, [])
  const references = steps.map(stepReferences)
  let previous: string | undefined
  steps.forEach((step, i) => {
    const before = previous === undefined ? [] : [previous]
    const all = dependenciesOf(sequential ? before : (step.dependsOn ?? []), references[i] ?? [])
    dependencies.set(step.id, all)
    for (const id of all) dependents.get(id)?.push(step.id)
    previous = step.id
  })
  return { dependencies, dependents, references }
}

/** The ids of one cycle in order, or undefined. Iterative: a plan may be deep. */
export const cycleIn = ({ dependencies, dependents }: Graph): string[] | undefined => {
  const open = new Map<string, number>()
  const ready: string[] = []
  dependencies.forEach((list, id) => {
    let count = 0
    for (const wanted of list) if (dependencies.has(wanted)) count++
    open.set(id, count)
    if (count === 0) ready.push(id)
  })
  for (let id = ready.pop(); id !== undefined; id = ready.pop()) {
    open.delete(id)
    for (const next of dependents.get(id) ?? []) {
      const left = (open.get(next) ?? 0) - 1
      open.set(next, left)
      if (left === 0) ready.push(next)
    }
  }
  const start = open.keys().next().value
  if (start === undefined) return undefined
  const path: string[] = []
  let at = start
  while (!path.includes(at)) {
    path.push(at)
    at = (dependencies.get(at) ?? []).find((id) => open.has(id)) ?? start
  }
  return [...path.slice(path.indexOf(at)), at]
}
