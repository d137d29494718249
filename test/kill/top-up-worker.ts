/**
 * A process with a tree of runs under a tight budget: starts run `tree` or goes on with it, and dies by SIGKILL as soon as `killAt`
 * commits have been made. `node top-up-worker.ts <directory> <calls> [killAt]`; each model call leaves a line in the file `calls`.
 */
import { appendFileSync } from 'node:fs'
import { agent, openConcord, team } from '../../src/index.ts'
import { scriptedModel } from '../../src/testing/model.ts'

const [directory = '', calls = '', killAt = ''] = process.argv.slice(2)

const model = scriptedModel(
  () => {
    appendFileSync(calls, 'call\n')
    return { text: 'x', usage: { inputTokens: 1, outputTokens: 99 } }
  },
  { outputTokensMax: 99 },
)
const spends = agent({
  name: 'spends',
  attemptsMax: 1,
  run: async (_input, context) => {
    for (let i = 0; i < Number(context.goal.text); i++) await context.model(`think ${i}`, { model })
    return Number(context.goal.text)
  },
})
const hands = agent<{ team: string; text: string }, unknown>({
  name: 'hands',
  attemptsMax: 1,
  run: (input, context) => context.delegate(input.team, input.text),
})
const hand = (id: string, to: string, text: string) => ({
  id,
  agent: 'hands',
  payload: { team: to, text },
  optional: true,
  dependsOn: [],
})

const concord = await openConcord({
  config: {
    stores: { directory },
    teams: {
      top: team({ agents: [hands], plan: () => [hand('m', 'middle', 'x'), hand('a', 'small', '1')] }),
      middle: team({ agents: [hands], plan: () => [hand('b', 'small', '4'), hand('c', 'small', '9')] }),
      small: team({ agents: [spends] }),
    },
  },
})
let commits = 0
concord.log.onCommit(() => {
  if (++commits === Number(killAt)) process.kill(process.pid, 'SIGKILL')
})
concord.runner.adopt(50)
const id = 'tree'
await concord.start({ text: 'x', team: 'top', budget: { tokens: 1_200 } }, { id })
if (!concord.runner.owns(id))
  await concord.runner.resume(id, 'the test').catch((error) => {
    if (error.code !== 'run.finished') throw error
  })
const run = await concord.runner.settled(id)
const raised = (await concord.events(id)).filter(
  (event) => event.type === 'budget.reserved' && event.data.raised === true,
)
process.stdout.write(
  JSON.stringify({ status: run.status, spent: run.book.spent.tokens, commits, raised: raised.length }),
)
await concord.close()
