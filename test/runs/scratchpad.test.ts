import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { type AgentContext, agent, tool } from '../../src/index.ts'
import { whatModelsSaw } from '../../src/memory/conversation.ts'
import { callsTool, scriptedModel } from '../../src/testing/model.ts'
import { concordWith } from './fixture.ts'

const read = tool({
  name: 'read',
  description: 'Reads.',
  input: z.looseObject({}),
  permission: 'compute',
  execute: () => 'lorem ipsum '.repeat(80),
})

const reading = (turns: number) =>
  scriptedModel((_, call) => (call < turns ? callsTool('read', { call }, `c${call}`) : 'done'))

const bounds = { turnsMax: 60, contextTokensMax: 2500 }

describe('condensing a long loop', () => {
  it('asks the model that condenses, whose words the agent goes on from', async () => {
    const condenser = scriptedModel(() => 'Pages 1 to n say lorem ipsum.')
    const model = reading(30)
    const concord = await concordWith({
      agents: [agent({ name: 'm', model, tools: [read], bounds, condenseWith: condenser })],
    })
    const run = await concord.run({ text: 'read', team: 't' })
    assert.equal(run.output, 'done')
    assert.ok(condenser.calls() >= 2)
    assert.match(String(condenser.requests[0]?.messages[1]?.content), /"callId":"c0"/)
    assert.match(JSON.stringify(model.requests.at(-1)), /Pages 1 to n say lorem ipsum\./)
    const events = await concord.events(run.id)
    assert.ok(events.every((event) => event.type !== 'scratchpad.compacted' || event.data.by === 'model'))
    const seen = whatModelsSaw(events).filter(({ call }) => call.startsWith('model#'))
    assert.deepEqual(
      seen.map(({ messages }) => messages),
      model.requests.map(({ messages }) => messages),
    )
  })

  it('condenses by rule when that model fails', async () => {
    const condenser = { ...reading(0), generate: () => Promise.reject(new TypeError('a bug')) }
    const concord = await concordWith({
      agents: [agent({ name: 'm', model: reading(12), tools: [read], bounds, condenseWith: condenser })],
    })
    const run = await concord.run({ text: 'read', team: 't' })
    assert.equal(run.output, 'done')
    const compacted = (await concord.events(run.id)).filter(({ type }) => type === 'scratchpad.compacted')
    assert.ok(compacted.length > 0)
    for (const event of compacted)
      assert.equal(event.type === 'scratchpad.compacted' && event.data.by, 'rule')
  })

  it("obeys the window of the agent's model", async () => {
    const model = { ...reading(20), contextTokensMax: 4000, outputTokensMax: 1500 }
    const concord = await concordWith({
      agents: [agent({ name: 'm', model, tools: [read], bounds: { turnsMax: 60 } })],
    })
    const run = await concord.run({ text: 'read', team: 't' })
    const events = await concord.events(run.id)
    assert.ok(events.some(({ type }) => type === 'scratchpad.compacted'))
    for (const { messages } of whatModelsSaw(events)) assert.ok(JSON.stringify(messages).length / 4 <= 2500)
  })

  it('gives the model what code pinned, at every turn to the end', async () => {
    const model = scriptedModel((_, call) =>
      call === 0 ? 'a first answer' : call < 20 ? callsTool('read', {}, `c${call}`) : 'the answer',
    )
    const concord = await concordWith({
      agents: [
        agent({
          name: 'm',
          model,
          tools: [read],
          bounds,
          check: (answer, _, context: AgentContext) => {
            context.scratchpad.pin('The customer is called Ada Lovelace.')
            return answer === 'the answer'
              ? { met: true, reasons: [] }
              : { met: false, reasons: ['look first'] }
          },
        }),
      ],
    })
    const run = await concord.run({ text: 'read', team: 't' })
    assert.equal(run.output, 'the answer')
    for (const request of model.requests.slice(1)) assert.match(JSON.stringify(request), /Ada Lovelace/)
    assert.doesNotMatch(JSON.stringify(model.requests.at(-1)?.messages[3]), /^Keep in mind: The customer/)
  })

  it('leaves results that come together room for each other', async () => {
    const model = scriptedModel((_, call) =>
      call === 0
        ? { toolCalls: Array.from({ length: 8 }, (_, i) => ({ id: `p${i}`, tool: 'long', input: {} })) }
        : 'done',
    )
    const long = tool({ ...read, name: 'long', execute: () => 'x'.repeat(30_000) })
    const concord = await concordWith({ agents: [agent({ name: 'm', model, tools: [long], bounds })] })
    const run = await concord.run({ text: 'read', team: 't' })
    assert.equal(run.output, 'done')
    assert.ok(JSON.stringify(model.requests[1]).length / 4 < 2500)
  })
})
