import { agent, defineConfig, team } from '@concord-agents/concord'

const echo = agent({ name: 'echo', run: (_input, { goal }) => `${goal.params?.say}, ${goal.params?.say}` })

export default defineConfig({ team: 'echo', teams: { echo: team({ agents: [echo] }) } })
