import { createHash } from 'node:crypto'
import { kindOf } from '../agent/define.ts'
import type { TeamServices } from '../agent/services.ts'
import type { Goal } from '../domain/goal.ts'
import { isObject } from '../domain/reference.ts'
import type { Run, Work } from '../domain/run.ts'
import type { Team } from '../orchestration/team.ts'
import type { ConcordConfig } from './config.ts'
import { toolsOf } from './tools.ts'

/** What this process can do for runs that other code may have accepted. */
export type Abilities = {
  /** What it lacks of what a run needs now, as `agent "a" of team "t"`. */
  lacks(run: Run): string | undefined
  /** Of what a goal's team can do here: its agents with their inputs and tools, and what else its code may name. */
  digestOf(goal: Goal): string
  /** Whether the run was started where its team could do other things. */
  isForeign(run: Run): boolean
}

/** Agents that a run names and still needs. */
const neededAgents = function* ({ underWay, idle, works, plan, proposed, item }: Run): Iterable<string> {
  if (item !== undefined) yield item.step.agent
  for (const id of [...underWay, ...idle]) yield works.get(id)?.step.agent ?? ''
  if (plan === undefined) for (const step of proposed?.steps ?? []) yield step.agent
  else
    for (const { step, status } of plan.steps.values())
      if (status === 'pending' || status === 'ready' || status === 'running') yield step.agent
}

/** The tools a model asked for last and has no answer from. */
const pendingTools = ({ journal }: Work): Set<string> => {
  const pending = new Set<string>()
  for (const entry of journal?.values() ?? []) {
    if (entry.type === 'tool.answered') pending.delete(entry.data.tool)
    if (entry.type !== 'model.answered') continue
    pending.clear()
    const { answer } = entry.data
    const calls = isObject(answer) && Array.isArray(answer.toolCalls) ? answer.toolCalls : []
    for (const call of calls) if (isObject(call) && typeof call.tool === 'string') pending.add(call.tool)
  }
  return pending
}

const missingTool = (run: Run, { agents, cards }: TeamServices): string | undefined => {
  for (const id of [...run.underWay, ...run.idle]) {
    const work = run.works.get(id)
    const agent = work && agents.get(work.step.agent)
    if (agent === undefined || kindOf(agent) !== 'model') continue
    const has = cards.find(({ name }) => name === agent.name)?.tools ?? []
    for (const tool of pendingTools(work!))
      if (!has.includes(tool)) return `tool "${tool}" of agent "${agent.name}"`
  }
  return undefined
}

export const abilitiesOf = (config: ConcordConfig, teams: (name: string) => Team): Abilities => {
  const digests = new Map<string, string>()
  const find = (name: string): Team | undefined => {
    try {
      return teams(name)
    } catch {
      return undefined
    }
  }
  const digestOf = ({ team: name }: Goal): string => {
    const before = digests.get(name)
    if (before !== undefined) return before
    const { services, shape } = teams(name)
    const { planner, checker, feasibility } = shape
    const can = {
      agents: [...services.agents.keys()],
      cards: services.cards,
      leading: [planner, checker, feasibility],
      tools: toolsOf(config).map((tool) => tool.name),
      teams: Object.keys(config.teams ?? {}),
      models: Object.keys(config.models ?? {}),
    }
    const digest = createHash('sha256').update(JSON.stringify(can)).digest('base64url').slice(0, 16)
    digests.set(name, digest)
    return digest
  }
  const isForeign = (run: Run): boolean =>
    find(run.goal.team) === undefined || run.teamDigest !== digestOf(run.goal)
  return {
    digestOf,
    isForeign,
    lacks(run) {
      const { team: name } = run.goal
      const team = find(name)
      if (team === undefined) return `team "${name}"`
      if (run.strategy !== team.strategy.name) return `strategy "${run.strategy}" of team "${name}"`
      const { agents } = team.services
      for (const agent of neededAgents(run))
        if (!agents.has(agent))
          return `agent "${agent}" of team "${name}" (it has: ${[...agents.keys()].join(', ')})`
      return isForeign(run) ? missingTool(run, team.services) : undefined
    },
  }
}
