import { client } from '../data/server.ts'
import { useLoaded } from '../data/store.ts'
import type { Agent, Team } from '../data/types.ts'
import { plain, plural } from '../data/words.ts'
import { Empty, Loading, Problem } from '../parts/problem.tsx'

const kinds: { [kind: string]: string } = {
  code: 'code',
  model: 'a model',
  remote: 'elsewhere, over HTTP',
  team: 'a team',
}

export const Agents = () => {
  const loaded = useLoaded('agents', async () => {
    const [{ agents }, { teams }] = await Promise.all([
      client.get<{ agents: Agent[] }>('/agents'),
      client.get<{ teams: Team[] }>('/teams'),
    ])
    return { agents, teams }
  })
  if (loaded.error !== undefined) return <Problem error={loaded.error} />
  if (loaded.value === undefined) return <Loading what="the agents" />
  const { agents, teams } = loaded.value
  return (
    <>
      <h1>Agents</h1>
      {teams.length === 0 && <Empty title="No team is defined" />}
      {teams.map((team) => (
        <section key={team.name} className="team" aria-label={`Team ${team.name}`}>
          <h2>{plain(team.name)}</h2>
          <p>{plain(team.description)}</p>
          <p className="quiet">
            {plural(team.agents.length, 'agent')}, organised as {team.strategy}
            {team.planner !== undefined && `, planned by ${team.planner}`}
            {team.checker !== undefined && `, checked by ${team.checker}`}
          </p>
          <ul className="cards">
            {team.agents.map((agent) => (
              <li key={agent.name} className="card">
                <h3>{plain(agent.name)}</h3>
                <p>{plain(agent.description)}</p>
                <p className="quiet">
                  {agent.role}, {kinds[agent.kind] ?? agent.kind}
                  {agent.model !== undefined && ` · ${agent.model}`}
                  {agent.url !== undefined && ` · ${agent.url}`}
                </p>
                {agent.tools !== undefined && (
                  <p className="tags">
                    {agent.tools.map((tool) => (
                      <code key={tool}>{plain(tool)}</code>
                    ))}
                  </p>
                )}
              </li>
            ))}
          </ul>
        </section>
      ))}
      <p className="quiet">{plural(agents.length, 'agent')} in all.</p>
    </>
  )
}
