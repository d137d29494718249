import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { type Reply, type WireServer, wireServer } from '../../test/providers/wire-server.ts'
import { said } from '../memory/conversation.ts'
import type { Message, ModelRequest } from '../ports/model.ts'
import { modelRegistry, type RegistryOptions } from './registry.ts'

// Bodies follow the published schemas of each server; none is recorded.

const servers: WireServer[] = []
after(() => Promise.all(servers.map((server) => server.close())))

const serving = async (id: string, replies: Reply[], options: Partial<RegistryOptions> = {}) => {
  const server = await wireServer()
  servers.push(server)
  server.will(...replies)
  const env: { [name: string]: string } = {}
  for (const name of ['OPENAI', 'ANTHROPIC', 'VLLM', 'OLLAMA']) {
    env[`${name}_API_KEY`] = 'key'
    env[`${name}_BASE_URL`] = `${server.url}/v1`
  }
  env.GOOGLE_GENERATIVE_AI_API_KEY = 'key'
  env.GOOGLE_GENERATIVE_AI_BASE_URL = `${server.url}/v1beta`
  const model = await modelRegistry({ env, timeoutMs: 10_000, ...options }).resolve(id)
  const body = (at: number) => server.requests[at]?.body as { [name: string]: unknown }
  return { server, model, body }
}

const chat = (message: object, finish = 'stop'): Reply => ({
  json: {
    id: 'c1',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: finish }],
    usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
  },
})

const user = (content: string): Message => ({ role: 'user', content })
const search = { name: 'search', description: 'Finds', input: { type: 'object', properties: {} } }
const withTool = (...messages: Message[]): ModelRequest => ({ messages, tools: [search] })

/** Two turns of a tool loop: the second request holds what the first answer was. */
const secondTurn = async (id: string, first: Reply, last: Reply, streaming: boolean) => {
  const { model, body } = await serving(id, [first, last])
  const onDelta = streaming ? { onDelta: () => {} } : {}
  const answer = await model.generate(withTool(user('go')), onDelta)
  const [call] = answer.toolCalls
  assert.ok(call)
  // The log keeps an answer as JSON.
  const kept = JSON.parse(JSON.stringify(said(answer))) as Message
  const result: Message = { role: 'tool', callId: call.id, tool: call.tool, content: 'found' }
  await model.generate(withTool(user('go'), kept, result))
  return body(1)
}

const frames = (...values: object[]): string[] =>
  values.map((value) => `event: ${(value as { type?: string }).type}\ndata: ${JSON.stringify(value)}\n\n`)

describe('what a model thought goes back with the next turn', () => {
  const thoughts = [
    { type: 'thinking', thinking: 'I should search.', signature: 'c2lnbmVk' },
    { type: 'redacted_thinking', data: 'ZW5jcnlwdGVk' },
  ]
  const claude = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-test' }
  const usage = { input_tokens: 3, output_tokens: 2 }
  const use = { type: 'tool_use', id: 'toolu_1', name: 'search', input: {} }
  const done: Reply = {
    json: { ...claude, content: [{ type: 'text', text: 'ok' }], stop_reason: 'end_turn', usage },
  }
  const assistantOf = (body: { [name: string]: unknown }) => {
    const messages = body.messages as { role: string; content: { type: string }[] }[]
    const { content } = messages.find(({ role }) => role === 'assistant') ?? { content: [] }
    return content
  }

  it('as signed and encrypted blocks for Claude, whole', async () => {
    const first = { json: { ...claude, content: [...thoughts, use], stop_reason: 'tool_use', usage } }
    const content = assistantOf(await secondTurn('anthropic/claude-test', first, done, false))
    assert.deepEqual(content.slice(0, 2), thoughts)
    assert.equal(content[2]?.type, 'tool_use')
  })

  it('as signed and encrypted blocks for Claude, streamed', async () => {
    const start = { type: 'message_start', message: { ...claude, content: [], stop_reason: null, usage } }
    const sse = frames(
      start,
      { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'I should ' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'search.' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'c2lnbmVk' } },
      { type: 'content_block_stop', index: 0 },
      { type: 'content_block_start', index: 1, content_block: thoughts[1] },
      { type: 'content_block_stop', index: 1 },
      { type: 'content_block_start', index: 2, content_block: use },
      { type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: '{}' } },
      { type: 'content_block_stop', index: 2 },
      { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 9 } },
      { type: 'message_stop' },
    )
    const content = assistantOf(await secondTurn('anthropic/claude-test', { sse }, done, true))
    assert.deepEqual(content.slice(0, 2), thoughts)
  })

  it('as thought signatures of calls for Gemini', async () => {
    const gemini = (parts: object[]): Reply => ({
      json: { candidates: [{ content: { role: 'model', parts }, index: 0, finishReason: 'STOP' }] },
    })
    const call = { functionCall: { id: 'c1', name: 'search', args: {} }, thoughtSignature: 'c2ln' }
    const body = await secondTurn('google/gemini-test', gemini([call]), gemini([{ text: 'ok' }]), false)
    assert.match(JSON.stringify(body), /"thoughtSignature":"c2ln"/)
  })

  const toolCall = {
    id: 'call_1',
    type: 'function',
    function: { name: 'search', arguments: '{}' },
    extra_content: { google: { thought_signature: 'c2ln' } },
  }
  const sent = (body: { [name: string]: unknown }) => {
    const messages = body.messages as { role: string; reasoning_content?: string; tool_calls?: object[] }[]
    return messages.find(({ role }) => role === 'assistant')
  }

  it('as reasoning_content and extra_content for OpenAI-compatible servers, whole', async () => {
    const message = { content: null, reasoning_content: 'I should search.', tool_calls: [toolCall] }
    const body = await secondTurn('vllm/m', chat(message, 'tool_calls'), chat({ content: 'ok' }), false)
    assert.equal(sent(body)?.reasoning_content, 'I should search.')
    assert.deepEqual(sent(body)?.tool_calls, [toolCall])
  })

  it('as reasoning_content and extra_content for OpenAI-compatible servers, streamed', async () => {
    const delta = (value: object, finish: string | null = null) =>
      `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta: value, finish_reason: finish }] })}\n\n`
    const sse = [
      delta({ role: 'assistant', reasoning_content: 'I should ' }),
      delta({ reasoning_content: 'search.' }),
      delta({ tool_calls: [{ index: 0, ...toolCall }] }),
      delta({}, 'tool_calls'),
      'data: [DONE]\n\n',
    ]
    const body = await secondTurn('vllm/m', { sse }, chat({ content: 'ok' }), true)
    assert.equal(sent(body)?.reasoning_content, 'I should search.')
    assert.deepEqual(sent(body)?.tool_calls, [toolCall])
  })

  it('as encrypted reasoning items for the responses API', async () => {
    const response = (output: object[]): Reply => ({
      json: {
        id: 'resp_1',
        object: 'response',
        created_at: 1,
        status: 'completed',
        model: 'gpt-5-test',
        output,
        usage: { input_tokens: 3, output_tokens: 2, total_tokens: 5 },
      },
    })
    const summary = [{ type: 'summary_text', text: 'search' }]
    const reasoning = { type: 'reasoning', id: 'rs_1', encrypted_content: 'ZW5j', summary }
    const call = { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'search', arguments: '{}' }
    const text = { type: 'output_text', text: 'ok', annotations: [] }
    const last = { type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', content: [text] }
    const { model, body } = await serving('openai/gpt-5', [response([reasoning, call]), response([last])], {
      providers: { openai: { kind: 'openai', api: 'responses' } },
    })
    const answer = await model.generate(withTool(user('go')))
    const result: Message = { role: 'tool', callId: 'call_1', tool: 'search', content: 'found' }
    await model.generate(withTool(user('go'), said(answer), result))
    assert.match(JSON.stringify(body(0).include), /reasoning\.encrypted_content/)
    const input = body(1).input as { type?: string }[]
    assert.deepEqual(
      input.find(({ type }) => type === 'reasoning'),
      reasoning,
    )
  })
})

describe("an answer's schema beside tools", () => {
  const output = { name: 'paper', schema: { type: 'object', properties: { title: { type: 'string' } } } }
  const requests: [name: string, request: ModelRequest][] = [
    ['with tools', { ...withTool(user('go')), output }],
    ['without', { messages: [user('go')], output }],
  ]
  const sends = async (id: string, options: Partial<RegistryOptions> = {}) => {
    const replies = requests.map(() => chat({ content: '{}' }))
    const { model, body } = await serving(id, replies, options)
    for (const [, request] of requests) await model.generate(request)
    return requests.map((_, at) => body(at).response_format !== undefined)
  }

  it('is not sent where a grammar would keep the model from its tools', async () => {
    for (const id of ['vllm/m', 'ollama/m', 'openai/served-here'])
      assert.deepEqual(await sends(id), [false, true], id)
  })

  it('is sent as the provider says', async () => {
    const as = (structuredOutput: 'always' | 'never') => ({
      providers: { vllm: { kind: 'openai-compatible' as const, structuredOutput } },
    })
    assert.deepEqual(await sends('vllm/m', as('always')), [true, true])
    assert.deepEqual(await sends('vllm/m', as('never')), [false, false])
  })

  it('stands in the prompt when it is not sent, and once', async () => {
    const { model, body } = await serving('vllm/m', [chat({ content: '{}' }), chat({ content: '{}' })])
    const schema = JSON.stringify(output.schema)
    await model.generate({ ...withTool(user('go')), output })
    await model.generate({
      ...withTool({ role: 'system', content: `Answer: ${schema}` }, user('go')),
      output,
    })
    for (const at of [0, 1]) {
      const [system] = body(at).messages as { role: string; content: string }[]
      assert.equal(system?.role, 'system')
      assert.equal(system?.content.split(schema).length, 2, system?.content)
    }
  })
})

describe('schemas whose root is no object', () => {
  const list = {
    type: 'array',
    items: { $ref: '#/$defs/point' },
    $defs: { point: { type: 'object', properties: { next: { $ref: '#' } } } },
  }

  it('are sent as one, and the answer is as the schema wants it', async () => {
    const { model, body } = await serving('openai/m', [
      chat({ content: '{"value":[1]}' }),
      chat({ content: '[1]' }),
    ])
    const request = { messages: [user('go')], output: { name: 'list', schema: list } }
    assert.equal((await model.generate(request)).text, '[1]')
    assert.equal((await model.generate(request)).text, '[1]')
    const format = body(0).response_format as { json_schema: { schema: { [name: string]: unknown } } }
    assert.deepEqual(format.json_schema.schema, {
      $defs: { point: { type: 'object', properties: { next: { $ref: '#/properties/value' } } } },
      type: 'object',
      properties: { value: { type: 'array', items: { $ref: '#/$defs/point' } } },
      required: ['value'],
      additionalProperties: false,
    })
  })

  it('are sent as one for tools, and their calls are read and repeated so', async () => {
    const calls = ['{"value":{"a":1}}', '{"a":1}', '[1]'].map((text, at) => ({
      id: `call_${at}`,
      type: 'function',
      function: { name: 'either', arguments: text },
    }))
    const { model, body } = await serving('vllm/m', [
      chat({ content: null, tool_calls: calls }, 'tool_calls'),
      chat({ content: 'ok' }),
    ])
    const input = { anyOf: [{ type: 'object' }, { type: 'array' }] }
    const tools = [{ name: 'either', description: 'Takes both', input }]
    const answer = await model.generate({ messages: [user('go')], tools })
    assert.deepEqual(
      answer.toolCalls.map((call) => call.input),
      [{ a: 1 }, { a: 1 }, [1]],
    )
    await model.generate({ messages: [user('go'), said(answer)], tools })
    const [tool] = body(0).tools as { function: { parameters: { type: string } } }[]
    assert.equal(tool?.function.parameters.type, 'object')
    const repeated = (body(1).messages as { tool_calls?: { function: { arguments: string } }[] }[])[1]
    assert.deepEqual(
      repeated?.tool_calls?.map((call) => JSON.parse(call.function.arguments)),
      [{ value: { a: 1 } }, { value: { a: 1 } }, { value: [1] }],
    )
  })

  it('always have properties', async () => {
    const { model, body } = await serving('vllm/m', [chat({ content: 'ok' })])
    const tools = [{ name: 'now', description: 'The time', input: { type: 'object' } }]
    await model.generate({ messages: [user('go')], tools })
    const [tool] = body(0).tools as { function: { parameters: object } }[]
    assert.deepEqual(tool?.function.parameters, { type: 'object', properties: {} })
  })
})

describe('the turns of a conversation', () => {
  it('alternate, and blank ones are left out', async () => {
    const { model, body } = await serving('vllm/m', [chat({ content: 'ok' })])
    await model.generate({
      messages: [
        { role: 'system', content: 'Be brief.' },
        user('Known from before.'),
        user('  \n'),
        user('The task.'),
        { role: 'assistant', content: ' ' },
        { role: 'system', content: 'And kind.' },
        user('Again.'),
      ],
    })
    const messages = body(0).messages as { role: string; content: unknown }[]
    assert.deepEqual(
      messages.map(({ role }) => role),
      ['system', 'user'],
    )
    assert.equal(messages[0]?.content, 'Be brief.\n\nAnd kind.')
    assert.ok(!JSON.stringify(messages).includes('\\n"'), JSON.stringify(messages))
  })

  it('hold no blank text for Claude, who refuses it', async () => {
    const reply = { content: [{ type: 'text', text: 'ok' }], stop_reason: 'end_turn' }
    const usage = { input_tokens: 3, output_tokens: 2 }
    const head = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-test' }
    const { model, body } = await serving('anthropic/claude-test', [{ json: { ...head, ...reply, usage } }])
    const toolCalls = [{ id: 'toolu_1', tool: 'search', input: {} }]
    await model.generate({
      ...withTool(
        user('go'),
        { role: 'assistant', content: '\n', toolCalls },
        { role: 'tool', callId: 'toolu_1', tool: 'search', content: '' },
        { role: 'assistant', content: '\t' },
        user('on'),
      ),
    })
    const messages = body(0).messages as { content: { type: string; text?: string }[] }[]
    const texts = messages.flatMap(({ content }) => content).filter(({ type }) => type === 'text')
    assert.deepEqual(
      texts.map(({ text }) => text),
      ['go', 'on'],
    )
  })
})

describe('an answer that the server ended with an error', () => {
  it('is a failed call, whole and streamed', async () => {
    const half = chat({ content: 'Half of an' }, 'error')
    const chunk = (delta: object, finish: string | null) =>
      `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`
    const sse = [chunk({ content: 'Half of an' }, null), chunk({}, 'error'), 'data: [DONE]\n\n']
    for (const id of ['openai/m', 'vllm/m'])
      for (const [reply, options] of [
        [half, {}],
        [{ sse }, { onDelta: () => {} }],
      ] as const) {
        const { model } = await serving(id, [reply])
        await assert.rejects(model.generate({ messages: [user('x')] }, options), { code: 'model.failed' })
      }
  })
})

describe('a server that can write less than is asked for', () => {
  const refusals: [name: string, message: string, then: number, next: number][] = [
    [
      'vLLM',
      "'max_tokens' or 'max_completion_tokens' is too large: 8192. This model's maximum context length is 4096 tokens and your request has 12 input tokens (8192 > 4096 - 12).",
      2048,
      2048,
    ],
    [
      'an older vLLM',
      "This model's maximum context length is 4096 tokens. However, you requested 11192 tokens (3000 in the messages, 8192 in the completion).",
      1096,
      1096,
    ],
    [
      'OpenAI',
      'max_tokens is too large: 8192. This model supports at most 4096 completion tokens.',
      4096,
      4096,
    ],
    ['Groq', '`max_tokens` must be less than or equal to `1024`, the maximum value', 1024, 1024],
  ]
  for (const [name, message, then, next] of refusals)
    it(`is asked for what it can, and from then on: ${name}`, async () => {
      const refusal: Reply = { status: 400, json: { error: { message, type: 'invalid_request_error' } } }
      const done = chat({ content: 'ok' })
      const { server, model, body } = await serving('vllm/m', [refusal, done, done])
      await model.generate({ messages: [user('x')] })
      await model.generate({ messages: [user('x')] })
      assert.equal(server.requests.length, 3)
      assert.deepEqual(
        [0, 1, 2].map((at) => body(at).max_tokens),
        [8192, then, next],
      )
    })

  it('is named with the setting when the conversation itself is too long', async () => {
    const message =
      "This model's maximum context length is 4096 tokens and your request has 5000 input tokens"
    const { server, model } = await serving('vllm/m', [{ status: 400, json: { error: { message } } }])
    await assert.rejects(model.generate({ messages: [user('x')] }), (error: Error) => {
      assert.match(error.message, /limits: \{ 'vllm\/m': \{ contextTokensMax/)
      return true
    })
    assert.equal(server.requests.length, 1)
  })
})

describe('odd shapes of OpenAI-compatible answers', () => {
  const call = (odd: object) => ({ id: 'call_1', type: 'function', ...odd })
  const shapes: [name: string, call: object][] = [
    ['arguments as an object', call({ function: { name: 'search', arguments: { query: 'x' } } })],
    ['a numeric id', { id: 7, function: { name: 'search', arguments: '{"query":"x"}' } }],
    ['name and arguments beside the id', call({ name: 'search', arguments: { query: 'x' } })],
  ]
  for (const [name, odd] of shapes)
    for (const streaming of [false, true])
      it(`reads ${name}, ${streaming ? 'streamed' : 'whole'}`, async () => {
        const chunk = (delta: object, finish: string | null) =>
          `data: ${JSON.stringify({ id: 3, created: '1', model: null, choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`
        const sse = [chunk({ tool_calls: [{ index: 0, ...odd }] }, null), chunk({}, 'tool_calls')]
        const whole = chat({ content: null, tool_calls: [odd] }, 'tool_calls')
        const { model } = await serving('vllm/m', [streaming ? { sse } : whole])
        const answer = await model.generate(withTool(user('go')), streaming ? { onDelta: () => {} } : {})
        assert.deepEqual(
          answer.toolCalls.map(({ tool, input }) => ({ tool, input })),
          [{ tool: 'search', input: { query: 'x' } }],
        )
      })

  for (const nothing of [null, undefined])
    it(`reads arguments that are ${nothing}`, async () => {
      const odd = call({ function: { name: 'search', arguments: nothing } })
      const { model } = await serving('vllm/m', [chat({ content: null, tool_calls: [odd] }, 'tool_calls')])
      assert.deepEqual((await model.generate(withTool(user('go')))).toolCalls[0]?.input, {})
    })

  it('reads counts that are texts, and charges the bounds where they are none', async () => {
    const reply = (usage: object): Reply => {
      const { json } = chat({ content: 'ok' })
      return { json: { ...(json as object), id: 5, usage } }
    }
    const { model } = await serving('vllm/m', [
      reply({ prompt_tokens: '12', completion_tokens: '3' }),
      reply({ prompt_tokens: 'many', completion_tokens: null }),
    ])
    const request = { messages: [user('x')] }
    assert.deepEqual((await model.generate(request)).usage, { inputTokens: 12, outputTokens: 3 })
    assert.equal((await model.generate(request)).usage.inputTokens, model.inputTokensBound(request))
  })
})

describe('a server that is not there', () => {
  it('is named with the setting that says where it is', async () => {
    const gone = await wireServer()
    const { port } = new URL(gone.url)
    await gone.close()
    const env = { OLLAMA_HOST: `0.0.0.0:${port}` }
    const model = await modelRegistry({ env }).resolve('ollama/m')
    await assert.rejects(model.generate({ messages: [user('x')] }), (error: Error) => {
      assert.ok(error.message.includes(`http://127.0.0.1:${port}/v1`), error.message)
      assert.match(error.message, /OLLAMA_BASE_URL or providers\.ollama\.baseUrl/)
      return true
    })
  })
})
