import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { jsonSchema, lazySchema, tool as sdkTool } from '@ai-sdk/provider-utils'
import { z } from 'zod'
import {
  type AiSdkModel,
  agent,
  type Concord,
  type Delta,
  type JsonObject,
  openConcord,
  team,
  tool,
} from '../../src/index.ts'
import { callsTool, scriptedModel } from '../../src/testing/model.ts'
import { openAiChat } from '../providers/openai-chat.ts'
import { type WireServer, wireServer } from '../providers/wire-server.ts'
import { concordWith, decide, typesOf } from './fixture.ts'

const key = 'sk-house-0123456789abcdef'

describe('a model object of the AI SDK', () => {
  let server: WireServer
  before(async () => {
    server = await wireServer()
  })
  after(() => server.close())

  const house = () =>
    createOpenAICompatible({ name: 'house', apiKey: key, baseURL: `${server.url}/v1`, includeUsage: true })

  it('is metered, journaled and priced like any other, and its tools are asked for', async () => {
    let executed = 0
    const pay = sdkTool({
      description: 'Pays.',
      inputSchema: z.object({ cents: z.number() }),
      execute: async ({ cents }, { toolCallId, abortSignal }) => {
        executed++
        assert.ok(toolCallId.length > 0 && abortSignal instanceof AbortSignal)
        return { paid: cents }
      },
    })
    const clerk = agent({
      name: 'clerk',
      model: house()('gpt-x'),
      instructions: 'Pay.',
      tools: { pay },
      outputTokensMax: 100,
    })
    const concord = await concordWith(
      { agents: [clerk] },
      { prices: { 'house/gpt-x': { inputPerMillion: 1_000_000, outputPerMillion: 2_000_000 } } },
    )
    server.will(
      openAiChat.whole({
        calls: [{ id: 'c1', name: 'pay', arguments: '{"cents": 3}' }],
        usage: { input: 10, output: 5 },
      }),
      openAiChat.whole({ text: `paid with ${key}`, usage: { input: 20, output: 5 } }),
    )
    const handle = await concord.start({ text: 'x', team: 't', budget: { money: 100_000 } })
    const waiting = await handle.settled()
    assert.equal(waiting.status, 'waiting', JSON.stringify(waiting.failure))
    assert.match(waiting.waits[0]?.prompt ?? '', /wants to call pay\(\{"cents":3\}\)/)
    assert.equal(executed, 0)
    await decide(concord, handle.id, { kind: 'approve' })
    assert.equal(await handle.result(), 'paid with ***')
    assert.equal(executed, 1)
    const view = await handle.view()
    assert.equal(view.spent.money, 10 + 20 + 2 * (5 + 5))
    const events = await concord.events(handle.id)
    assert.deepEqual(typesOf(events, 'model.', 'tool.', 'budget.').length > 5, true)
    assert.equal(events.filter(({ type }) => type === 'model.answered').length, 2)
    assert.doesNotMatch(JSON.stringify(events), /sk-house/)
    assert.equal(server.requests.at(-1)?.headers.authorization, `Bearer ${key}`)
    assert.partialDeepStrictEqual(server.requests[0]?.body, { max_tokens: 100 })
  })

  it('sends nothing that the budget does not allow, and nothing without a price under a money budget', async () => {
    const concord = await concordWith({
      agents: [agent({ name: 'm', model: house()('gpt-x'), instructions: 'Say.' })],
    })
    const sent = server.requests.length
    const short = await concord.run({ text: 'x', team: 't', budget: { tokens: 100 } })
    assert.equal(short.failure?.code, 'budget.exhausted')
    const unpriced = await concord.run({ text: 'x', team: 't', budget: { money: 1 } })
    assert.match(unpriced.failure?.message ?? '', /model "house\/gpt-x", which has no price/)
    assert.equal(server.requests.length, sent)
  })

  it('hides the key that an error page repeats', async () => {
    const concord = await concordWith({
      agents: [agent({ name: 'm', model: house()('gpt-x'), instructions: 'Say.' })],
    })
    server.will(openAiChat.error(400, `no such key: ${key}`))
    const run = await concord.run({ text: 'x', team: 't' })
    assert.equal(run.failure?.code, 'model.rejected')
    assert.doesNotMatch(JSON.stringify(await concord.events(run.id)), /sk-house/)
  })

  it('may be the default model, a role, and that of ctx.model', async () => {
    const asking = agent({
      name: 'asking',
      run: async (_input, { model }) => [
        (await model('one')).model,
        (await model('two', { model: 'small' })).model,
        (await model('three', { model: house()('gpt-z') })).model,
      ],
    })
    const concord = await concordWith(
      { agents: [asking] },
      { model: house()('gpt-x'), models: { small: house()('gpt-y') } },
    )
    const sent = server.requests.length
    server.will(...['a', 'b', 'c'].map((text) => openAiChat.whole({ text })))
    await concord.result({ text: 'x', team: 't' })
    const asked = server.requests.slice(sent).map(({ body }) => (body as { model: string }).model)
    assert.deepEqual(asked, ['gpt-x', 'gpt-y', 'gpt-z'])
  })

  it('does not have its conversations kept by the responses API', async () => {
    const openai = createOpenAI({ apiKey: key, baseURL: `${server.url}/v1` })
    const concord = await concordWith({
      agents: [agent({ name: 'm', model: openai('gpt-5'), instructions: 'Say.' })],
    })
    server.will(openAiChat.error(400, 'no'))
    await concord.run({ text: 'x', team: 't' })
    assert.partialDeepStrictEqual(server.requests.at(-1)?.body, { store: false })
  })
})

/** A model object written after the published interfaces, with what was sent to it. */
const older = (specificationVersion: 'v2' | 'v3'): AiSdkModel & { sent: unknown[] } => {
  const finishReason = specificationVersion === 'v2' ? 'stop' : { unified: 'stop', raw: 'end' }
  const usage =
    specificationVersion === 'v2'
      ? { inputTokens: 7, outputTokens: 3, totalTokens: 10, cachedInputTokens: 2 }
      : { inputTokens: { total: 7, cacheRead: 2 }, outputTokens: { total: 3 } }
  const sent: unknown[] = []
  const parts = [
    { type: 'stream-start', warnings: [] },
    { type: 'text-start', id: '1' },
    { type: 'text-delta', id: '1', delta: 'Hello' },
    { type: 'text-end', id: '1' },
    { type: 'finish', finishReason, usage },
  ]
  return {
    specificationVersion,
    provider: 'old.chat',
    modelId: 'm',
    sent,
    async doGenerate(options: unknown) {
      sent.push(options)
      return { content: [{ type: 'text', text: 'Hello' }], finishReason, usage, warnings: [] }
    },
    async doStream(options: unknown) {
      sent.push(options)
      return { stream: ReadableStream.from(parts) }
    },
  }
}

describe('a model object of an older AI SDK', () => {
  for (const version of ['v2', 'v3'] as const)
    for (const streams of [false, true])
      it(`is used as specification ${version}, ${streams ? 'streaming' : 'in one piece'}`, async () => {
        const model = older(version)
        const content = [
          { type: 'text' as const, text: 'What is this?' },
          { type: 'file' as const, mediaType: 'image/png', data: 'aGVsbG8=' },
        ]
        const looking = agent({
          name: 'looking',
          model,
          run: (_input, ctx) => ctx.model({ messages: [{ role: 'user', content }] }),
        })
        const concord = await concordWith({ agents: [looking] })
        const deltas: Delta[] = []
        if (streams) concord.onDelta((delta) => deltas.push(delta))
        const answer = await concord.result({ text: 'x', team: 't' })
        assert.deepEqual(answer, {
          text: 'Hello',
          toolCalls: [],
          finish: 'stop',
          usage: { inputTokens: 7, outputTokens: 3, cachedInputTokens: 2 },
          model: 'm',
        })
        const [{ prompt }] = model.sent as [{ prompt: { content: unknown }[] }]
        assert.deepEqual(prompt[0]?.content, [
          { type: 'text', text: 'What is this?' },
          { type: 'file', mediaType: 'image/png', data: 'aGVsbG8=' },
        ])
        assert.equal(deltas.map(({ text }) => text).join(''), streams ? 'Hello' : '')
      })

  it('is refused where its specification is not known', async () => {
    const model = { ...older('v2'), specificationVersion: 'v1' }
    const concord = await concordWith({ agents: [agent({ name: 'm', model, instructions: 'Say.' })] })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.match(
      run.failure?.message ?? '',
      /AI SDK model old\/m as its specification must be v2, v3 or v4: v1/,
    )
  })
})

const calling = (name: string, input: JsonObject, tools: object, config = {}) =>
  concordWith(
    {
      agents: [
        agent({
          name: 'm',
          model: scriptedModel([callsTool(name, input), 'done']),
          instructions: 'Use it.',
          tools: tools as never,
        }),
      ],
      policy: { permissions: { execute: 'allow' } },
    },
    config,
  )

const answeredIn = async (concord: Concord) => {
  const run = await concord.run({ text: 'x', team: 't' })
  const event = (await concord.events(run.id)).find(({ type }) => type === 'tool.answered')
  assert.ok(event?.type === 'tool.answered', JSON.stringify(run.failure))
  return event.data
}

describe('tools of the AI SDK', () => {
  const shape = { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] } as const

  it('say what they take: zod, a JSON Schema, one that validates, and a lazy one', async () => {
    const validated = jsonSchema<{ n: number }>(shape, {
      validate: (value) =>
        typeof (value as { n?: unknown }).n === 'number'
          ? { success: true, value: { n: 40 } }
          : { success: false, error: new Error('n is no number') },
    })
    const told: unknown[] = []
    const schemas = [
      z.object({ n: z.number() }),
      jsonSchema(shape),
      validated,
      lazySchema(() => jsonSchema(shape)),
    ]
    for (const inputSchema of schemas) {
      const double = sdkTool({
        inputSchema,
        execute: async (input: unknown) => (input as { n: number }).n * 2,
      } as never)
      const concord = await calling('double', { n: 2 }, { double })
      told.push((await answeredIn(concord)).output)
    }
    assert.deepEqual(told, [4, 4, 80, 4])
  })

  it('refuse what does not fit before they are called, and tell the model why', async () => {
    const validate = () => ({ success: false as const, error: new Error('n is no number') })
    const never = sdkTool({ inputSchema: jsonSchema(shape, { validate }), execute: async () => 'called' })
    const concord = await calling('never', { n: 'x' }, { never })
    const run = await concord.run({ text: 'x', team: 't' })
    const events = await concord.events(run.id)
    assert.equal(run.output, 'done')
    assert.match(JSON.stringify(events), /n is no number/)
    assert.deepEqual(typesOf(events, 'tool.called'), [])
  })

  it('give the last value of a stream, and what they throw is an observation', async () => {
    const streaming = sdkTool({
      inputSchema: z.object({}),
      async *execute() {
        yield { at: 1 }
        yield { at: 2 }
      },
    })
    assert.deepEqual((await answeredIn(await calling('s', {}, { s: streaming }))).output, { at: 2 })
    const throwing = sdkTool({
      inputSchema: z.object({}),
      execute: async (): Promise<string> => {
        throw new Error('no weather')
      },
    })
    assert.match(
      (await answeredIn(await calling('s', {}, { s: throwing }))).failure?.message ?? '',
      /no weather/,
    )
  })

  it('count as execute unless they say less, and are approved where they say so', async () => {
    const plain = { inputSchema: z.object({}), execute: async () => 'x' }
    const statusWith = async (permissions: object, more: object) => {
      const concord = await concordWith({
        agents: [
          agent({
            name: 'm',
            model: scriptedModel([callsTool('p', {}), 'done']),
            instructions: 'Use it.',
            tools: { p: { ...sdkTool(plain), ...more } },
          }),
        ],
        policy: { permissions },
      })
      const run = await concord.run({ text: 'x', team: 't' })
      return run.status
    }
    assert.equal(await statusWith({ execute: 'allow' }, {}), 'succeeded')
    assert.equal(await statusWith({ compute: 'allow', execute: 'ask' }, {}), 'waiting')
    assert.equal(
      await statusWith({ compute: 'allow', execute: 'ask' }, { permission: 'compute' }),
      'succeeded',
    )
    assert.equal(await statusWith({ execute: 'allow' }, { needsApproval: true }), 'waiting')
    assert.equal(await statusWith({ execute: 'allow' }, { needsApproval: () => false }), 'waiting')
  })

  it('stand beside ours, and may be named from the config', async () => {
    const plain = sdkTool({ inputSchema: z.object({}), execute: async () => 'theirs' })
    const own = tool({
      name: 'own',
      description: 'Ours.',
      input: z.object({}),
      permission: 'compute',
      execute: () => 'ours',
    })
    assert.equal((await answeredIn(await calling('p', {}, [own, { p: plain }]))).output, 'theirs')
    assert.equal((await answeredIn(await calling('own', {}, [own, { p: plain }]))).output, 'ours')
    assert.equal((await answeredIn(await calling('other', {}, { other: own }))).output, 'ours')
    assert.equal((await answeredIn(await calling('p', {}, ['p'], { tools: { p: plain } }))).output, 'theirs')
  })

  it('are refused at the start where they cannot work, with the place', async () => {
    const inputSchema = z.object({})
    const wrong: [object, RegExp][] = [
      [{ p: { inputSchema } }, /it has no "execute" .*; give it one/],
      [
        { p: { type: 'provider', id: 'openai.web_search', args: {}, inputSchema } },
        /a model provider executes it/,
      ],
      [
        { p: { inputSchema: 3, execute: () => 1 } },
        /agent "m": tool "p": its inputSchema must be a schema \(teams\.t\.agents\.0\.tools\); use zod 4/,
      ],
      [[sdkTool({ inputSchema, execute: async () => 1 })], /has no name of its own.*\{ weather: tool/],
      [{ p: jsonSchema(Promise.resolve({})) }, /no "execute"/],
      [
        { p: { inputSchema: jsonSchema(Promise.resolve({})), execute: () => 1 } },
        /its JSON Schema must be there at once/,
      ],
    ]
    for (const [tools, message] of wrong)
      await assert.rejects(
        openConcord({
          config: {
            stores: { kind: 'memory' },
            teams: { t: team({ agents: [agent({ name: 'm', instructions: 'x', tools: tools as never })] }) },
          },
        }),
        { code: 'config.invalid', message },
      )
  })
})
