import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { z } from 'zod'
import { agent, type Json, openConcord, type Policy, team, tool } from '../../src/index.ts'
import { modelPlanner } from '../../src/orchestration/model-planner.ts'
import { scriptedModel } from '../../src/testing/model.ts'
import { anthropicMessages } from '../providers/anthropic-messages.ts'
import { googleGenerate } from '../providers/google-generate.ts'
import { openAiChat } from '../providers/openai-chat.ts'
import { type WireServer, wireServer } from '../providers/wire-server.ts'
import { concordWith, typesOf } from './fixture.ts'

const written: Json[] = []
const write = tool({
  name: 'write',
  description: 'Writes a text.',
  input: z.object({ text: z.string().default('') }),
  permission: 'write',
  execute: ({ text }) => {
    written.push(text)
    return 'written'
  },
})
const writer = agent({ name: 'm', instructions: 'Write.', tools: [write] })
const policy: Policy = { permissions: { write: 'allow' } }
const plan = () => [{ id: 'a', agent: 'm', payload: 'write a book' }]
const call = (args: string) => ({ calls: [{ id: 'c', name: 'write', arguments: args }] })

for (const wire of [openAiChat, anthropicMessages, googleGenerate])
  describe(`an answer of ${wire.name} that is cut off at the token limit`, () => {
    let server: WireServer
    before(async () => {
      server = await wireServer()
    })
    after(() => server.close())

    for (const how of ['whole', 'streamed'] as const) {
      const open = async () => {
        const concord = await openConcord({
          env: { [wire.keyVariable]: 'test-key', [wire.baseUrlVariable]: server.url + wire.basePath },
          config: {
            model: wire.id,
            stores: { kind: 'memory' },
            teams: { t: team({ agents: [writer], plan, policy }) },
          },
        })
        if (how === 'streamed') concord.onDelta(() => {})
        return concord
      }

      it(`executes none of its tool calls and asks again, ${how}`, async () => {
        written.length = 0
        const concord = await open()
        server.will(
          wire[how]({ ...call('{"text":"half"}'), finish: 'length' }),
          wire[how](call('{"text":"a short one"}')),
          wire[how]({ text: 'done' }),
        )
        const run = await concord.run({ text: 'x', team: 't' })
        assert.equal(run.output, 'done', run.failure?.message)
        assert.deepEqual(written, ['a short one'])
        const [observed] = wire.toolResultsOf(server.requests.at(-2) ?? assert.fail('no request'))
        assert.match(observed?.content ?? '', /cut off at the token limit; call again with less/)
        await concord.close()
      })

      it(`ends after three of them, with that reason, ${how}`, async () => {
        written.length = 0
        const concord = await open()
        const before = server.requests.length
        for (let i = 0; i < 3; i++) server.will(wire[how]({ ...call('{}'), finish: 'length' }))
        const run = await concord.run({ text: 'x', team: 't' })
        assert.equal(run.failure?.code, 'agent.output-invalid')
        assert.match(run.failure?.message ?? '', /3 times.*cut off at the token limit/)
        assert.equal(server.requests.length - before, 3)
        assert.deepEqual(written, [])
        await concord.close()
      })
    }
  })

describe('an answer that is cut off at the token limit', () => {
  it('executes none of several tool calls, whole ones neither, and each is observed', async () => {
    written.length = 0
    const model = scriptedModel([
      {
        toolCalls: [
          { id: '1', tool: 'write', input: { text: 'whole' } },
          { id: '2', tool: 'write', input: {}, invalid: '{"text":"ha' },
        ],
        finish: 'length',
      },
      'done',
    ])
    const concord = await concordWith({ agents: [{ ...writer, model }], plan, policy })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.deepEqual([run.output, written], ['done', []])
    const results = model.requests[1]?.messages.filter(({ role }) => role === 'tool')
    assert.equal(results?.length, 2)
    assert.equal(typesOf(await concord.events(run.id), 'tool.').length, 0)
  })

  it('is no plan, whatever can be read of it', async () => {
    const steps = [{ id: 'a', agent: 'm', payload: 'x' }]
    const model = scriptedModel([
      { text: JSON.stringify({ steps }), finish: 'length' },
      JSON.stringify({ steps }),
    ])
    const concord = await concordWith(
      { agents: [agent({ name: 'm', run: () => 'done' }), modelPlanner], planner: 'planner' },
      { model },
    )
    assert.equal((await concord.run({ text: 'x', team: 't' })).status, 'succeeded')
    assert.equal(model.calls(), 2)
    assert.match(JSON.stringify(model.requests[1]?.messages), /cut off at the token limit/)
  })
})
