import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type AgentContext, agent, type Json, tool } from '../../src/index.ts'
import { anything, concordWith } from './fixture.ts'

const circular: { [key: string]: unknown } = {}
circular.itself = circular

/** What JSON cannot hold. */
const values: { [name: string]: () => unknown } = {
  'a bigint': () => ({ id: 10n }),
  NaN: () => [1, Number.NaN],
  infinity: () => Number.POSITIVE_INFINITY,
  'a function': () => ({ next: () => 1 }),
  'a symbol': () => Symbol('paid'),
  'a circle': () => circular,
  'a throwing getter': () => ({
    get id() {
      throw new RangeError('not now')
    },
  }),
  'a toJSON that throws': () => ({
    toJSON() {
      throw 'text'
    },
  }),
  'a toJSON that returns a bigint': () => ({ toJSON: () => 1n }),
}

let count = 0
const made = <T>(value: T): T => {
  count++
  return value
}

const places: { [name: string]: (context: AgentContext, value: unknown) => Promise<unknown> } = {
  'ctx.step': (context, value) => context.step('pay', () => made(value as Json)),
  'a tool': (context, value) => {
    returned = value
    return context.tool('pay').then((observation) => {
      assert.match(observation.failed ?? '', /not JSON/)
      throw Object.assign(new Error(observation.failed), { code: 'step.result-invalid' })
    })
  },
  'a called agent': (context, value) => {
    returned = value
    return context.call('payer', null)
  },
  'an update of state': (context, value) => context.state.update('k', () => made(value as Json)),
  'the agent itself': async (_context, value) => made(value),
}
let returned: unknown

describe('a result that JSON cannot hold', () => {
  for (const [where, act] of Object.entries(places))
    for (const [name, make] of Object.entries(values))
      it(`of ${where}, ${name}, fails the step with its place, and the effect is not repeated`, async () => {
        count = 0
        const payer = agent({ name: 'payer', run: () => made(returned) })
        const pay = tool({
          name: 'pay',
          description: 'x',
          permission: 'write',
          input: anything,
          execute: () => made(returned) as Json,
        })
        const acting = agent({ name: 'acting', tools: [pay], run: (_input, context) => act(context, make()) })
        const concord = await concordWith({
          agents: [acting, payer],
          plan: () => [{ id: 'a', agent: 'acting' }],
          policy: { permissions: { write: 'allow' } },
          bounds: { plansMax: 1 },
        })
        const run = await concord.run({ text: 'x', team: 't' })
        assert.equal(run.status, 'failed')
        assert.equal(count, 1)
        const failed = (await concord.events(run.id)).filter(({ type }) => type === 'step.failed')
        assert.equal(failed.length, 1)
        assert.match(JSON.stringify(failed[0]?.data), /JSON/)
      })

  it('is thrown to the agent, which may go on, and again from the journal', async () => {
    count = 0
    const codes: unknown[] = []
    const acting = agent<Json, Json>({
      name: 'acting',
      async run(_input, context) {
        await context.step('pay', () => made(1n as unknown as Json)).catch(({ code }) => codes.push(code))
        return context.waitFor('go')
      },
    })
    const concord = await concordWith({ agents: [acting], plan: () => [{ id: 'a', agent: 'acting' }] })
    const { id, status } = await concord.run({ text: 'x', team: 't' })
    assert.equal(status, 'waiting')
    await concord.signal(id, { kind: 'signal', name: 'go', value: 'on' })
    await concord.runner.resume(id, 'test')
    assert.equal((await concord.runner.settled(id)).output, 'on')
    assert.deepEqual(codes, ['step.result-invalid', 'step.result-invalid'])
    assert.equal(count, 1)
  })
})
