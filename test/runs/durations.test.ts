import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { agent, type Json, tool } from '../../src/index.ts'
import { manualClock } from '../../src/testing/clock.ts'
import { anything, concordWith } from './fixture.ts'

const noTimes: unknown[] = [Number.POSITIVE_INFINITY, Number.NaN, -1, '2000', null, {}, 1e300]
const sole = (name: string) => () => [{ id: 'a', agent: name }]

describe('what is no duration', () => {
  it('is refused by ctx.sleep, which does not wait forever or not at all', async () => {
    const sleeper = agent({
      name: 'x',
      run: async (_, context) => {
        const codes: string[] = []
        for (const ms of noTimes) await context.sleep(ms as number).catch(({ code }) => codes.push(code))
        return codes
      },
    })
    const concord = await concordWith({ agents: [sleeper], plan: sole('x') })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.deepEqual(
      run.output,
      noTimes.map(() => 'input.invalid'),
      JSON.stringify(run),
    )
  })

  it('is refused as the time-out of an agent, a tool or a planned step, and as a limit of time', async () => {
    const run = (): Json => 1
    for (const ms of noTimes) {
      const timeoutMs = ms as number
      if (ms !== null) {
        const slow = agent({ name: 'x', timeoutMs, run })
        await assert.rejects(concordWith({ agents: [slow], plan: sole('x') }), { code: 'config.invalid' })
      }
      const late = tool({
        name: 'l',
        description: 'l',
        input: anything,
        permission: 'read',
        timeoutMs,
        execute: run,
      })
      const calling = agent({ name: 'x', tools: [late], run })
      await assert.rejects(concordWith({ agents: [calling], plan: sole('x') }), { code: 'config.invalid' })
      const quick = agent({ name: 'x', run })
      const concord = await concordWith({
        agents: [quick],
        plan: () => [{ id: 'a', agent: 'x', timeoutMs }],
      })
      assert.equal((await concord.run({ text: 'x', team: 't' })).failure?.code, 'plan.infeasible', String(ms))
      if (ms === 1e300 || ms === null) continue
      const limited = concord.run({ text: 'x', team: 't', budget: { timeMs: timeoutMs } })
      await assert.rejects(limited, { code: 'input.invalid' })
    }
  })

  it('is refused as time to live of state and of writes returned with a result, which fail the step alone', async () => {
    const codes: string[] = []
    const writing = agent({
      name: 'x',
      attemptsMax: 1,
      run: async (ttlMs, context) => {
        await context.state.set('k', 1, { ttlMs: ttlMs as number }).catch(({ code }) => codes.push(code))
        return { output: 1, writes: [{ key: 'k', value: 1, ttlMs }] }
      },
    })
    const concord = await concordWith({
      agents: [writing],
      plan: () =>
        [-1, '2000', 1e300].map((ttlMs, i) => ({
          id: `s${i}`,
          agent: 'x',
          payload: ttlMs,
          optional: true,
          dependsOn: [],
        })),
    })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.deepEqual(codes, ['input.invalid', 'input.invalid', 'input.invalid'])
    assert.deepEqual(
      [...(run.plan?.steps.values() ?? [])].map(({ failure }) => failure?.code),
      codes.map(() => 'agent.output-invalid'),
      JSON.stringify(run.failure),
    )
  })
})

describe('a wait beyond what a timer can hold', () => {
  it('ends when its time has come', async () => {
    const clock = manualClock()
    const days = 86_400_000
    const sleeper = agent({
      name: 'x',
      run: async (_, context) => {
        const began = context.now()
        await context.sleep(0)
        await context.sleep(400 * days)
        return { slept: context.now() >= began + 400 * days }
      },
    })
    const concord = await concordWith({ agents: [sleeper], plan: sole('x') }, { clock })
    const { id } = await concord.start({ text: 'x', team: 't' })
    // sleep(0) is a timer of the clock too.
    while ((await concord.log.run(id))?.status !== 'waiting') {
      clock.advance(1)
      await new Promise(setImmediate)
    }
    clock.advance(399 * days)
    await new Promise(setImmediate)
    assert.equal((await concord.log.run(id))?.status, 'waiting')
    clock.advance(2 * days)
    const events = concord.follow(id)
    for await (const event of events) if (event.type === 'run.succeeded') break
    assert.equal((await concord.log.run(id))?.status, 'succeeded')
  })
})
