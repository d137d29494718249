import { ConcordError } from '../domain/errors.ts'
import type { Goal } from '../domain/goal.ts'
import { nearest } from '../domain/nearest.ts'
import { isObject } from '../domain/reference.ts'
import type { Names } from '../orchestration/agent-problem.ts'
import type { Member } from '../ports/membership.ts'
import type { OpenOptions } from './concord-types.ts'
import { configProblems } from './config-shape.ts'

const optionNames: Names<OpenOptions> = {
  config: true,
  env: true,
  role: true,
  keep: true,
  url: true,
  clock: true,
  random: true,
  transport: true,
  memoryOf: true,
}

const goalNames: Names<Goal> = {
  text: true,
  team: true,
  params: true,
  criteria: true,
  budget: true,
  thread: true,
  subject: true,
  tags: true,
}

const roles: Names<{ [role in Member['role']]: true }> = { runner: true, server: true }

const unknownMember = (whose: string, name: string, known: object): string => {
  const meant = nearest(name, Object.keys(known))
  const hint =
    meant === undefined ? `known are: ${Object.keys(known).join(', ')}` : `did you mean "${meant}"?`
  return `${whose} has no "${name}"; ${hint}`
}

/**
 * Node runs TypeScript unchecked: what the compiler would refuse of the options is refused here.
 * Throws `config.invalid`.
 */
export const checkOptions = (options: OpenOptions): void => {
  // Teams and agents are looked at where they are assembled; code may keep members of its own on
  // them.
  const { teams, agents: _agents, ...rest } = options.config ?? {}
  const problems = configProblems(rest).map(({ problem }) => problem)
  if (teams !== undefined && !isObject(teams))
    problems.push('"teams" must be an object: { name: team({ ... }) }')
  for (const name of Object.keys(options))
    if (!Object.hasOwn(optionNames, name))
      problems.push(
        configProblems({ [name]: undefined }).length === 0
          ? `"${name}" belongs in the config: openConcord({ config: { ${name} } })`
          : unknownMember('openConcord', name, optionNames),
      )
  if (options.role !== undefined && !Object.hasOwn(roles, options.role))
    problems.push(unknownMember('"role"', String(options.role), roles))
  if (problems.length === 0) return
  throw new ConcordError(
    'config.invalid',
    `Cannot open Concord as what it is given is not what it expects: ${problems.join('; ')}; correct ${problems.length === 1 ? 'it' : 'them'}`,
    { details: { problems } },
  )
}

/** Refuses a goal that the compiler would refuse. Throws `input.invalid`. */
export const checkGoalGiven = (goal: unknown): void => {
  if (!isObject(goal) || typeof goal.text !== 'string') {
    const now = isObject(goal) ? `"text" is ${JSON.stringify(goal.text) ?? 'missing'}` : JSON.stringify(goal)
    throw new ConcordError(
      'input.invalid',
      `Cannot start a run as a goal is a text, or an object with a text: ${now ?? 'no goal is given'}; write what is wanted`,
    )
  }
  for (const name of Object.keys(goal))
    if (!Object.hasOwn(goalNames, name))
      throw new ConcordError(
        'input.invalid',
        `Cannot start a run as its goal must be understood as a whole: ${unknownMember('a goal', name, goalNames)}; correct it, or put what is yours under "params"`,
      )
}
