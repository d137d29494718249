import type { AnyAgent } from '../agent/define.ts'
import { ConcordError } from '../domain/errors.ts'
import type { TeamDefinition } from '../orchestration/team.ts'
import { sourceOf, type WakeOn, wakeProblem } from '../runtime/wake-on.ts'
import { startWatcher, type Watcher } from '../runtime/watcher.ts'
import type { Wake, WatcherPorts } from '../runtime/watching.ts'
import type { ConcordConfig } from './config.ts'

/** What wakes agents and teams of this config, served while it is started. */
export type Watchers = {
  /** Resolves when nothing that changes from now on will be missed. Served by each process that calls it; a batch is woken for once by all together. */
  start(): Promise<void>
  stop(): Promise<void>
  /** Who is woken by what. */
  list(): readonly Wake[]
}

const listOf = (given: WakeOn | readonly WakeOn[] | undefined): readonly WakeOn[] =>
  given === undefined ? [] : 'length' in given ? given : [given]

/** The team that is one agent of another team, or of the config: what wakes an agent starts this. */
export const agentTeam = (agent: string, team?: string): string =>
  team === undefined ? `agent:${agent}` : `${team}:${agent}`

/** The team of the config that such a team is a part of. */
export const teamOfMember = (name: string): string | undefined => {
  const team = name.slice(0, Math.max(0, name.indexOf(':')))
  return team === '' || team === 'agent' ? undefined : team
}

const isAgent = (given: AnyAgent | string): given is AnyAgent => typeof given !== 'string'

/** Every wake of a config. Throws `config.invalid`. */
export const wakesOf = (config: ConcordConfig): Wake[] => {
  const wakes: Wake[] = []
  const add = (team: string, given: WakeOn | readonly WakeOn[] | undefined) => {
    for (const on of listOf(given)) {
      const problem = wakeProblem(on)
      if (problem !== undefined)
        throw new ConcordError('config.invalid', `Cannot wake "${team}" as ${problem}; correct its wakeOn`)
      if (wakes.some((wake) => wake.team === team && sourceOf(wake.on) === sourceOf(on)))
        throw new ConcordError(
          'config.invalid',
          `Cannot wake "${team}" twice by ${sourceOf(on)}; join the two into one wakeOn`,
        )
      wakes.push({ name: team, team, on })
    }
  }
  for (const [name, definition] of Object.entries(config.teams ?? {})) {
    add(name, definition.wakeOn)
    for (const agent of definition.agents) if (isAgent(agent)) add(agentTeam(agent.name, name), agent.wakeOn)
  }
  for (const [name, agent] of Object.entries(config.agents ?? {}))
    if ('wakeOn' in agent) add(agentTeam(name), agent.wakeOn)
  return wakes
}

/** A team of the config as seen from one of its agents: that agent does what it is woken for, and may call the others. */
export const teamOfAgent = (config: ConcordConfig, name: string): TeamDefinition | undefined => {
  const at = name.indexOf(':')
  if (at < 0) return undefined
  const [team, agent] = [name.slice(0, at), name.slice(at + 1)]
  const own = team === 'agent' ? undefined : config.teams?.[team]
  const alone =
    team === 'agent' && Object.hasOwn(config.agents ?? {}, agent) ? { agents: [agent] } : undefined
  const definition: TeamDefinition | undefined = own ?? alone
  if (definition === undefined) return undefined
  const { planner: _, checker: __, feasibility: ___, output: ____, ...rest } = definition
  return { ...rest, plan: () => [{ id: agent, agent }] }
}

export const createWatchers = (wakes: readonly Wake[], ports: WatcherPorts): Watchers => {
  let started: Watcher[] = []
  return {
    list: () => wakes,
    async start() {
      if (started.length > 0) return
      started = wakes.map((wake) => startWatcher(wake, ports))
      await Promise.all(started.map(({ opened }) => opened))
    },
    async stop() {
      const watchers = started
      started = []
      await Promise.all(watchers.map((watcher) => watcher.stop()))
    },
  }
}
