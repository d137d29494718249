import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { ConcordError } from '../../src/domain/errors.ts'
import { traceOf } from '../../src/domain/trace.ts'
import { formatTrace } from '../../src/domain/trace-text.ts'
import { type AgentContext, agent, tool } from '../../src/index.ts'
import { whatAgentsSaw, whatModelsSaw } from '../../src/memory/conversation.ts'
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

describe('the scratchpad of code', () => {
  const noting = (bounds?: { contextTokensMax: number }) =>
    agent({
      name: 'clerk',
      ...(bounds === undefined ? {} : { bounds }),
      attemptsMax: 2,
      run: async (_input, context: AgentContext) => {
        const { scratchpad, attempt } = context
        scratchpad.pin('The customer is Ada')
        const texts: string[] = []
        for (let i = 1; i <= 12; i++) {
          scratchpad.observe(`page ${i}: ${'lorem ipsum '.repeat(20)}`)
          texts.push(scratchpad.text())
          if (i === 6) await context.step('half', () => i)
          if (i === 7 && attempt === 1) throw new ConcordError('agent.failed', 'once')
        }
        return texts
      },
    })

  it('is told to the log change by change, and rebuilt from it, condensations and a failed attempt included', async () => {
    const concord = await concordWith({
      agents: [noting({ contextTokensMax: 1000 })],
      plan: () => [{ id: 'read', agent: 'clerk' }],
    })
    const run = await concord.run({ text: 'read', team: 't' })
    assert.equal(run.status, 'succeeded')
    const events = await concord.events(run.id)
    const notes = events.filter(({ type }) => type === 'scratchpad.noted')
    const condensed = events.filter(({ type }) => type === 'scratchpad.compacted')
    assert.equal(notes.length, 13)
    assert.ok(condensed.length > 0)
    const seen = whatAgentsSaw(events)
    assert.equal(seen.length, notes.length + condensed.length)
    assert.deepEqual(whatModelsSaw(events), [])
    // What code reads begins with the pinned facts.
    const fact = 'The customer is Ada'
    const held = seen.map(({ messages }) =>
      [
        fact,
        ...messages.map(({ content }) => content).filter((text) => text !== `Keep in mind: ${fact}`),
      ].join('\n'),
    )
    for (const text of run.output as string[]) assert.ok(held.includes(text), text)
  })

  it('shows in the trace as one node, whatever is noted', async () => {
    const concord = await concordWith({
      agents: [noting()],
      plan: () => [{ id: 'read', agent: 'clerk' }],
    })
    const run = await concord.run({ text: 'read', team: 't' })
    const text = formatTrace(traceOf(await concord.events(run.id)))
    assert.match(text, /recorded scratchpad notes/)
  })

  it('is recorded within bounds: long texts are cut, and the last that is recorded says so', async () => {
    const many = agent({
      name: 'clerk',
      run: (_input, { scratchpad }: AgentContext) => {
        scratchpad.observe('x'.repeat(5_000))
        for (let i = 0; i < 1_200; i++) scratchpad.observe(`note ${i}`)
        return 'ok'
      },
    })
    const concord = await concordWith({ agents: [many], plan: () => [{ id: 'read', agent: 'clerk' }] })
    const run = await concord.run({ text: 'read', team: 't' })
    const notes = (await concord.events(run.id)).flatMap((event) =>
      event.type === 'scratchpad.noted' ? [event.data] : [],
    )
    assert.equal(notes.length, 1_000)
    assert.equal(notes[0]?.omittedChars, 1_000)
    assert.deepEqual(
      notes.filter(({ last }) => last).map(({ text }) => text),
      ['note 998'],
    )
  })
})

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
    const seen = whatModelsSaw(events).filter(({ call }) => call.startsWith('model:'))
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
