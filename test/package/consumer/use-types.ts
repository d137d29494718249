// TypeScript of somebody who installed the package: compiled by tsc and run by Node as it is.
import {
  agent,
  type ConcordConfig,
  ConcordError,
  defineConfig,
  type Goal,
  openConcord,
  plan,
  type RunView,
  team,
} from '@concord-agents/concord'
import { callsTool, scriptedModel } from '@concord-agents/concord/testing'

const double = agent<{ value: number }, { value: number }>({
  name: 'double',
  run: ({ value }) => ({ value: value * 2 }),
})
const writer = agent({ name: 'writer', tools: ['calculator'], instructions: 'Calculate.' })
const model = scriptedModel([callsTool('calculator', { expression: '20 + 1' }), 'It is 21.'])
const config: ConcordConfig = defineConfig({
  model,
  stores: { kind: 'memory' },
  teams: {
    numbers: team({
      agents: [double, writer],
      plan: (goal: Goal) => [
        { id: 'first', agent: 'double', payload: { value: Number(goal.params?.value) } },
        { id: 'said', agent: 'writer', payload: {} },
      ],
      output: 'first',
    }),
  },
})
const concord = await openConcord({ config })
const run: RunView = await concord.run({ text: 'Double it', team: 'numbers', params: { value: 21 } })
await concord.close()
if (run.status !== 'succeeded') throw new ConcordError('internal', JSON.stringify(run.failure))
// @ts-expect-error: the types are there, not `any`: a run has no such member.
run.nothingOfThatName

const doubled = plan(({ step }) => {
  const first = step('first', double, { value: 4 })
  return step('second', double, { value: first.output.value })
})
// @ts-expect-error: a step's output is not a number because one of its members is
plan(({ step }) => step('wrong', double, { value: step('first', double, { value: 4 }).output }))
const typed = await openConcord({
  config: { stores: { kind: 'memory' }, teams: { numbers: team({ agents: [double], plan: doubled }) } },
})
const { value } = await typed.result('Double twice')
await typed.close()
if (value.toFixed(1) !== '16.0') throw new ConcordError('internal', `${value}`)
console.log(`the types work: ${JSON.stringify(run.output)}`)
