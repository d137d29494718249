import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type AgentContext, agent } from '../../src/index.ts'
import { scriptedModel } from '../../src/testing/model.ts'
import { concordWith } from './fixture.ts'

describe('the context of an agent', () => {
  it('can be taken apart: its methods do without it', async () => {
    const other = agent({ name: 'other', run: () => 'answered' })
    const apart = agent({
      name: 'apart',
      model: scriptedModel(() => 'a word'),
      async run(_input, context: AgentContext) {
        const { step, call, sleep, messages, model, thread, recalled, subject, result, now, emit } = context
        emit('on its way')
        await sleep(1)
        await subject().remember('I prefer tea', { about: 'tea' })
        return {
          once: await step('once', () => 1),
          called: await call('other', null),
          messages: await messages(),
          model: (await model('say a word')).text,
          thread: (await thread()).length,
          recalled: Object.keys(await recalled()).length,
          facts: (await subject().facts()).map(({ fact }) => fact),
          result: result('none') ?? null,
          now: typeof now(),
        }
      },
    })
    const concord = await concordWith({ agents: [apart, other], plan: () => [{ id: 'a', agent: 'apart' }] })
    assert.deepEqual(await concord.result({ text: 'x', team: 't', thread: 'th', subject: 'ada' }), {
      once: 1,
      called: 'answered',
      messages: [],
      model: 'a word',
      thread: 0,
      recalled: 0,
      facts: ['I prefer tea'],
      result: null,
      now: 'number',
    })
  })

  it('calls an agent of the team by itself, and not another of its name', async () => {
    const double = agent({ name: 'double', run: ({ value }: { value: number }) => ({ value: value * 2 }) })
    const caller = agent({
      name: 'caller',
      run: async (_input, { call }) => {
        const { value } = await call(double, { value: 4 })
        const other = await call({ ...double }, { value: 4 }).catch((error: Error) => error.message)
        return { value: value + 1, other }
      },
    })
    const concord = await concordWith({
      agents: [caller, double],
      plan: () => [{ id: 'a', agent: 'caller' }],
    })
    const output = (await concord.result({ text: 'x', team: 't' })) as { value: number; other: string }
    assert.equal(output.value, 9)
    assert.match(
      output.other,
      /Cannot call this agent "double" as the team has another one of that name; list/,
    )
  })

  it('hands out every method bound', async () => {
    const looking = agent({
      name: 'looking',
      run(_input, context: AgentContext) {
        const described = Object.getOwnPropertyDescriptors(Object.getPrototypeOf(context))
        return Object.entries(described)
          .filter(([name, { value }]) => typeof value === 'function' && name !== 'constructor')
          .map(([name]) => name)
      },
    })
    const concord = await concordWith({ agents: [looking], plan: () => [{ id: 'a', agent: 'looking' }] })
    assert.deepEqual(await concord.result({ text: 'x', team: 't' }), [])
  })
})
