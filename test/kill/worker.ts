/**
 * A process for the kill tests: opens the store in `directory`, starts run `killed` or goes on with it, and writes every execution of
 * an agent to `effects` (outside the store). With `killAt` it dies by SIGKILL as soon as that many commits have been made.
 * `node worker.ts <directory> <effects> <team> [killAt]`; the final output is printed as JSON.
 */
import { appendFileSync } from 'node:fs'
import { type AnyAgent, openConcord, type TeamDefinition } from '../../src/index.ts'
import { builtInTeams } from '../../src/platform/built-in.ts'
import { mixedTeam } from './mixed-team.ts'

const [directory = '', effects = '', teamName = '', killAt = ''] = process.argv.slice(2)
const note = (line: string): void => appendFileSync(effects, `${line}\n`)

/** The same agent, which writes down the key of every execution of its own code. */
const counted = (agent: AnyAgent | string): AnyAgent | string => {
  if (typeof agent === 'string' || agent.run === undefined) return agent
  const { run } = agent
  return {
    ...agent,
    run: (input, context) => {
      note(context.idempotencyKey)
      return run(input, context)
    },
  }
}

const countedTeam = (team: TeamDefinition): TeamDefinition => {
  const { planner, checker } = team
  return {
    ...team,
    agents: team.agents.map(counted),
    ...(planner === undefined ? {} : { planner: counted(planner) }),
    ...(checker === undefined ? {} : { checker: counted(checker) }),
  }
}

const definition = teamName === 'mixed' ? mixedTeam(note) : builtInTeams[teamName]?.({})
if (definition === undefined) throw new Error(`no team ${teamName}`)
const concord = await openConcord({
  config: { stores: { directory }, teams: { [teamName]: countedTeam(definition) } },
})
let commits = 0
concord.log.onCommit(() => {
  if (++commits === Number(killAt)) process.kill(process.pid, 'SIGKILL')
})
const goal = {
  text: 'Summarize the latest advances in multimodal LLMs and suggest three open research problems',
  team: teamName,
  params: { source: 'corpus' },
}
const id = 'killed'
await concord.start(goal, { id })
if (!concord.runner.owns(id))
  await concord.runner.resume(id, 'the test').catch((error) => {
    if (error.code !== 'run.finished') throw error
  })
const run = await concord.runner.settled(id)
process.stdout.write(
  JSON.stringify({ status: run.status, output: run.output, failure: run.failure, commits }),
)
await concord.close()
