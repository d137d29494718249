import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { agent, type Json } from '../../src/index.ts'
import { modelPlanner } from '../../src/orchestration/model-planner.ts'
import { scriptedModel } from '../../src/testing/model.ts'
import { concordWith, typesOf } from './fixture.ts'

const down = () => {
  const tries: Json[] = []
  const worker = agent<Json, Json>({
    name: 'm',
    attemptsMax: 2,
    run: (input) => {
      tries.push(input)
      throw Object.assign(new Error('the service is down'), { code: 'agent.failed' })
    },
  })
  return { worker, tries }
}
const steps = (payload: Json = 'x') => ({ steps: [{ id: 'a', agent: 'm', payload }] })

describe('a plan identical to the one that just failed', () => {
  it('is not run again: the planner is told once, then the run fails with the failure, and says so', async () => {
    const { worker, tries } = down()
    const asked: Json[] = []
    const planner = agent<Json, Json>({
      name: 'planner',
      run: (input) => {
        asked.push(input)
        return steps()
      },
    })
    const bounds = { plansMax: 10 }
    const concord = await concordWith({ agents: [worker], planner, bounds })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.equal(tries.length, 2)
    assert.deepEqual([run.status, run.failure?.code], ['failed', 'agent.failed'])
    assert.match(run.failure?.message ?? '', /^the service is down$/)
    assert.deepEqual(run.reasons, [
      'step "a" failed: the service is down',
      'plan 3 is the plan that just failed, and is not run again (the service is down)',
    ])
    assert.equal(asked.length, 3)
    assert.match(JSON.stringify(asked[2]), /plan 2 is the plan that just failed/)
    const types = typesOf(await concord.events(run.id), 'plan.', 'run.failed')
    assert.deepEqual(types, [
      'plan.proposed',
      'plan.accepted',
      'plan.rejected',
      'plan.proposed',
      'plan.rejected',
      'plan.proposed',
      'plan.rejected',
      'run.failed',
    ])
  })

  it('is told to a model that plans, which may make another', async () => {
    const { worker, tries } = down()
    const other = agent({ name: 'n', run: () => 'done' })
    const model = scriptedModel([
      JSON.stringify(steps()),
      JSON.stringify(steps()),
      JSON.stringify({ steps: [{ id: 'b', agent: 'n', payload: null }] }),
    ])
    const concord = await concordWith(
      { agents: [worker, other, modelPlanner], planner: 'planner' },
      { model },
    )
    const run = await concord.run({ text: 'x', team: 't' })
    assert.equal(run.output, 'done', run.failure?.message)
    assert.equal(tries.length, 2)
    assert.match(JSON.stringify(model.requests[2]?.messages), /is the plan that just failed/)
  })

  it('ends the run with the failure when a model makes no other', async () => {
    const { worker, tries } = down()
    const model = scriptedModel(() => JSON.stringify(steps()))
    const concord = await concordWith({ agents: [worker, modelPlanner], planner: 'planner' }, { model })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.deepEqual([run.failure?.code, tries.length, model.calls()], ['agent.failed', 2, 3])
    assert.match(run.failure?.message ?? '', /the service is down/)
  })

  it('is another with another payload, and with state that others may have written', async () => {
    for (const payloads of [
      ['x', 'y', 'y'],
      [{ $state: 'mode' }, { $state: 'mode' }, { $state: 'mode' }],
    ]) {
      const { worker, tries } = down()
      let plans = 0
      const planner = agent({ name: 'planner', run: () => steps(payloads[plans++]) })
      const first = agent({
        name: 'first',
        async run(_, context) {
          await context.state.set('mode', plans)
          return null
        },
      })
      const concord = await concordWith({
        agents: [worker, first],
        planner: {
          ...planner,
          run: () => {
            const planned = steps(payloads[plans++])
            return typeof planned.steps[0]?.payload === 'string'
              ? planned
              : { steps: [{ id: 'first', agent: 'first', payload: null }, ...planned.steps] }
          },
        },
      })
      const run = await concord.run({ text: 'x', team: 't' })
      assert.equal(run.status, 'failed')
      assert.equal(tries.length, payloads[0] === 'x' ? 4 : 6)
    }
  })

  it('is run again when the check was not met: steps may answer otherwise', async () => {
    let n = 0
    const worker = agent({ name: 'm', run: () => ++n })
    const planner = agent({ name: 'planner', run: () => steps() })
    const checker = agent({ name: 'checker', run: () => ({ met: n >= 2, reasons: ['too low'] }) })
    const concord = await concordWith({ agents: [worker], planner, checker })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.deepEqual([run.status, n], ['succeeded', 2])
  })
})
