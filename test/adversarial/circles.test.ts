import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { type AnyAgent, agent, type Json } from '../../src/index.ts'
import { Cancellation } from '../../src/runtime/cancellation.ts'
import { agentApp } from '../../src/server/agent-app.ts'
import { listen } from '../../src/server/listen.ts'
import { concordWith } from '../runs/fixture.ts'

/** Agents that call each other for ever: each way must end by a named bound, in this process and soon. */

let calls = 0
const counted = <T>(value: T): T => {
  calls++
  return value
}

const calling = (name: string, other: string): AnyAgent =>
  agent<Json, Json>({ name, run: (_input, context) => counted(context.call(other, null)) })

const waiting = (name: string, other: string): AnyAgent =>
  agent<Json, Json>({
    name,
    async run(_input, context) {
      await context.step('before', () => null)
      return counted(await context.call(other, null))
    },
  })

const circles: { [name: string]: AnyAgent[] } = {
  'one that calls itself, without an await': [calling('a', 'a')],
  'one that calls itself, with an await': [waiting('a', 'a')],
  'two that call each other, without an await': [calling('a', 'b'), calling('b', 'a')],
  'three, with and without': [calling('a', 'b'), waiting('b', 'c'), calling('c', 'a')],
  'one that does not wait for its call': [
    agent<Json, Json>({
      name: 'a',
      async run(_input, context) {
        counted(context.call('a', null)).catch(() => {})
        return context.call('a', null)
      },
    }),
  ],
}

describe('agents in a circle', () => {
  for (const [name, agents] of Object.entries(circles))
    it(`${name}: end with a bound`, async () => {
      calls = 0
      const here = agent({ name: 'here', run: () => 'here' })
      const concord = await concordWith(
        { agents, plan: () => [{ id: 's', agent: 'a' }] },
        { teams: { still: { agents: [here], plan: () => [{ id: 's', agent: 'here' }] } } },
      )
      const run = await concord.run({ text: 'x', team: 't' })
      assert.equal(run.failure?.code, 'bound.reached', run.failure?.message)
      assert.match(run.failure?.message ?? '', /callDepthMax|callsMax/)
      assert.equal((await concord.result({ text: 'x', team: 'still' })) as Json, 'here')
    })

  it('an agent whose calls go 16 deep and return is none', async () => {
    const deep = agent<number, Json>({
      name: 'deep',
      run: (left, context) => (left === 0 ? 'bottom' : context.call('deep', left - 1)),
    })
    const concord = await concordWith({
      agents: [deep],
      plan: () => [{ id: 's', agent: 'deep', payload: 16 }],
    })
    assert.equal(await concord.result({ text: 'x', team: 't' }), 'bottom')
  })

  it('through a team: end with the depth of child runs', async () => {
    const a = agent<Json, Json>({ name: 'a', run: (_input, context) => counted(context.call('b', null)) })
    const b = agent<Json, Json>({
      name: 'b',
      run: (_input, context) => counted(context.delegate('t', 'again')),
    })
    const concord = await concordWith({ agents: [a, b], plan: () => [{ id: 's', agent: 'a' }] })
    calls = 0
    const run = await concord.run({ text: 'x', team: 't' })
    assert.equal(run.failure?.code, 'bound.reached', run.failure?.message)
  })

  it('over HTTP: end with the same depth, which each call carries', async () => {
    let url = ''
    const served = agent<Json, Json>({ name: 'served', run: (_input, context) => context.call('back', null) })
    const back = () => agent({ name: 'back', url })
    calls = 0
    const { app, close } = await agentApp(
      {
        ...served,
        run: (_input, context) => counted(context.delegate('around', 'again')),
      },
      {
        open: {
          config: {
            teams: {
              get around() {
                return { agents: [back()], plan: () => [{ id: 's', agent: 'back' }] }
              },
            },
          },
        },
      },
    )
    const server = await listen(app, { host: '127.0.0.1', port: 0 })
    url = server.url
    after(async () => {
      await server.close(0)
      await close()
    })
    const concord = await concordWith({ agents: [back()], plan: () => [{ id: 's', agent: 'back' }] })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.equal(run.failure?.code, 'bound.reached', run.failure?.message)
    assert.ok(calls > 1 && calls < 10, `${calls} calls`)
  })
})

describe('a cancellation', () => {
  it('passes through a chain of any length, and each hears the first reason once', () => {
    const chain = Array.from({ length: 50_000 }, () => new Cancellation())
    let heard = 0
    for (const [i, each] of chain.entries())
      each.onCancel((reason) => {
        assert.equal(reason, 'enough')
        heard++
        chain[i + 1]?.cancel(reason)
      })
    chain[0]?.cancel('enough')
    chain[0]?.cancel('again')
    assert.equal(heard, chain.length)
  })
})
