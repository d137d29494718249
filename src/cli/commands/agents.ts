import { command } from '../command.ts'
import { painter } from '../format.ts'
import { openWith, settingsOf } from '../settings.ts'
import { openTerminal } from '../terminal.ts'

export const agentsCommand = command({
  name: 'agents',
  summary: 'List teams and their agents',
  options: {
    team: { type: 'string', value: 'name', description: 'of this team only' },
    json: { type: 'boolean', description: 'print JSON, with the schemas of inputs and outputs' },
  },
  async run(_, values) {
    const terminal = openTerminal(values['no-color'])
    // Nothing is read from or written to a store.
    const concord = await openWith(await settingsOf(values, { memory: true }))
    try {
      if (values.team !== undefined) concord.team(values.team)
      const teams = concord.teams().filter(({ name }) => values.team === undefined || name === values.team)
      if (values.json) {
        terminal.out(`${JSON.stringify(teams, null, 2)}\n`)
        return 0
      }
      const paint = painter(terminal.color.out)
      for (const { name, description, agents } of teams) {
        terminal.out(`${paint('bold', name)}${description === '' ? '' : `  ${description}`}\n`)
        const width = Math.max(...agents.map((agent) => agent.name.length))
        for (const { name: agent, description: does, kind, role, tools = [], model, url } of agents) {
          const more = [
            kind === 'model' ? (model ?? 'model') : (url ?? kind),
            ...(role === 'specialist' ? [] : [role]),
            ...(tools.length === 0 ? [] : [`tools ${tools.join(', ')}`]),
          ]
          terminal.out(
            `  ${agent.padEnd(width)}  ${does}${does === '' ? '' : ' '}${paint('dim', `(${more.join('; ')})`)}\n`,
          )
        }
      }
      if (teams.length === 0) terminal.err('No teams; "concord init" makes a project with one\n')
      return 0
    } finally {
      await concord.close()
    }
  },
})
