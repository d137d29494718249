/**
 * A process for the tests of owners that stand still: starts run `frozen`, or stays beside its owner and takes the run when that is replaced.
 * Each effect is written to `effects` (outside the store) as `{pid} {kind} {key}`.
 * `node frozen-worker.ts <directory> <effects> start|beside [blockMs]`; prints how the run ended, or the code of the error.
 */
import { appendFileSync } from 'node:fs'
import { z } from 'zod'
import { type AgentContext, agent, openConcord, team, tool } from '../../src/index.ts'
import { scriptedModel } from '../../src/testing/model.ts'

const [directory = '', effects = '', role = '', blockMs = '0'] = process.argv.slice(2)
const rounds = 150

const note = (kind: string, key: string): void => appendFileSync(effects, `${process.pid} ${kind} ${key}\n`)

const model = scriptedModel((_request, call) => {
  note('model', `call ${call}`)
  return 'on'
})
const send = tool({
  name: 'send',
  description: 'Counts.',
  permission: 'network',
  input: z.object({ round: z.number() }),
  execute: (_input, { idempotencyKey }) => {
    note('tool', idempotencyKey)
    return 'sent'
  },
})

const block = (ms: number): void => {
  const until = performance.now() + ms
  while (performance.now() < until);
}

const working = agent<unknown, string>({
  name: 'working',
  model,
  tools: [send],
  timeoutMs: 600_000,
  async run(_input, context: AgentContext) {
    for (let round = 1; round <= rounds; round++) {
      await context.step(`round ${round}`, (key) => {
        note('step', key)
        return null
      })
      if (round % 3 === 1) await context.tool('send', { round })
      if (round % 3 === 2) await context.model(`round ${round}`)
      if (round === 20 && role === 'start') {
        console.log('half')
        block(Number(blockMs))
        // Stopped in here, it goes on with an effect the moment it is continued.
        if (blockMs === '0') await new Promise((resolve) => setTimeout(resolve, 3000))
      }
      // Time passes between effects, as it does where they take some.
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    return 'done'
  },
})

const concord = await openConcord({
  config: {
    stores: { directory },
    teams: {
      t: team({
        agents: [working],
        plan: () => [{ id: 'a', agent: 'working' }],
        policy: { permissions: { network: 'allow' } },
      }),
    },
  },
})
// Nothing else keeps a process alive that waits for another's run.
const alive = setInterval(() => {}, 1000)
try {
  if (role === 'beside') concord.runner.adopt(500)
  else await concord.start({ text: 'work', team: 't' }, { id: 'frozen' })
  const run = await concord.runner.settled('frozen')
  console.log(JSON.stringify({ status: run.status, output: run.output }))
} catch (error) {
  console.log(JSON.stringify({ code: (error as { code?: string }).code }))
}
clearInterval(alive)
await concord.close()
