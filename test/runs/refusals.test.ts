import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { z } from 'zod'
import { traceOf } from '../../src/domain/trace.ts'
import { formatTrace } from '../../src/domain/trace-text.ts'
import { agent, openConcord, team, tool } from '../../src/index.ts'
import { manualClock } from '../../src/testing/clock.ts'
import { callsTool, rateLimited, type ScriptedModel, scriptedModel } from '../../src/testing/model.ts'
import { anthropicMessages } from '../providers/anthropic-messages.ts'
import { googleGenerate } from '../providers/google-generate.ts'
import { openAiChat, openAiCompatible } from '../providers/openai-chat.ts'
import { openAiResponses } from '../providers/openai-responses.ts'
import { type WireServer, wireServer } from '../providers/wire-server.ts'
import { anything, concordWith, eventOf, typesOf } from './fixture.ts'

const looked: string[] = []
const look = tool({
  name: 'look',
  description: 'Looks something up.',
  input: z.object({ at: z.string().default('') }),
  permission: 'read',
  execute: ({ at }) => {
    looked.push(at)
    return 'seen'
  },
})
const plan = () => [{ id: 'a', agent: 'm', payload: 'look' }]
const looker = agent({ name: 'm', instructions: 'Look.', tools: [look] })
const call = { id: 'c', name: 'look', arguments: '{"at":"x"}' }

for (const wire of [openAiChat, openAiCompatible, openAiResponses, anthropicMessages, googleGenerate])
  describe(`what a model of ${wire.name} does not answer`, () => {
    let server: WireServer
    before(async () => {
      server = await wireServer()
    })
    after(() => server.close())

    for (const how of ['whole', 'streamed'] as const) {
      const answers = async (replies: Parameters<typeof wire.whole>[0][], output?: typeof anything) => {
        looked.length = 0
        const sentBefore = server.requests.length
        const concord = await openConcord({
          env: { [wire.keyVariable]: 'test-key', [wire.baseUrlVariable]: server.url + wire.basePath },
          config: {
            model: wire.id,
            stores: { kind: 'memory' },
            ...(wire.providers === undefined ? {} : { providers: wire.providers }),
            teams: { t: team({ agents: [output === undefined ? looker : { ...looker, output }], plan }) },
          },
        })
        if (how === 'streamed') concord.onDelta(() => {})
        server.will(...replies.map((said) => wire[how](said)))
        const run = await concord.run({ text: 'x', team: 't' })
        await concord.close()
        return { run, sent: server.requests.length - sentBefore }
      }

      it(`a refusal fails the step at once, in the model's words, ${how}`, async () => {
        const { run, sent } = await answers([{ refusal: 'I cannot help with that.' }])
        assert.equal(run.failure?.code, 'model.refused', run.failure?.message)
        assert.match(run.failure?.message ?? '', /I cannot help with that\./)
        assert.equal(sent, 1)
      })

      it(`a filtered answer is no answer, whatever was written before, ${how}`, async () => {
        const { run, sent } = await answers([{ text: 'The first half', refusal: '' }])
        assert.equal(run.failure?.code, 'model.refused', run.failure?.message)
        assert.equal(sent, 1)
      })

      it(`no tool call of a refused answer is made, ${how}`, async () => {
        const { run } = await answers([{ refusal: '', calls: [call] }])
        assert.equal(run.failure?.code, 'model.refused', run.failure?.message)
        assert.deepEqual(looked, [])
      })

      it(`an empty closing turn is asked for once more, ${how}`, async () => {
        const { run, sent } = await answers([{ text: 'Looking.', calls: [call] }, {}, { text: 'It is red.' }])
        assert.equal(run.output, 'It is red.', run.failure?.message)
        assert.equal(sent, 3)
      })

      it(`the answer beside the last tool call is kept when nothing follows, ${how}`, async () => {
        const { run } = await answers([{ text: 'It is red.', calls: [call] }, {}, {}])
        assert.equal(run.output, 'It is red.', run.failure?.message)
        assert.deepEqual(looked, ['x'])
      })

      it(`a structured answer beside a tool call is kept too, ${how}`, async () => {
        const { run } = await answers([{ text: '{"color":"red"}', calls: [call] }, {}, {}], anything)
        assert.deepEqual(run.output, { color: 'red' }, run.failure?.message)
      })

      it(`a model that never says anything fails with that reason, ${how}`, async () => {
        const { run, sent } = await answers([{ calls: [call] }, {}, {}])
        assert.equal(run.failure?.code, 'model.no-answer', run.failure?.message)
        assert.equal(sent, 3)
      })
    }
  })

for (const wire of [openAiChat, openAiResponses, anthropicMessages, googleGenerate])
  it(`arguments nested deeper than the log holds are an observation, not the end: ${wire.name}`, async () => {
    const server = await wireServer()
    after(() => server.close())
    const concord = await openConcord({
      env: { [wire.keyVariable]: 'test-key', [wire.baseUrlVariable]: server.url + wire.basePath },
      config: {
        model: wire.id,
        stores: { kind: 'memory' },
        ...(wire.providers === undefined ? {} : { providers: wire.providers }),
        teams: { t: team({ agents: [looker], plan }) },
      },
    })
    after(() => concord.close())
    looked.length = 0
    const deep = `${'{"a":'.repeat(300)}1${'}'.repeat(300)}`
    server.will(wire.whole({ calls: [{ ...call, arguments: deep }] }), wire.whole({ text: 'done' }))
    const run = await concord.run({ text: 'x', team: 't' })
    assert.equal(run.output, 'done', run.failure?.message)
    const [told] = wire.toolResultsOf(server.requests.at(-1) ?? assert.fail('no request'))
    assert.match(told?.content ?? '', /(\/a){50}… is nested deeper than 200/)
    assert.deepEqual(looked, [])
  })

describe('what a model does not answer', () => {
  it('a prompt that Google blocks is refused, whole', async () => {
    const server = await wireServer()
    after(() => server.close())
    const env = { GOOGLE_GENERATIVE_AI_API_KEY: 'k', GOOGLE_GENERATIVE_AI_BASE_URL: `${server.url}/v1beta` }
    const concord = await openConcord({
      env,
      config: {
        model: 'google/gemini-test',
        stores: { kind: 'memory' },
        teams: { t: team({ agents: [looker], plan }) },
      },
    })
    after(() => concord.close())
    server.will({ json: { promptFeedback: { blockReason: 'PROHIBITED_CONTENT' }, usageMetadata: {} } })
    const { failure } = await concord.run({ text: 'x', team: 't' })
    assert.equal(failure?.code, 'model.refused', failure?.message)
  })

  it("a prompt that OpenAI's or Azure's filter refuses is refused, not a bad request", async () => {
    const server = await wireServer()
    after(() => server.close())
    const env = { OPENAI_API_KEY: 'k', OPENAI_BASE_URL: `${server.url}/v1` }
    const config = {
      model: 'openai/gpt-test',
      stores: { kind: 'memory' as const },
      teams: { t: team({ agents: [looker], plan }) },
    }
    const concord = await openConcord({ env, config })
    after(() => concord.close())
    const error = { message: 'The prompt triggered the content policy.', type: null, code: 'content_filter' }
    server.will({ status: 400, json: { error } })
    const { failure } = await concord.run({ text: 'x', team: 't' })
    assert.equal(failure?.code, 'model.refused', failure?.message)
    assert.match(failure?.message ?? '', /content policy/)
  })

  it('is the same when the step is repeated from its journal', async () => {
    const model = scriptedModel([{ text: 'No.', finish: 'content-filter' }])
    let tries = 0
    const concord = await concordWith({
      agents: [
        agent({
          name: 'm',
          run: async (_, { model: ask, step }) => {
            tries++
            const first = await ask({ messages: [{ role: 'user', content: 'x' }] }, { model }).catch(
              (error: { code?: string }) => error.code,
            )
            // Fails once, so that the step is executed again.
            await step('fails once', () => {
              if (tries === 1) throw new Error('once')
              return null
            })
            return String(first)
          },
        }),
      ],
      plan,
    })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.deepEqual([run.output, tries, model.calls()], ['model.refused', 2, 1])
  })

  it('arguments that are not JSON are reported as such', async () => {
    const model = scriptedModel([
      { toolCalls: [{ id: '1', tool: 'look', input: null, invalid: '{at: x' }] },
      'done',
    ])
    const concord = await concordWith({ agents: [{ ...looker, model }], plan })
    await concord.run({ text: 'x', team: 't' })
    const told = model.requests[1]?.messages.findLast(({ role }) => role === 'tool')
    assert.equal(told?.content, 'failed: its arguments are not JSON: {at: x; write one JSON object')
  })

  it('text beside an earlier tool call is not the answer after more words', async () => {
    const model = scriptedModel([
      { ...callsTool('look', {}, '1'), text: 'first' },
      { ...callsTool('look', {}, '2'), text: 'second' },
      '',
      ' \n',
    ])
    const concord = await concordWith({ agents: [{ ...looker, model }], plan })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.equal(run.output, 'second')
    const unmet = typesOf(await concord.events(run.id), 'check.unmet')
    assert.equal(unmet.length, 1)
  })
})

describe('a provider that asks for a long wait', () => {
  const limited = (ms: number) => scriptedModel([rateLimited(ms), 'done'])
  const asking = (model: ScriptedModel) => agent({ name: 'm', instructions: 'Answer.', model })
  const plan = () => [{ id: 'a', agent: 'm', payload: 'x' }]

  it('is waited for until then, durably: the step is tried again once, when it said', async () => {
    const clock = manualClock()
    const model = limited(3_600_000)
    const concord = await concordWith({ agents: [asking(model)], plan }, { clock })
    const run = await concord.start({ text: 'x', team: 't' })
    const failed = await eventOf(concord, run.id, ({ type }) => type === 'step.failed')
    assert.ok(failed.type === 'step.failed')
    assert.equal(failed.data.failure.code, 'model.rate-limited')
    assert.equal((failed.data.retryAt ?? 0) - failed.at, 3_600_000)
    const [step] = (await run.view()).plan?.steps ?? []
    assert.deepEqual([step?.status, step?.retryAt], ['retrying', failed.data.retryAt])
    assert.match(step?.failure?.message ?? '', /limits the rate/)
    assert.match(formatTrace(traceOf(await concord.events(run.id))), /tried again in 1 h 00 min/)
    assert.equal(model.calls(), 1)
    clock.advance(3_599_000)
    assert.equal(model.calls(), 1)
    clock.advance(2_000)
    assert.equal(await run.result(), 'done')
    assert.equal(model.calls(), 2)
  })

  it('fails the step at once when it is longer than a day', async () => {
    const model = limited(25 * 3_600_000)
    const concord = await concordWith({ agents: [asking(model)], plan })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.equal(run.failure?.code, 'model.rate-limited')
    assert.equal(model.calls(), 1)
  })
})
