import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { agent, type Step } from '../../src/index.ts'
import { type ScriptedModel, scriptedModel } from '../../src/testing/model.ts'
import { answering, concordWith } from './fixture.ts'

const writer = agent({ name: 'writer', run: () => 'a text' })
const plan = (): Step[] => [{ id: 'w', agent: 'writer' }]
const judge = (model: ScriptedModel, output?: z.ZodType) =>
  agent({ name: 'critic', instructions: 'Judge.', model, ...(output === undefined ? {} : { output }) })

const judged = async (model: ScriptedModel, output?: z.ZodType) => {
  const concord = await concordWith({ agents: [writer], plan, checker: judge(model, output) })
  return concord.run({ text: 'x', team: 't' })
}

describe('a model as the checker of a team', () => {
  it('is asked for a verdict, with the ids of the steps it may name', async () => {
    const model = scriptedModel(['{"met":true,"reasons":[]}'])
    assert.equal((await judged(model)).status, 'succeeded')
    const [request] = model.requests
    const schema = request?.output?.schema as { properties: object }
    assert.deepEqual(Object.keys(schema.properties), ['met', 'reasons', 'redo'])
    const [system, user] = request?.messages ?? []
    assert.match(String(system?.content), /^Judge\.\n[\s\S]*JSON Schema/)
    assert.deepEqual(JSON.parse(String(user?.content)), { goal: 'x', results: ['a text'], steps: ['w'] })
  })

  it('may use the words of the contract, and prose around them', async () => {
    const model = scriptedModel(['Here it is: {"valid":true,"met":true,"summary":"fine"} Good luck!'])
    assert.equal((await judged(model)).status, 'succeeded')
  })

  it('gets a second try when its answer is no verdict', async () => {
    const model = scriptedModel(['It is good.', '{"good":true}', '{"met":true,"reasons":["good"]}'])
    assert.equal((await judged(model)).status, 'succeeded')
    assert.match(String(model.requests[2]?.messages.at(-1)?.content), /"met": true or false/)
  })

  it('sends steps back by name', async () => {
    const model = scriptedModel([
      '{"met":false,"reasons":["dull"],"redo":[{"step":"w","feedback":"livelier"}]}',
      '{"met":true,"reasons":[]}',
    ])
    const run = await judged(model)
    assert.equal(run.status, 'succeeded')
    assert.equal(run.plan?.steps[0]?.redo, 1)
  })

  it('keeps an output of its own', async () => {
    const model = scriptedModel(['{"met":true,"score":3}'])
    const run = await judged(model, z.object({ met: z.boolean(), score: z.number() }))
    assert.equal(run.status, 'succeeded')
  })

  it('that is also an agent of the team is read as it writes', async () => {
    const model = scriptedModel(['a text', 'Surely: {"met":true}'])
    const both = judge(model)
    const concord = await concordWith({
      agents: [both, writer],
      plan: () => [{ id: 'w', agent: 'critic' }],
      checker: both,
    })
    assert.equal((await concord.run({ text: 'x', team: 't' })).status, 'succeeded')
  })
})

describe('a model that judges plans', () => {
  it('is asked whether the plan can work', async () => {
    const model = scriptedModel(['{"feasible":false,"reasons":["no time"]}'])
    const concord = await concordWith({ agents: [writer], plan, feasibility: judge(model) })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.equal(run.status, 'failed')
    assert.match(String(run.reasons), /no time/)
  })
})

describe('a checker that gives no reasons', () => {
  it('is heard by its summary', async () => {
    const checker = answering('checker', { valid: false, summary: 'two results are missing' })
    const concord = await concordWith({ agents: [writer], plan, checker })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.match(String(run.reasons), /two results are missing/)
  })
})

describe('a step of a model without a task', () => {
  it('works on the goal', async () => {
    const model = scriptedModel(['done'])
    const concord = await concordWith({
      agents: [agent({ name: 'm', instructions: 'Work.', model })],
      plan: () => [{ id: 'a', agent: 'm', payload: '  ' }],
    })
    await concord.run({ text: 'Count to three.', team: 't' })
    assert.equal(model.requests[0]?.messages.at(-1)?.content, 'Count to three.')
  })
})
