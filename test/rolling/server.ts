/**
 * A server of one version of the code, `old` or `new`, on a store: `node server.ts <directory> <version>`. Prints its address.
 * Both know the same teams but one; what they name in them (an agent, a tool, a schema) exists in one version only. Every
 * execution leaves a line in `effects`, every warning in `log-{version}`.
 */
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { agent, openConcord, type Step, team, tool } from '../../src/index.ts'
import { serve } from '../../src/server/serve.ts'
import { callsTool, scriptedModel } from '../../src/testing/model.ts'

const [directory = '', version = ''] = process.argv.slice(2)
const note = (line: string) => appendFileSync(join(directory, 'effects'), `${version} ${line}\n`)
const log = (fields: object, message = '') =>
  appendFileSync(join(directory, `log-${version}`), `${message} ${JSON.stringify(fields)}\n`)

const own = agent({
  name: version,
  run: (_input, context) => {
    note(`${context.runId} own`)
    return `done by ${version}`
  },
})
const asking = agent({
  name: 'asking',
  run: async (_input, context) => ((await context.approve('May I?')) ? 'allowed' : 'refused'),
})
const sleeping = agent({
  name: 'sleeping',
  run: async (_input, context) => {
    await context.sleep(6000)
    return 'awake'
  },
})
const pay = tool({
  name: `pay-${version}`,
  description: 'Pays.',
  input: z.object({}),
  permission: 'read',
  requireApproval: true,
  execute: (_input, { run }) => {
    note(`${run} pay`)
    return 'paid'
  },
})
const modelled = agent({
  name: 'modelled',
  tools: [pay],
  model: scriptedModel((request) =>
    request.messages.some(({ role }) => role === 'tool') ? 'paid' : callsTool(`pay-${version}`),
  ),
})
/** Of the version that a run was started by. */
const started = (goal: { params?: { [key: string]: unknown } }) => String(goal.params?.version)
const coded = agent({
  name: 'coded',
  tools: [pay],
  run: (_input, context) => context.tool(`pay-${started(context.goal)}`, {}),
})
const calling = agent({
  name: 'calling',
  run: async (_input, context) => {
    await context.approve('May I?')
    return context.call(started(context.goal), {})
  },
})
const boss = agent({
  name: 'boss',
  run: (_input, context) => context.delegate(`only-${started(context.goal)}`, 'go'),
})
const strict = agent<unknown, unknown>({
  name: 'strict',
  input: z.object({ [version]: z.number() }),
  run: () => `done by ${version}`,
})
const typing = agent({ name: 'typing', run: () => ({ steps: [{ id: 'x', agent: 'askin' }] }) })

const step = (id: string, agentName: string, payload?: Step['payload']): Step => ({
  id,
  agent: agentName,
  ...(payload === undefined ? {} : { payload }),
})

const concord = await openConcord({
  role: 'server',
  // It is said below when it begins.
  keep: false,
  config: {
    stores: { directory },
    logger: { debug() {}, info() {}, warn: log, error: log },
    teams: {
      agent: team({ agents: [asking, own], plan: () => [step('w', 'asking'), step('own', version)] }),
      timer: team({ agents: [sleeping, own], plan: () => [step('w', 'sleeping'), step('own', version)] }),
      [`only-${version}`]: team({ agents: [asking] }),
      tool: team({ agents: [modelled] }),
      coded: team({ agents: [coded] }),
      called: team({ agents: [calling, own], plan: () => [step('a', 'calling')] }),
      parent: team({ agents: [boss] }),
      schema: team({
        agents: [asking, strict],
        plan: () => [step('w', 'asking'), step('s', 'strict', { [version]: 1 })],
      }),
      typo: team({ agents: [asking], planner: typing }),
    },
  },
})
const { url } = await serve(concord, { port: 0 })
console.log(url)
