import type { AnyAgent } from '../agent/define.ts'
import type { Accepted, Kept, TypedAgent } from '../agent/typed-agent.ts'
import { ConcordError } from '../domain/errors.ts'
import type { Goal } from '../domain/goal.ts'
import type { Json, JsonObject } from '../domain/json.ts'
import type { Step } from '../domain/plan.ts'
import type { Condition, Reference } from '../domain/reference.ts'
import type { Key } from '../memory/state.ts'
import { type Schema, validateAtOnce } from '../ports/schema.ts'
import { type Given, plainOf, type Ref, type RefTo, referenceOf, typedReference } from './typed-reference.ts'

/** A step of a plan that is being written; `output` is what later steps may be given of it. */
export type StepHandle<Output> = { readonly id: string; readonly output: Ref<Output> }

/** How a step is executed; the members mean what those of `Step` do. */
export type StepSettings = Pick<
  Step,
  'optional' | 'requireApproval' | 'timeoutMs' | 'attemptsMax' | 'spread'
> & {
  /**
   * The step is skipped, and its output null, when this does not hold: `equals(...)` or
   * `exists(...)`.
   */
  when?: Condition
}

export type EachSettings = StepSettings & Pick<Step, 'concurrency'>

/** Null where a setting is given that may leave a step without an output. */
type NullBy<Setting extends PropertyKey, Settings> = Setting extends keyof Settings
  ? Settings[Setting] extends false | undefined
    ? never
    : null
  : never
type Skipped<Settings> = NullBy<'when' | 'optional', Settings>
type Failed<Settings> = NullBy<'optional', Settings>
type Unmet<Settings> = NullBy<'when', Settings>

/** What a step without an input is given: the goal's text and its params. */
type GoalInput = { goal: string }
type InputAndSettings<Accepts, Settings> = GoalInput extends Accepts
  ? [input?: Given<Accepts>, settings?: Settings]
  : [input: Given<Accepts>, settings?: Settings]

type ItemOf<Item> = Item extends RefTo<infer Value> ? Value : Item

type NoSettings = Record<never, never>

/**
 * What a plan is written with. Steps run in the order in which they are written, those of
 * `parallel` at once.
 */
export type PlanWriter<Params> = {
  goal: Goal
  /** The goal's params, as the plan's schema leaves them: values, not references. */
  params: Params
  /**
   * Adds a step: its agent is called with the input, which may hold references to outputs of
   * earlier steps.
   */
  step<Takes, Input, Output, const Settings extends StepSettings = NoSettings>(
    id: string,
    agent: TypedAgent<Takes, Input, Output>,
    ...given: InputAndSettings<NoInfer<Accepted<Takes, Input>>, Settings>
  ): StepHandle<Kept<Output> | Skipped<Settings>>
  /**
   * Adds a step that runs once per item; its output is the list of its items' outputs, in order.
   */
  forEach<Takes, Input, Output, Item, const Settings extends EachSettings = NoSettings>(
    id: string,
    agent: TypedAgent<Takes, Input, Output>,
    items: RefTo<readonly Item[] | null>,
    input: (item: Ref<Item>) => Given<NoInfer<Accepted<Takes, Input>>>,
    settings?: Settings,
  ): StepHandle<(Kept<Output> | Failed<Settings>)[] | Unmet<Settings>>
  forEach<Takes, Input, Output, Item, const Settings extends EachSettings = NoSettings>(
    id: string,
    agent: TypedAgent<Takes, Input, Output>,
    items: readonly Item[],
    input: (item: Ref<ItemOf<Item>>) => Given<NoInfer<Accepted<Takes, Input>>>,
    settings?: Settings,
  ): StepHandle<(Kept<Output> | Failed<Settings>)[] | Unmet<Settings>>
  /**
   * Runs branches at the same time, each its own steps in order; what is written next waits for all
   * of them.
   */
  parallel<Results extends unknown[]>(...branches: { [K in keyof Results]: () => Results[K] }): Results
  /** A value of the run's shared state, as it is when the step begins. */
  state<T = Json>(key: string | Key<T>): Ref<T>
  /** For `when`: whether the value is this one. */
  equals<T>(reference: RefTo<T> | undefined, value: NoInfer<T>): Condition
  /** For `when`: whether there is a value; null is one. */
  exists(reference: RefTo<unknown> | undefined): Condition
  /**
   * Relies on a value that may be absent: a run in which it is absent rejects the plan, with the
   * reason.
   */
  present<T>(reference: RefTo<T> | undefined): Ref<Exclude<T, undefined>>
}

declare const answer: unique symbol
declare const takes: unique symbol

/**
 * The steps of a goal, with the types of the answer that they give and of the params that they
 * need.
 */
export type PlanFunction<Answer = unknown, Params = unknown> = ((goal: Goal) => Step[]) & {
  readonly [answer]?: Answer
  readonly [takes]?: Params
}

type Written = {
  steps(goal: Goal, agents?: ReadonlyMap<string, AnyAgent>): Step[]
  /** Throws `input.invalid` for a goal that cannot be planned for. */
  checkGoal(goal: Goal): void
}

const written = new WeakMap<PlanFunction, Written>()

/** A plan of a team: what was written with `plan()` may use the team's own agents only. */
export const planOfTeam = (
  plan: PlanFunction,
  agents: ReadonlyMap<string, AnyAgent>,
): ((goal: Goal) => Step[]) => {
  const own = written.get(plan)
  return own === undefined ? plan : (goal) => own.steps(goal, agents)
}

/**
 * Throws `input.invalid` for a goal whose params are not those of a plan that was written with
 * `plan()`.
 */
export const checkGoalOf = (plan: PlanFunction | undefined, goal: Goal): void => {
  if (plan !== undefined) written.get(plan)?.checkGoal(goal)
}

const refuse = (what: string, rule: string, way: string): never => {
  throw new ConcordError('config.invalid', `Cannot ${what} as ${rule}; ${way}`)
}

const referenceGiven = (what: string, given: unknown): Reference =>
  referenceOf(given) ??
  refuse(`use ${what}`, 'it must be a reference', "give a step's output or a part of it")

/** Collects steps. `after` are those which the next one waits for. */
class Draft {
  readonly steps: Step[] = []
  readonly #agents: ReadonlyMap<string, AnyAgent> | undefined
  #after: string[] = []
  #isDone = false

  constructor(agents: ReadonlyMap<string, AnyAgent> | undefined) {
    this.#agents = agents
  }

  add<Output>(id: string, agent: { name: string }, step: Omit<Step, 'id' | 'agent'>): StepHandle<Output> {
    if (this.#isDone)
      refuse(`add step "${id}"`, 'the plan is made', 'add steps before the function of plan() returns')
    const known = this.#agents?.get(agent.name)
    if (this.#agents !== undefined && known !== agent)
      refuse(
        `add step "${id}"`,
        known === undefined
          ? `agent "${agent.name}" is not in the team: ${[...this.#agents.keys()].join(', ')}`
          : `the team has another agent called "${agent.name}"`,
        'list the same agent under "agents" of the team',
      )
    this.steps.push({ id, agent: agent.name, ...step, dependsOn: this.#after })
    this.#after = [id]
    return { id, output: typedReference({ $step: id }) }
  }

  parallel(branches: readonly (() => unknown)[]): unknown[] {
    const before = this.#after
    const ends = new Set<string>()
    const results = branches.map((branch) => {
      this.#after = before
      const result = branch()
      for (const id of this.#after) ends.add(id)
      return result
    })
    if (branches.length > 0) this.#after = [...ends]
    return results
  }

  end(): Step[] {
    this.#isDone = true
    return this.steps
  }
}

const settingsOf = ({ when, ...settings }: EachSettings = {}): Omit<Step, 'id' | 'agent'> =>
  when === undefined ? settings : { ...settings, when }

const writerFor = <Params>(goal: Goal, params: Params, draft: Draft): PlanWriter<Params> => ({
  goal,
  params,
  step(id, agent, ...given) {
    const [input, settings] = given as [unknown?, StepSettings?]
    const payload = input === undefined ? {} : { payload: plainOf(input) }
    return draft.add(id, agent, { ...payload, ...settingsOf(settings) })
  },
  forEach: <Item, Output>(
    id: string,
    agent: { name: string },
    items: unknown,
    input: (item: Ref<Item>) => unknown,
    settings?: EachSettings,
  ) =>
    draft.add<Output>(id, agent, {
      forEach: plainOf(items) as Step['forEach'],
      payload: plainOf(input(typedReference({ $item: '' }))),
      ...settingsOf(settings),
    }),
  parallel: <Results extends unknown[]>(...branches: (() => unknown)[]) =>
    draft.parallel(branches) as Results,
  state: (key) => typedReference({ $state: typeof key === 'string' ? key : key.name }),
  equals: (reference, value) => ({ ...referenceGiven('equals()', reference), equals: plainOf(value) }),
  exists: (reference) => ({ ...referenceGiven('exists()', reference), exists: true }),
  present: (reference) => typedReference(referenceGiven('present()', reference)),
})

const isHandle = (result: unknown): result is StepHandle<unknown> =>
  typeof result === 'object' && result !== null && 'id' in result && 'output' in result

const paramsOf = <Params>(goal: Goal, schema: Schema<unknown, Params> | undefined): Params => {
  const given: unknown = goal.params ?? {}
  if (schema === undefined) return given as Params
  const judged = validateAtOnce(schema, given)
  if (judged.ok) return judged.value
  throw new ConcordError(
    'input.invalid',
    `Cannot plan for the goal as its params do not fit: ${judged.problems.join('; ')}; correct the params`,
    { details: { team: goal.team, problems: judged.problems } },
  )
}

// biome-ignore lint/suspicious/noConfusingVoidType: a function without a return has this type and no other.
type Writing<Params, Answer> = (writer: PlanWriter<Params>) => StepHandle<Answer> | void

type PlanOptions<Params> = {
  /** What the goal's params must be. Checked when the plan is made. */
  params?: Schema<unknown, Params>
}

/**
 * Writes the steps of a team with types: an agent's input is checked against what its step is
 * given, and outputs of earlier steps are passed on as references. The step that the function
 * returns gives the team's answer. The function must be pure, as it may be called again for the
 * same goal. What it makes is an ordinary plan.
 */
export function plan<Answer = Json>(write: Writing<JsonObject, Answer>): PlanFunction<Answer>
export function plan<Params, Answer = Json, Takes = Params>(
  options: { params: Schema<Takes, Params> },
  write: Writing<Params, Answer>,
): PlanFunction<Answer, Takes>
export function plan<Params>(
  first: PlanOptions<Params> | ((writer: PlanWriter<Params>) => unknown),
  second?: (writer: PlanWriter<Params>) => unknown,
): PlanFunction {
  const write = typeof first === 'function' ? first : second
  const { params }: PlanOptions<Params> = typeof first === 'function' ? {} : first
  if (write === undefined)
    return refuse(
      'write a plan',
      'it needs a function',
      'call plan(({ step }) => ...) or plan({ params }, ...)',
    )
  const stepsOf: Written['steps'] = (goal, agents) => {
    const draft = new Draft(agents)
    const result = write(writerFor(goal, paramsOf(goal, params), draft))
    const steps = draft.end()
    if (result === undefined) return steps
    if (isHandle(result) && steps.some(({ id }) => id === result.id))
      return steps.map((step) => (step.id === result.id ? { ...step, answer: true } : step))
    return refuse(
      'write a plan',
      `its function must return one of its steps, or nothing: ${result instanceof Promise ? 'a promise' : typeof result}`,
      'return what step(...) returned, from a function that is not async',
    )
  }
  const planned: PlanFunction = (goal) => stepsOf(goal)
  written.set(planned, { steps: stepsOf, checkGoal: (goal) => void paramsOf(goal, params) })
  return planned
}
