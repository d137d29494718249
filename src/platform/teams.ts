import { type AnyAgent, agent, kindOf } from '../agent/define.ts'
import { ConcordError } from '../domain/errors.ts'
import { nearest } from '../domain/nearest.ts'
import type { MissingTool } from '../orchestration/agent-problem.ts'
import { assembleTeam, type Team, type TeamDefinition, type UnpricedModel } from '../orchestration/team.ts'
import { isModel, modelId } from '../ports/model.ts'
import { learnTeam, learnTeamName } from '../teams/learn.ts'
import { builtInToolNames, settingOfTool } from '../tools/names.ts'
import { builtInTeams } from './built-in.ts'
import type { ConcordConfig } from './config.ts'
import { toolsOf } from './tools.ts'
import { teamOfAgent, teamOfMember } from './watchers.ts'

export const teamNames = (config: ConcordConfig): string[] => [
  ...new Set([...Object.keys(config.teams ?? {}), ...Object.keys(builtInTeams)]),
]

const standardTeam = 'research'

/**
 * The team of a goal that names none: the config's `team`, the only one that it defines, or research where it defines none.
 * Throws `input.invalid` when it defines several and none is the default.
 */
export const defaultTeam = ({ team, teams = {} }: ConcordConfig): string => {
  const [only = standardTeam, ...others] = Object.keys(teams)
  if (team !== undefined || others.length === 0) return team ?? only
  throw new ConcordError(
    'input.invalid',
    `Cannot tell which team works on the goal because the config defines several and no default: ${Object.keys(teams).join(', ')}; name one with the goal, or set "team" in the config`,
    { details: { teams: Object.keys(teams) } },
  )
}

/** Teams by name, assembled on first use; those of the config at once, so that a mistake shows at the start. */
export const teamsOf = (config: ConcordConfig): ((name: string) => Team) => {
  const known = new Map<string, AnyAgent>()
  for (const [name, given] of Object.entries(config.agents ?? {}))
    known.set(name, 'name' in given ? given : agent({ ...given, name }))
  const assembled = new Map<string, Team>()
  const find = (name: string): Team => {
    const before = assembled.get(name)
    if (before !== undefined) return before
    const definition: TeamDefinition | undefined =
      own(config.teams, name) ??
      own(builtInTeams, name)?.(config) ??
      learnTeamOf(config, name) ??
      teamOfAgent(config, name)
    if (definition === undefined)
      throw new ConcordError(
        'team.unknown',
        `Cannot find team "${name}" as these are defined: ${teamNames(config).join(', ')}; add it to "teams" in concord.config.ts`,
      )
    const team = assembleTeam(name, definition, known, unpricedModelOf(config), missingToolOf(config))
    const memberOf = own(config.teams, name) === undefined ? teamOfMember(name) : undefined
    if (memberOf !== undefined) team.services.memberOf = memberOf
    const { access } = config.memory ?? {}
    if (access !== undefined) {
      const { policy = {} } = team.services
      team.services.policy = { ...policy, memory: { ...access, ...policy.memory } }
    }
    assembled.set(name, team)
    return team
  }
  for (const name of Object.keys(config.teams ?? {})) find(name)
  if (config.team !== undefined) find(config.team)
  return find
}

const learnTeamOf = ({ memory }: ConcordConfig, name: string): TeamDefinition | undefined =>
  name === learnTeamName && memory?.learnWith !== undefined ? learnTeam(memory.learnWith) : undefined

const missingToolOf = (config: ConcordConfig): MissingTool => {
  const { toolSettings } = config
  const known = new Set([...toolsOf(config).map((tool) => tool.name), ...builtInToolNames(toolSettings)])
  return (name) => {
    if (known.has(name)) return undefined
    const wrong = `tool "${name}", which does not exist`
    const setting = own(settingOfTool, name)
    const meant = nearest(name, [...known, ...Object.keys(settingOfTool)])
    const hint = meant === undefined ? `known are: ${[...known].join(', ')}` : `did you mean "${meant}"?`
    return setting === undefined
      ? { wrong, way: hint }
      : { wrong: `tool "${name}", which is not set up`, way: setting }
  }
}

/** Only of agents that are models: code may never ask one. */
const unpricedModelOf =
  ({ model: standard, models, prices }: ConcordConfig): UnpricedModel =>
  (definition) => {
    if (kindOf(definition) !== 'model') return undefined
    const { model: named } = definition
    const found = typeof named === 'string' ? (own(models, named) ?? named) : (named ?? standard)
    if (isModel(found)) return found.price === undefined ? found.id : undefined
    const wanted = typeof found === 'object' ? modelId(found) : found
    return wanted === undefined || own(prices, wanted) !== undefined ? undefined : wanted
  }

const own = <T>(table: { readonly [name: string]: T } | undefined, name: string): T | undefined =>
  table !== undefined && Object.hasOwn(table, name) ? table[name] : undefined
