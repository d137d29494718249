import { type AnyAgent, kindOf, mixedKinds } from '../agent/define.ts'
import { untellable } from '../agent/told-schema.ts'
import { toolsIn } from '../agent/tools-of.ts'
import { durationProblem } from '../domain/duration.ts'
import { toFailure } from '../domain/errors.ts'
import { nearest } from '../domain/nearest.ts'
import { idPattern } from '../domain/plan.ts'

/** What is wrong with a definition: where in it, and the way out. */
export type Problem = { at: readonly string[]; wrong: string; way: string }

/** What is wrong with the name of a tool, and the way out. */
export type MissingTool = (tool: string) => { wrong: string; way: string } | undefined

/** All the names of a type: one that is added there and not here does not compile. */
export type Names<T> = { [name in keyof Required<T>]: true }

const agentMembers: Names<AnyAgent> = {
  name: true,
  description: true,
  role: true,
  input: true,
  output: true,
  timeoutMs: true,
  attemptsMax: true,
  wakeOn: true,
  check: true,
  model: true,
  tools: true,
  policy: true,
  requiredTools: true,
  evidence: true,
  bounds: true,
  temperature: true,
  outputTokensMax: true,
  condenseWith: true,
  instructions: true,
  run: true,
  reason: true,
  url: true,
  token: true,
  team: true,
}

/**
 * A member that is nearly one of these and does nothing as it is written. Definitions may have
 * members of their own, whose names are not near.
 */
export const misspelt = (whose: string, given: object, known: object): Problem | undefined => {
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(known, name) || name.length < 3) continue
    const meant = nearest(name, Object.keys(known))
    // A plural is another word: `inputs` that code collects beside its `input`.
    if (meant !== undefined && name !== `${meant}s` && !Object.hasOwn(given, meant))
      return { at: [name], wrong: `${whose} has no member "${name}"`, way: `did you mean "${meant}"?` }
  }
  return undefined
}

/** The first thing that is wrong with an agent of a team. */
export const agentProblem = (agent: AnyAgent, missingTool: MissingTool): Problem | undefined =>
  nameProblem(agent) ??
  kindProblem(agent) ??
  misspelt(`agent "${agent.name}"`, agent, agentMembers) ??
  toolsProblem(agent, missingTool) ??
  timesProblem(agent) ??
  untoldIn(agent)

const nameProblem = ({ name }: AnyAgent): Problem | undefined => {
  // `$` begins names of agents that are made here.
  if (typeof name === 'string' && idPattern.test(name.replace(/^\$/, ''))) return undefined
  return {
    at: ['name'],
    wrong: `an agent is called ${JSON.stringify(name) ?? 'nothing'}`,
    way: 'name it with at most 128 letters, digits, _ and -',
  }
}

const kindProblem = (agent: AnyAgent): Problem | undefined => {
  const mixed = mixedKinds(agent)
  if (mixed === undefined) return undefined
  return {
    at: [],
    wrong: `agent "${agent.name}" has ${mixed}, which are different kinds of agents`,
    way: 'keep one: code ("run" or "reason"), a model ("instructions"), another process ("url") or a team ("team")',
  }
}

const toolsProblem = (agent: AnyAgent, missingTool: MissingTool): Problem | undefined => {
  try {
    for (const [i, tool] of toolsIn(agent.tools).entries()) {
      const missing = typeof tool === 'string' ? missingTool(tool) : undefined
      if (missing !== undefined)
        return {
          at: ['tools', String(i)],
          wrong: `agent "${agent.name}" names ${missing.wrong}`,
          way: missing.way,
        }
    }
    return undefined
  } catch (error) {
    const { problem, way } = toFailure(error).details ?? {}
    return { at: ['tools'], wrong: `agent "${agent.name}": ${problem}`, way: String(way) }
  }
}

/** A time-out that is no time would end every call at once, or none. */
const timesProblem = (agent: AnyAgent): Problem | undefined => {
  const problemOf = (at: string[], what: string, ms: unknown): Problem | undefined => {
    const problem = ms === undefined ? undefined : ms === 0 ? 'a time-out is above 0: 0' : durationProblem(ms)
    if (problem === undefined) return undefined
    return { at, wrong: `${what}: ${problem}`, way: 'give milliseconds as a number' }
  }
  const own = problemOf(['timeoutMs'], `timeoutMs of agent "${agent.name}"`, agent.timeoutMs)
  if (own !== undefined) return own
  for (const tool of toolsIn(agent.tools)) {
    if (typeof tool === 'string') continue
    const what = `timeoutMs of agent "${agent.name}"'s tool "${tool.name}"`
    const problem = problemOf(['tools', tool.name, 'timeoutMs'], what, tool.timeoutMs)
    if (problem !== undefined) return problem
  }
  return undefined
}

/** What a model agent would have to be told and cannot: its answer's schema, or one of its tools'. */
const untoldIn = (agent: AnyAgent): Problem | undefined => {
  if (kindOf(agent) !== 'model') return undefined
  const answer = untellable(agent.output)
  if (answer !== undefined)
    return { at: ['output'], wrong: `agent "${agent.name}": ${answer.wrong}`, way: answer.way }
  for (const tool of toolsIn(agent.tools)) {
    const input = typeof tool === 'string' ? undefined : untellable(tool.input)
    if (typeof tool !== 'string' && input !== undefined)
      return {
        at: ['tools', tool.name, 'input'],
        wrong: `agent "${agent.name}": tool "${tool.name}": ${input.wrong}`,
        way: input.way,
      }
  }
  return undefined
}
