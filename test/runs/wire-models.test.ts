import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { z } from 'zod'
import { agent, openConcord, type Step, team, tool } from '../../src/index.ts'
import { anthropicMessages } from '../providers/anthropic-messages.ts'
import { openAiChat } from '../providers/openai-chat.ts'
import { type WireServer, wireServer } from '../providers/wire-server.ts'
import { typesOf } from './fixture.ts'

const add = tool({
  name: 'add',
  description: 'Adds.',
  input: z.object({ a: z.number(), b: z.number() }),
  permission: 'compute',
  execute: ({ a, b }) => a + b,
})
const plan = (): Step[] => [{ id: 'a', agent: 'm', payload: 'what is 1 + 2?' }]

for (const wire of [openAiChat, anthropicMessages])
  describe(`a run with a model that speaks ${wire.name}`, () => {
    let server: WireServer

    before(async () => {
      server = await wireServer()
    })
    after(() => server.close())

    const open = (more: object = {}) =>
      openConcord({
        env: { [wire.keyVariable]: 'test-key', [wire.baseUrlVariable]: server.url + wire.basePath },
        config: {
          model: wire.id,
          stores: { kind: 'memory' },
          prices: { [wire.id]: { inputPerMillion: 1_000_000, outputPerMillion: 2_000_000 } },
          teams: {
            t: team({
              agents: [agent({ name: 'm', instructions: 'Add.', tools: [add], outputTokensMax: 100 })],
              plan,
            }),
          },
          ...more,
        },
      })

    it('calls tools, mends invalid arguments, waits out a rate limit and settles what it reserved', async () => {
      const concord = await open()
      server.will(
        wire.error(429, 'slow down', { 'retry-after': '0' }),
        wire.whole({
          calls: [{ id: 'c1', name: 'add', arguments: '{"a": 1, "b": "two"}' }],
          usage: { input: 10, output: 5 },
        }),
        wire.whole({
          calls: [{ id: 'c2', name: 'add', arguments: '{"a": 1, "b": 2}' }],
          usage: { input: 20, output: 5 },
        }),
        wire.whole({ text: 'three', usage: { input: 30, output: 5 } }),
      )
      const run = await concord.run({ text: 'x', team: 't', budget: { money: 100_000 } })
      assert.equal(run.output, 'three', run.failure?.message)
      assert.equal(run.spent.tokens, 75)
      assert.equal(run.spent.money, 60 + 2 * 15)
      assert.equal((await concord.runner.load(run.id)).book.reserved.size, 0)
      const last = server.requests.at(-1)
      assert.ok(last)
      assert.deepEqual(
        wire.toolResultsOf(last).map((result) => result.id),
        ['c1', 'c2'],
      )
      assert.match(wire.toolResultsOf(last)[0]?.content ?? '', /failed: .*\/b/)
      assert.equal(wire.keyOf(last), 'test-key')
      const events = await concord.events(run.id)
      assert.equal(typesOf(events, 'budget.reserved').length, 4)
      assert.equal(JSON.stringify(events).includes('test-key'), false)
      await concord.close()
    })

    it('answers an equal request from the cache, at no cost', async () => {
      const concord = await open({ modelCache: true })
      server.will(wire.whole({ text: 'three', usage: { input: 30, output: 5 } }))
      const before = server.requests.length
      const first = await concord.run({ text: 'x', team: 't' })
      const second = await concord.run({ text: 'x', team: 't' })
      assert.deepEqual([first.output, second.output], ['three', 'three'])
      assert.equal(server.requests.length, before + 1)
      assert.deepEqual([first.spent.tokens, second.spent.tokens], [35, 0])
      await concord.close()
    })

    it('closes the socket when the run is cancelled', async () => {
      const concord = await open()
      server.will({ ending: 'hang' })
      const requested = server.requested()
      const abandoned = server.abandoned()
      const { id } = await concord.start({ text: 'x', team: 't' })
      await requested
      await concord.signal(id, { kind: 'cancel' })
      await abandoned
      assert.equal((await concord.runner.settled(id)).status, 'cancelled')
      await concord.close()
    })

    it('streams what the model writes to who listens, and stores none of it as an event', async () => {
      const concord = await open()
      const heard: string[] = []
      concord.onDelta(({ text, agent: name }) => heard.push(`${name}:${text}`))
      server.will(wire.streamed({ text: 'the answer is three', usage: { input: 30, output: 5 } }))
      const run = await concord.run({ text: 'x', team: 't' })
      assert.equal(run.output, 'the answer is three')
      assert.equal(heard.map((piece) => piece.slice(2)).join(''), 'the answer is three')
      assert.ok(heard.length > 1)
      await concord.close()
    })
  })
