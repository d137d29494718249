import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { LLMock } from '@copilotkit/aimock'
import { z } from 'zod'
import { agent, openConcord, team, tool } from '../../src/index.ts'
import type { Clock } from '../../src/ports/clock.ts'
import { machineClock } from '../../src/testing/clock.ts'
import { anthropicMessages } from './anthropic-messages.ts'
import { googleGenerate } from './google-generate.ts'
import { openAiChat, openAiCompatible } from './openai-chat.ts'
import { openAiResponses } from './openai-responses.ts'
import type { WireFormat } from './wire-format.ts'

/*
 * Our own servers answer as we read the providers' documents. This one was written by others, from
 * the same documents and from recorded answers: what both agree on is not a misreading of ours.
 */

const weathers: string[] = []
const weather = tool({
  name: 'weather.now',
  description: 'The weather of a city.',
  input: z.object({ city: z.string() }),
  permission: 'read',
  execute: ({ city }) => {
    weathers.push(city)
    return { city, degrees: 21 }
  },
})
const guide = agent({ name: 'm', instructions: 'Say how warm it is.', tools: [weather] })
const warm = 'It is 21 °C in Zürich – 暖かい.'
const calls = { toolCalls: [{ name: 'weather_now', arguments: { city: 'Zürich' } }] }

type Mishap = (mock: LLMock) => void

/** What happens to the first request; the second is answered. */
const mishaps: { [name: string]: Mishap } = {
  'a rate limit': (mock) =>
    void mock.nextRequestError(429, { message: 'slow down', type: 'rate_limit_error' }),
  'an error of the server': (mock) =>
    void mock.nextRequestError(500, { message: 'oh no', type: 'api_error' }),
  'an overloaded server': (mock) =>
    void mock.nextRequestError(503, { message: 'busy', type: 'overloaded_error' }),
  'a connection that is dropped': (mock) => void first(mock, { disconnectRate: 1 }),
  'an answer that is not JSON': (mock) => void first(mock, { malformedRate: 1 }),
  'an error of the mock itself': (mock) => void first(mock, { dropRate: 1 }),
}

const first = (mock: LLMock, chaos: NonNullable<Parameters<LLMock['setChaos']>[0]>): LLMock =>
  mock.prependFixture({ match: { userMessage: /warm/, sequenceIndex: 0 }, response: { content: 'x' }, chaos })

/** What providers ask to be waited for takes a fiftieth of it. */
const hurried: Clock = {
  ...machineClock,
  schedule: (ms, fn, options) => machineClock.schedule(ms / 50, fn, options),
}

/** In the words of each provider. */
const usage = {
  ...{ prompt_tokens: 30, completion_tokens: 4 },
  ...{ input_tokens: 30, output_tokens: 4 },
  ...{ promptTokenCount: 30, candidatesTokenCount: 4 },
}

const open = async (mock: LLMock, wire: WireFormat, streaming: boolean) => {
  const concord = await openConcord({
    clock: hurried,
    env: { [wire.keyVariable]: 'test-key', [wire.baseUrlVariable]: mock.url + wire.basePath },
    config: {
      model: wire.id,
      stores: { kind: 'memory' },
      ...(wire.providers === undefined ? {} : { providers: wire.providers }),
      teams: {
        t: team({
          agents: [guide],
          plan: () => [{ id: 'a', agent: 'm', payload: 'How warm is it in Zürich?' }],
        }),
      },
    },
  })
  let written = ''
  if (streaming)
    concord.onDelta(({ text }) => {
      written += text
    })
  return { concord, written: () => written }
}

for (const wire of [openAiChat, openAiCompatible, openAiResponses, anthropicMessages, googleGenerate])
  describe(`${wire.name}, as others wrote it`, { timeout: 60_000 }, () => {
    let mock: LLMock
    before(async () => {
      mock = new LLMock({ port: 0, host: '127.0.0.1', logLevel: 'silent', chunkSize: 7 })
      await mock.start()
    })
    after(() => mock.stop())

    const answering = () => {
      weathers.length = 0
      mock.reset()
      mock.clearRequests()
      mock.on({ userMessage: /warm/, hasToolResult: true }, { content: warm, usage })
      mock.on({ userMessage: /warm/, hasToolResult: false }, { ...calls, usage })
    }

    for (const streaming of [false, true]) {
      const how = streaming ? 'streamed' : 'whole'

      it(`calls its tools and answers, ${how}`, async () => {
        answering()
        const { concord, written } = await open(mock, wire, streaming)
        const run = await concord.run({ text: 'x', team: 't' })
        await concord.close()
        assert.equal(run.output, warm, run.failure?.message)
        assert.deepEqual(weathers, ['Zürich'])
        assert.equal(run.spent.tokens, 68)
        if (streaming) assert.equal(written(), warm)
        assert.equal(mock.getRequests().length, 2)
      })

      for (const [name, mishap] of Object.entries(mishaps))
        it(`survives ${name}, ${how}`, async () => {
          answering()
          mishap(mock)
          const { concord } = await open(mock, wire, streaming)
          const run = await concord.run({ text: 'x', team: 't' })
          const failures = (await concord.events(run.id)).flatMap(({ type, data }) =>
            type === 'model.answered' && data.failure !== undefined ? [data.failure.code] : [],
          )
          await concord.close()
          assert.equal(run.output, warm, run.failure?.message)
          assert.deepEqual(failures, [name === 'a rate limit' ? 'model.rate-limited' : 'model.failed'])
          assert.deepEqual(weathers, ['Zürich'])
        })

      it(`fails at once when the key is refused, ${how}`, async () => {
        answering()
        mock.nextRequestError(401, { message: 'bad key', type: 'authentication_error' })
        const { concord } = await open(mock, wire, streaming)
        const run = await concord.run({ text: 'x', team: 't' })
        await concord.close()
        assert.equal(run.failure?.code, 'model.rejected')
        assert.match(run.failure?.message ?? '', new RegExp(wire.keyVariable))
        assert.equal(mock.getRequests().length, 1)
      })

      // The mock has no word for it in the responses API.
      const filtered = wire === anthropicMessages ? 'refusal' : 'content_filter'
      it(`no answer is made of one that a filter ended, ${how}`, {
        skip: wire === openAiResponses,
      }, async () => {
        answering()
        mock.prependFixture({
          match: { userMessage: /warm/ },
          response: { content: 'It is', finishReason: filtered },
        })
        const { concord } = await open(mock, wire, streaming)
        const run = await concord.run({ text: 'x', team: 't' })
        await concord.close()
        assert.equal(run.failure?.code, 'model.refused', run.failure?.message)
      })
    }

    it('a stream that is cut off is no answer: the call is made again', async () => {
      answering()
      mock.prependFixture({
        match: { userMessage: /warm/, hasToolResult: true, sequenceIndex: 0 },
        response: { content: warm },
        truncateAfterChunks: 3,
      })
      const { concord } = await open(mock, wire, true)
      const run = await concord.run({ text: 'x', team: 't' })
      await concord.close()
      assert.equal(run.output, warm, run.failure?.message)
      assert.equal(mock.getRequests().length, 3)
    })
  })
