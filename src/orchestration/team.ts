import { type AnyAgent, cardOf } from '../agent/define.ts'
import type { TeamServices } from '../agent/services.ts'
import { ConcordError } from '../domain/errors.ts'
import type { Goal } from '../domain/goal.ts'
import type { Json } from '../domain/json.ts'
import type { Step } from '../domain/plan.ts'
import type { RunStrategy } from '../domain/strategy.ts'
import type { Policy } from '../policy/decide.ts'
import { memoryReach } from '../policy/memory.ts'
import { policyProblem } from '../policy/policy-problem.ts'
import type { Schema } from '../ports/schema.ts'
import type { WakeOn } from '../runtime/wake-on.ts'
import { agentProblem, type MissingTool, misspelt, type Names } from './agent-problem.ts'
import { hierarchical } from './hierarchical.ts'
import { itemStrategy } from './item-strategy.ts'
import { asChecker, asPlanJudge } from './judges.ts'
import { lifecycle } from './lifecycle.ts'
import { modelPlanner } from './model-planner.ts'
import type { Strategy } from './strategy.ts'
import { type Bounds, defaultBounds, type TeamShape } from './team-shape.ts'
import { checkGoalOf, type PlanFunction, planOfTeam } from './typed-plan.ts'

/** Agents, how work finds them, and what they may do. */
export type TeamDefinition<Answer = unknown, Params = unknown> = {
  description?: string
  /**
   * What the team answers, as a schema: `result()` is typed by it, and an output that it refuses is
   * no success. Without async checks.
   */
  answer?: Schema<unknown, Answer>
  /** Agents that steps may name. */
  agents: readonly (AnyAgent | string)[]
  /**
   * How work finds agents. Default `hierarchical()`: planner, plan, checker. A word stands for it
   * in files.
   */
  strategy?: Strategy | 'hierarchical'
  /** Makes the plan: an agent, or the name of one. Default: a model planner; for a team of one agent, that agent does it all. */
  planner?: AnyAgent | string
  /**
   * Steps that are always the same for a goal, instead of a planner: a pure function, or with types
   * `plan(...)`.
   */
  plan?: PlanFunction<Answer, Params>
  /** Judges results against the goal: `{ met | valid, reasons, redo?, summary?, output? }`. */
  checker?: AnyAgent | string
  /** Judges an accepted plan: `{ feasible, reasons }`. */
  feasibility?: AnyAgent | string
  /**
   * The step whose result is the output; default that with `answer`, the check's output or summary,
   * the last step's result.
   */
  output?: string
  policy?: Policy
  /** Starts this team when state changes, a message comes or it is time. */
  wakeOn?: WakeOn | readonly WakeOn[]
  bounds?: Partial<Bounds>
}

const teamMembers: Names<TeamDefinition> = {
  description: true,
  answer: true,
  agents: true,
  strategy: true,
  planner: true,
  plan: true,
  checker: true,
  feasibility: true,
  output: true,
  policy: true,
  wakeOn: true,
  bounds: true,
}

/** Declares a team; returns the definition unchanged. */
export const team = <Answer = unknown, Params = unknown>(
  definition: TeamDefinition<Answer, Params>,
): TeamDefinition<Answer, Params> => definition

/** What a team answers, as far as its schema or its plan say. */
export type AnswerOf<Definition> =
  Definition extends TeamDefinition<infer Answer, unknown> ? (unknown extends Answer ? Json : Answer) : Json

export type Team = {
  name: string
  description: string
  services: TeamServices
  strategy: RunStrategy
  /** Of runs that execute items of its spread steps. */
  itemStrategy: RunStrategy
  shape: TeamShape
  /** Throws `input.invalid` for a goal that its plan cannot be made for. */
  checkGoal(goal: Goal): void
}

/** `at` is where in the definition; `details` tell the same in parts, for who knows the file. */
const invalid = (team: string, at: readonly string[], wrong: string, way: string): ConcordError => {
  const path = ['teams', team, ...at]
  const problem = `${wrong} (${path.join('.')})`
  return new ConcordError('config.invalid', `Cannot use team "${team}" as ${problem}; ${way}`, {
    details: { path, team, problem, way },
  })
}

/** The model an agent is sure to ask, where it has no price. */
export type UnpricedModel = (definition: AnyAgent) => string | undefined

/** The params that a team's plan needs; unknown where it does not say. */
export type ParamsOf<Definition> = Definition extends TeamDefinition<unknown, infer Params> ? Params : unknown

/** The strategy that a team names or brings. Throws `config.invalid`. */
const strategyOf = (team: string, given: unknown): Strategy => {
  if (given === undefined || given === 'hierarchical') return hierarchical()
  if (typeof given === 'object' && given !== null) {
    const { name, decide } = given as Partial<Strategy>
    if (typeof name === 'string' && name !== '' && typeof decide === 'function') return given as Strategy
    throw invalid(
      team,
      ['strategy'],
      'a strategy has a "name" and a function "decide"',
      'give both, or leave it out',
    )
  }
  throw invalid(
    team,
    ['strategy'],
    `the only strategy known by a name is "hierarchical", it is ${JSON.stringify(given)}`,
    'leave it out, set "hierarchical", or give a strategy object',
  )
}

/** A definition with its agents found and its strategy made. `known` are agents of the config, by name. Throws `config.invalid`. */
export const assembleTeam = (
  name: string,
  definition: TeamDefinition,
  known: ReadonlyMap<string, AnyAgent>,
  unpricedModel: UnpricedModel = () => undefined,
  missingTool: MissingTool = () => undefined,
): Team => {
  const agents = new Map<string, AnyAgent>()
  const find = (wanted: AnyAgent | string, at: readonly string[]): AnyAgent => {
    if (typeof wanted !== 'string') return wanted
    const found = agents.get(wanted) ?? known.get(wanted)
    if (found !== undefined) return found
    throw invalid(
      name,
      at,
      `agent "${wanted}" is not defined`,
      `known are: ${[...agents.keys(), ...known.keys()].join(', ') || 'none'}`,
    )
  }
  const add = (wanted: AnyAgent | string, ...at: string[]): string => register(find(wanted, at), at)
  /** Judges that also do steps stay as they are: their answers to those are no verdicts. */
  const addJudge = (wanted: AnyAgent | string, as: (judge: AnyAgent) => AnyAgent, at: string): string => {
    const found = find(wanted, [at])
    return register(agents.get(found.name) === found ? found : as(found), [at])
  }
  const register = (found: AnyAgent, at: readonly string[]): string => {
    const other = agents.get(found.name)
    if (other !== undefined && other !== found)
      throw invalid(name, at, `two different agents are called "${found.name}"`, 'rename one')
    agents.set(found.name, found)
    const problem = agentProblem(found, missingTool)
    if (problem !== undefined) throw invalid(name, [...at, ...problem.at], problem.wrong, problem.way)
    return found.name
  }
  const slip = misspelt('a team', definition, teamMembers)
  if (slip !== undefined) throw invalid(name, slip.at, slip.wrong, slip.way)
  if (definition.plan !== undefined && typeof definition.plan !== 'function')
    throw invalid(
      name,
      ['plan'],
      'its plan must be a function of the goal, or plan(...)',
      'write plan: (goal) => [...steps]',
    )
  const strategy = strategyOf(name, definition.strategy)
  if (!Array.isArray(definition.agents) || definition.agents.length === 0)
    throw invalid(name, [], 'it has no agents', 'list them under "agents"')
  for (const [i, wanted] of definition.agents.entries()) add(wanted, 'agents', String(i))
  const workers = new Map(agents)
  const sole = workers.size === 1 ? [...workers.keys()][0] : undefined
  const planner = definition.planner === undefined ? undefined : add(definition.planner, 'planner')
  const plan = definition.plan === undefined ? undefined : planOfTeam(definition.plan, workers)
  const made = plan ?? (planner === undefined && sole !== undefined ? soleStep(sole) : undefined)
  // A strategy that a team brings may do without a plan.
  const plannerOf = (): { planner?: string } => {
    if (planner !== undefined) return { planner }
    return strategy.name === 'hierarchical' ? { planner: add(modelPlanner) } : {}
  }
  const shape: TeamShape = {
    name,
    agents: new Map([...workers].map(([id, worker]) => [id, cardOf(worker)])),
    ...(made === undefined ? plannerOf() : { plan: made }),
    ...(definition.checker === undefined
      ? {}
      : { checker: addJudge(definition.checker, asChecker, 'checker') }),
    ...(definition.feasibility === undefined
      ? {}
      : { feasibility: addJudge(definition.feasibility, asPlanJudge, 'feasibility') }),
    ...(definition.output === undefined ? {} : { output: definition.output }),
    ...(definition.answer === undefined ? {} : { answer: definition.answer }),
    bounds: { ...defaultBounds, ...definition.bounds },
  }
  const unpriced = new Map<string, string>()
  for (const [id, known] of agents) {
    const model = unpricedModel(known)
    if (model !== undefined) unpriced.set(id, model)
  }
  if (unpriced.size > 0) shape.unpriced = unpriced
  const { policy } = definition
  const problem = policy === undefined ? undefined : policyProblem(policy)
  if (problem !== undefined) throw invalid(name, ['policy', ...problem.at], problem.wrong, problem.way)
  for (const [id, { policy: own }] of agents) {
    const wrong = own === undefined ? undefined : policyProblem(own)
    if (wrong !== undefined)
      throw invalid(name, ['agents', id, 'policy', ...wrong.at], wrong.wrong, wrong.way)
  }
  return {
    name,
    description: definition.description ?? '',
    services: {
      agents,
      cards: Object.freeze([...shape.agents.values()].map((card) => frozen(structuredClone(card)))),
      attemptsMax: shape.bounds.attemptsMax,
      ...(policy === undefined ? {} : { policy }),
    },
    strategy: lifecycle(strategy, shape, (run, namespace) =>
      memoryReach({ run: run.id, goal: run.goal }, { ...(policy === undefined ? {} : { policy }) }).check(
        namespace,
        'read',
      ),
    ),
    itemStrategy: itemStrategy(strategy.name, shape),
    shape,
    checkGoal: (goal) => checkGoalOf(definition.plan, goal),
  }
}

/** What every agent of the team is given must be changed by none. */
const frozen = <T>(value: T): T => {
  if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) frozen(part)
  return Object.freeze(value)
}

/** A team of one: a step without a payload gets the goal. */
const soleStep = (agent: string) => (): Step[] => [{ id: agent, agent }]
