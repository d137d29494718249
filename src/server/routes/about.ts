import type { AgentCard } from '../../domain/agent.ts'
import type { Concord } from '../../platform/concord-types.ts'
import { type App, json, route, type Services } from '../route.ts'
import { agentsSchema, healthSchema, teamsSchema } from '../schemas.ts'

/** Every agent once, with the teams it works in. Two of one name in different teams are two. */
const agentsOf = (concord: Concord): (AgentCard & { teams: string[] })[] => {
  const found = new Map<string, AgentCard & { teams: string[] }>()
  for (const team of concord.teams())
    for (const card of team.agents) {
      const same = JSON.stringify(card)
      const before = found.get(same)
      if (before === undefined) found.set(same, { ...card, teams: [team.name] })
      else before.teams.push(team.name)
    }
  return [...found.values()]
}

const teamsOf = (concord: Concord) =>
  concord.teams().map((team) => {
    const { strategy, shape } = concord.team(team.name)
    const { planner, checker, bounds } = shape
    return { ...team, strategy: strategy.name, planner, checker, bounds }
  })

const reasonsShown = 10

const note = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Concord</title>
<h1>Concord</h1>
<p>A goal goes in, a verified answer comes out: <code>POST /goal {"goal": "..."}</code>.</p>
<ul><li><a href="/runs">runs</a><li><a href="/teams">teams</a><li><a href="/agents">agents</a>
<li><a href="/health">health</a><li><a href="/openapi.json">the API, described</a></ul>
`

export const aboutRoutes = (app: App, { concord }: Services): void => {
  route(
    app,
    {
      method: 'get',
      path: '/teams',
      tags: ['about'],
      summary: 'Teams that goals can be given to',
      responses: { 200: json('The teams', teamsSchema) },
    },
    (c) => c.json({ teams: teamsOf(concord) }),
  )
  route(
    app,
    {
      method: 'get',
      path: '/agents',
      tags: ['about'],
      summary: 'Agents and the teams they work in',
      responses: { 200: json('The agents', agentsSchema) },
    },
    (c) => c.json({ agents: agentsOf(concord) }),
  )
  route(
    app,
    {
      method: 'get',
      path: '/health',
      tags: ['about'],
      summary: 'Whether the server and its store answer; needs no token',
      responses: { 200: json('They do', healthSchema), 503: json('The store does not', healthSchema) },
    },
    async (c) => {
      try {
        await concord.log.version('health')
        const blocked = await concord.runner.blocked()
        if (blocked.length === 0) return c.json({ status: 'ok' })
        const reasons = [...new Set(blocked.map(({ reason }) => reason))].slice(0, reasonsShown)
        return c.json({ status: 'ok', blocked: { runs: blocked.length, reasons } })
      } catch (error) {
        concord.logger.error({ error, requestId: c.get('requestId') }, 'the store does not answer')
        return c.json({ status: 'failing' }, 503)
      }
    },
  )
  app.get('/', (c) => c.html(note))
}
