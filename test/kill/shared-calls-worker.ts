/**
 * A process with steps that ask a model the same at the same time: starts run `shared` or continues
 * it, and dies by SIGKILL as soon as `killAt` commits have been made.
 * `node shared-calls-worker.ts <directory> <calls> [killAt]`; each model call leaves a line in the
 * file `calls`.
 */
import { appendFileSync } from 'node:fs'
import { agent, openConcord, team } from '../../src/index.ts'
import { machineClock } from '../../src/testing/clock.ts'
import { scriptedModel } from '../../src/testing/model.ts'

const [directory = '', calls = '', killAt = ''] = process.argv.slice(2)

const model = scriptedModel(
  ({ messages }) => {
    const asked = String(messages[0]?.content)
    appendFileSync(calls, `${asked}\n`)
    return { text: `answer to ${asked}`, usage: { inputTokens: 5, outputTokens: 5 } }
  },
  { delayMs: 30, clock: machineClock, outputTokensMax: 50 },
)
const asker = agent({
  name: 'asker',
  async run(input, context) {
    const { text } = await context.model('common', { model })
    return [text, (await context.model(`own of ${input}`, { model })).text]
  },
})
const steps = ['a', 'b', 'c'].map((id) => ({ id, agent: 'asker', payload: id, dependsOn: [] }))

const concord = await openConcord({
  config: { stores: { directory }, teams: { t: team({ agents: [asker], plan: () => steps }) } },
})
let commits = 0
concord.log.onCommit(() => {
  if (++commits === Number(killAt)) process.kill(process.pid, 'SIGKILL')
})
concord.runner.adopt(50)
const id = 'shared'
await concord.start({ text: 'x', team: 't', budget: { tokens: 2_000 } }, { id })
if (!concord.runner.owns(id))
  await concord.runner.resume(id, 'the test').catch((error) => {
    if (error.code !== 'run.finished') throw error
  })
const run = await concord.runner.settled(id)
const answered = (await concord.events(id)).flatMap((event) =>
  event.type === 'model.answered' && event.data.failure === undefined
    ? [{ at: `${event.step} ${event.data.call}`, shared: event.data.shared !== undefined }]
    : [],
)
process.stdout.write(
  JSON.stringify({ status: run.status, spent: run.book.spent.tokens, output: run.output, commits, answered }),
)
await concord.close()
