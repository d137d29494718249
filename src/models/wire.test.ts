import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { anthropicMessages } from '../../test/providers/anthropic-messages.ts'
import { googleGenerate } from '../../test/providers/google-generate.ts'
import { openAiChat, openAiCompatible } from '../../test/providers/openai-chat.ts'
import { openAiResponses } from '../../test/providers/openai-responses.ts'
import type { WireFormat } from '../../test/providers/wire-format.ts'
import { type Reply, type WireServer, wireServer } from '../../test/providers/wire-server.ts'
import { isConcordError } from '../domain/errors.ts'
import type { Model, ModelRequest, ToolSpec } from '../ports/model.ts'
import { modelRegistry, type RegistryOptions } from './registry.ts'

// Not of a known form: it must be hidden because it is the key, not because it looks like one.
const key = 'nobodys.key.0123456789abcdef'

const servers: WireServer[] = []
after(() => Promise.all(servers.map((server) => server.close())))

const serving = async (
  format: WireFormat,
  replies: Reply[],
  options: Partial<RegistryOptions> = {},
): Promise<{ server: WireServer; model: Model }> => {
  const server = await wireServer()
  servers.push(server)
  server.will(...replies)
  const env = { [format.keyVariable]: key, [format.baseUrlVariable]: server.url + format.basePath }
  const { providers = {} } = format
  const model = await modelRegistry({ env, providers, timeoutMs: 10_000, ...options }).resolve(format.id)
  return { server, model }
}

const asked = (content: string): ModelRequest => ({ messages: [{ role: 'user', content }] })

const search: ToolSpec = {
  name: 'search',
  description: 'Finds papers',
  input: { type: 'object', properties: { query: { type: 'string' } }, required: ['query'] },
}

const failure = async (work: Promise<unknown>) => {
  const outcome = await work.then(
    (value) => assert.fail(`expected a failure, got ${JSON.stringify(value).slice(0, 200)}`),
    (error: unknown) => error,
  )
  assert.ok(isConcordError(outcome), String(outcome))
  assert.ok(!outcome.message.includes(key), outcome.message)
  return outcome
}

const unicode = 'Größe, 多模态, עברית, 👩🏽‍🔬🧪, \u0000-free, "quoted" \\ and\nlines'.replace('\u0000', '')

for (const format of [openAiChat, openAiCompatible, openAiResponses, anthropicMessages, googleGenerate])
  describe(format.name, { timeout: 60_000 }, () => {
    test('answers plain text, with the usage the provider counted', async () => {
      const { server, model } = await serving(format, [
        format.whole({ text: unicode, usage: { input: 40, output: 9, cached: 16 } }),
      ])
      const answer = await model.generate(
        {
          messages: [
            { role: 'system', content: 'Be brief.' },
            { role: 'user', content: unicode },
          ],
          temperature: 0,
          outputTokensMax: 77,
        },
        { idempotencyKey: 'run/1/step/0' },
      )
      assert.equal(answer.text, unicode)
      assert.equal(answer.finish, 'stop')
      assert.deepEqual(answer.toolCalls, [])
      assert.deepEqual(answer.usage, { inputTokens: 40, outputTokens: 9, cachedInputTokens: 16 })
      // The Google package keeps `modelVersion` to itself.
      assert.equal(
        answer.model,
        format === googleGenerate ? 'gemini-test' : answer.model.replace(/-test.*/, '-test-2026'),
      )
      const [request] = server.requests
      assert.ok(request)
      assert.equal(request.path, format.path)
      assert.equal(format.keyOf(request), key)
      assert.equal(request.headers['idempotency-key'], 'run/1/step/0')
      assert.equal(format.systemOf(request), 'Be brief.')
      assert.equal(format.outputTokensMaxOf(request), 77)
      assert.ok(JSON.stringify(request.body).includes(JSON.stringify(unicode).slice(1, -1)))
    })

    test('always says how much may be written, so that a reservation holds', async () => {
      const { server, model } = await serving(format, [format.whole({ text: 'ok' })], {
        limits: { [format.id]: { outputTokensMax: 123 } },
      })
      await model.generate(asked('hi'))
      assert.equal(model.outputTokensMax, 123)
      assert.equal(server.requests[0] && format.outputTokensMaxOf(server.requests[0]), 123)
    })

    test('carries parallel tool calls there and their results back', async () => {
      const calls = [
        { id: 'call_a', name: 'search', arguments: '{"query":"多模态"}' },
        { id: 'call_b', name: 'memory_get', arguments: '{"key":"papers:list"}' },
      ]
      const { server, model } = await serving(format, [
        format.whole({ text: 'Looking.', calls }),
        format.whole({ text: 'Done.' }),
      ])
      const request: ModelRequest = {
        ...asked('find papers'),
        tools: [search, { ...search, name: 'memory.get', description: 'Reads the memory' }],
      }
      const first = await model.generate(request)
      assert.equal(first.finish, 'tool-calls')
      assert.deepEqual(
        first.toolCalls.map(({ tool, input }) => ({ tool, input })),
        [
          { tool: 'search', input: { query: '多模态' } },
          { tool: 'memory.get', input: { key: 'papers:list' } },
        ],
      )
      const [one, two] = first.toolCalls
      assert.ok(one && two && one.id !== two.id)
      const second = await model.generate({
        ...request,
        messages: [
          ...request.messages,
          { role: 'assistant', content: first.text, toolCalls: first.toolCalls },
          { role: 'tool', callId: one.id, tool: 'search', content: 'two papers' },
          { role: 'tool', callId: two.id, tool: 'memory.get', content: 'no such key', failed: true },
        ],
      })
      assert.equal(second.text, 'Done.')
      const [before, sent] = server.requests
      assert.ok(before && sent)
      assert.deepEqual(format.toolNamesOf(before), ['search', 'memory_get'])
      const [fine, failed] = format.toolResultsOf(sent)
      assert.deepEqual(fine, { id: one.id, content: 'two papers' })
      assert.equal(failed?.id, two.id)
      assert.match(failed?.content ?? '', /no such key/)
    })

    test('asks for structured output with the schema', async () => {
      const schema = {
        type: 'object',
        properties: { title: { type: 'string' }, year: { type: 'number' } },
        required: ['title'],
        additionalProperties: false,
      }
      const json = '{"title":"A","year":2026}'
      const { server, model } = await serving(format, [format.whole({ text: json })])
      const answer = await model.generate({ ...asked('the paper'), output: { name: 'paper', schema } })
      assert.deepEqual(JSON.parse(answer.text), { title: 'A', year: 2026 })
      assert.equal(answer.finish, 'stop')
      assert.deepEqual(answer.toolCalls, [])
      const sent = server.requests[0] && format.schemaOf(server.requests[0])
      assert.deepEqual(Object.keys((sent as typeof schema).properties), ['title', 'year'])
    })

    test('streams text as it is written, then the calls and the usage', async () => {
      const calls = [{ id: 'call_a', name: 'search', arguments: '{"query":"streams of text"}' }]
      const { server, model } = await serving(format, [
        format.streamed({ text: unicode, calls, usage: { input: 21, output: 8 } }),
      ])
      const deltas: string[] = []
      const answer = await model.generate(
        { ...asked('go'), tools: [search] },
        { onDelta: (text) => deltas.push(text) },
      )
      assert.equal(answer.text, unicode)
      assert.equal(deltas.join(''), unicode)
      assert.ok(deltas.length > 3, `${deltas.length} deltas`)
      assert.deepEqual(
        answer.toolCalls.map((call) => call.input),
        [{ query: 'streams of text' }],
      )
      assert.equal(answer.finish, 'tool-calls')
      assert.deepEqual(answer.usage, { inputTokens: 21, outputTokens: 8 })
      assert.equal(server.requests[0]?.path, format.streamPath)
    })

    test('says when the answer was cut by its length', async () => {
      const { model } = await serving(format, [
        format.whole({ text: 'and so', finish: 'length' }),
        format.streamed({ text: 'and so', finish: 'length' }),
      ])
      assert.equal((await model.generate(asked('x'))).finish, 'length')
      assert.equal((await model.generate(asked('x'), { onDelta: () => {} })).finish, 'length')
    })

    test('reads a very large answer', async () => {
      const text = 'Ein langer Satz mit Umlauten: äöü. '.repeat(120_000)
      const { model } = await serving(format, [format.whole({ text })])
      assert.equal((await model.generate(asked('all of it'))).text.length, text.length)
    })

    test('reports the wait a rate limit asks for, in seconds and as a date', async () => {
      const date = new Date(Date.now() + 90_000).toUTCString()
      const { server, model } = await serving(format, [
        format.error(429, 'slow down', { 'retry-after': '7' }),
        format.error(429, 'slow down', { 'retry-after': date }),
        format.error(429, 'slow down', { 'retry-after-ms': '1500' }),
        format.error(429, 'slow down'),
      ])
      const waits: unknown[] = []
      for (let call = 0; call < 4; call += 1) {
        const error = await failure(model.generate(asked('x')))
        assert.equal(error.code, 'model.rate-limited')
        assert.match(error.message, /slow down/)
        waits.push(error.details.retryAfterMs)
      }
      assert.equal(waits[0], 7000)
      assert.ok(Number(waits[1]) > 60_000 && Number(waits[1]) <= 90_000, String(waits[1]))
      assert.equal(waits[2], 1500)
      assert.equal(waits[3], undefined)
      assert.equal(server.requests.length, 4, 'one call is one attempt')
    })

    test('calls a server error retryable, with the wait if it names one', async () => {
      const { model } = await serving(format, [
        format.error(500, 'broken'),
        format.error(529, 'overloaded', { 'retry-after': '3' }),
        { status: 502, headers: { 'content-type': 'text/html' }, raw: '<html>Bad gateway</html>' },
      ])
      const codes: unknown[] = []
      for (let call = 0; call < 3; call += 1) {
        const { code, details } = await failure(model.generate(asked('x')))
        codes.push([code, details.status, details.retryAfterMs])
      }
      assert.deepEqual(codes, [
        ['model.failed', 500, undefined],
        ['model.failed', 529, 3000],
        ['model.failed', 502, undefined],
      ])
    })

    test('passes on why the provider refused, never the key', async () => {
      const refusals = [
        [401, `Incorrect API key provided: ${key}.`, format.keyVariable],
        [403, 'no access', 'allowed'],
        [404, 'no such model', 'name'],
        [400, 'context too long', 'change the request'],
      ] as const
      const { server, model } = await serving(
        format,
        refusals.map(([status, message]) => format.error(status, message)),
      )
      for (const [status, message, wayOut] of refusals) {
        const error = await failure(model.generate(asked('x')))
        assert.equal(error.code, 'model.rejected')
        assert.equal(error.details.status, status)
        assert.ok(error.message.includes(message.replace(key, '***')), error.message)
        assert.ok(error.message.includes(wayOut), error.message)
        assert.ok(!JSON.stringify(error).includes(key))
      }
      assert.equal(server.requests.length, refusals.length)
    })

    test('does not follow a redirect with the key', async () => {
      const other = await wireServer()
      servers.push(other)
      const { model } = await serving(format, [
        { status: 307, headers: { location: `${other.url}/v1` }, raw: '' },
      ])
      assert.equal((await failure(model.generate(asked('x')))).code, 'model.rejected')
      assert.equal(other.requests.length, 0)
    })

    test('calls an answer that is not JSON, or not of the schema, a failure to try again', async () => {
      const { model } = await serving(format, [
        { raw: '{"choices": [' },
        // To Google an answer without candidates is one that was blocked.
        { json: format === googleGenerate ? { candidates: 'none' } : { hello: 'world' } },
        { raw: '' },
        { sse: ['data: {"broken\n\n'] },
      ])
      for (let call = 0; call < 3; call += 1)
        assert.equal((await failure(model.generate(asked('x')))).code, 'model.failed')
      assert.equal((await failure(model.generate(asked('x'), { onDelta: () => {} }))).code, 'model.failed')
    })

    test('says that a web page is no model, and where the address is set', async () => {
      const page = { headers: { 'content-type': 'text/html; charset=utf-8' }, raw: '<!doctype html><p>Hi' }
      const { model } = await serving(format, [page, page])
      for (const use of [{}, { onDelta: () => {} }]) {
        const error = await failure(model.generate(asked('x'), use))
        assert.equal(error.code, 'model.rejected')
        assert.match(error.message, /answers with a web page; set the base URL in .*baseUrl/)
      }
    })

    test('notices a connection that breaks before, or half-way through, the answer', async () => {
      const { model } = await serving(format, [
        { ending: 'reset' },
        { raw: '{"id":"1","cho', headers: { 'content-length': '5000' }, ending: 'reset' },
        { ...format.cut('Half of an answer'), ending: 'reset' },
        format.cut('Half of an answer'),
      ])
      for (let call = 0; call < 2; call += 1)
        assert.equal((await failure(model.generate(asked('x')))).code, 'model.failed')
      for (let call = 0; call < 2; call += 1) {
        let heard = ''
        const error = await failure(
          model.generate(asked('x'), {
            onDelta: (text) => {
              heard += text
            },
          }),
        )
        assert.equal(error.code, 'model.failed')
        assert.ok('Half of an answer'.startsWith(heard))
      }
    })

    test('names the address when nothing listens there', async () => {
      const server = await wireServer()
      await server.close()
      const env = { [format.keyVariable]: key, [format.baseUrlVariable]: server.url + format.basePath }
      const model = await modelRegistry({ env }).resolve(format.id)
      const error = await failure(model.generate(asked('x')))
      assert.equal(error.code, 'model.failed')
      assert.ok(error.message.includes(server.url), error.message)
      assert.match(error.message, /start the server/)
    })

    test('gives up in time on a server that says nothing, and closes the socket', async () => {
      const { server, model } = await serving(format, [{ ending: 'hang' }, { raw: '{', ending: 'hang' }], {
        timeoutMs: 60,
      })
      for (let call = 0; call < 2; call += 1) {
        const abandoned = server.abandoned()
        const error = await failure(model.generate(asked('x')))
        assert.equal(error.code, 'model.timeout')
        assert.equal(error.details.timeoutMs, 60)
        await abandoned
      }
    })

    test('gives up on a stream that falls silent, and closes the socket', async () => {
      const { server, model } = await serving(
        format,
        [{ ...format.cut('Half of an answer'), ending: 'hang' }],
        {
          silenceMs: 60,
        },
      )
      const abandoned = server.abandoned()
      const error = await failure(model.generate(asked('x'), { onDelta: () => {} }))
      assert.equal(error.code, 'model.timeout')
      assert.match(error.message, /silent/)
      await abandoned
    })

    test('closes the socket when the caller cancels, before and during the answer', async () => {
      const { server, model } = await serving(format, [
        { ending: 'hang' },
        { ...format.cut('Half of an answer'), ending: 'hang' },
      ])
      const early = new AbortController()
      const [requested, abandoned] = [server.requested(), server.abandoned()]
      const waiting = failure(model.generate(asked('x'), { signal: early.signal }))
      await requested
      early.abort()
      assert.equal((await waiting).code, 'cancelled')
      await abandoned

      const late = new AbortController()
      const left = server.abandoned()
      const error = await failure(
        model.generate(asked('x'), { signal: late.signal, onDelta: () => late.abort() }),
      )
      assert.equal(error.code, 'cancelled')
      await left
      const connections = server.connections()
      assert.equal((await failure(model.generate(asked('x'), { signal: late.signal }))).code, 'cancelled')
      assert.equal(server.connections(), connections, 'nothing is sent once cancelled')
    })

    test('keeps connections for the next call, after streams too', async () => {
      const streaming = [false, true, false, true, false, true, false, true]
      const { server, model } = await serving(
        format,
        streaming.map((stream) => (stream ? format.streamed({ text: 'a' }) : format.whole({ text: 'b' }))),
      )
      for (const stream of streaming) await model.generate(asked('x'), stream ? { onDelta: () => {} } : {})
      // The client may take a second one while the first is being released.
      assert.ok(server.connections() <= 2, `${server.connections()} connections for 8 calls`)
    })
  })

for (const format of [openAiChat, openAiCompatible, anthropicMessages])
  test(`${format.name}: streamed tool arguments that are not JSON come back as written`, async () => {
    const calls = [
      { id: 'call_a', name: 'search', arguments: '{"query": "unfinished' },
      { id: 'call_b', name: 'search', arguments: '{"query":"fine"}' },
    ]
    const { server, model } = await serving(format, [
      format.streamed({ calls }),
      format.whole({ text: 'ok' }),
    ])
    const request = { ...asked('go'), tools: [search] }
    const { toolCalls } = await model.generate(request, { onDelta: () => {} })
    assert.equal(toolCalls[0]?.invalid, '{"query": "unfinished')
    assert.deepEqual(toolCalls[1]?.input, { query: 'fine' })
    await model.generate({
      ...request,
      messages: [
        ...request.messages,
        { role: 'assistant', content: '', toolCalls },
        { role: 'tool', callId: 'call_a', tool: 'search', content: 'not JSON', failed: true },
        { role: 'tool', callId: 'call_b', tool: 'search', content: 'found' },
      ],
    })
    const sent = JSON.stringify(server.requests[1]?.body)
    assert.ok(sent.includes('invalid_json') && sent.includes('unfinished'), sent)
  })

for (const format of [openAiChat, openAiCompatible])
  test(`${format.name}: tool arguments that are no object, empty or not JSON never throw`, async () => {
    const calls = ['', '[1]', 'search(query)', '{"a":1}'].map((text) => ({
      id: 'same',
      name: 'search',
      arguments: text,
    }))
    const { model } = await serving(format, [format.whole({ calls })])
    const { toolCalls } = await model.generate({ ...asked('go'), tools: [search] })
    assert.deepEqual(
      toolCalls.map(({ input, invalid }) => invalid ?? input),
      [{}, [1], 'search(query)', { a: 1 }],
    )
    assert.equal(new Set(toolCalls.map((call) => call.id)).size, 4)
  })

test('OpenAI: a spent quota is not a rate limit', async () => {
  const error = {
    message: 'You exceeded your current quota',
    type: 'insufficient_quota',
    code: 'insufficient_quota',
  }
  const { model } = await serving(openAiChat, [{ status: 429, json: { error } }])
  const refused = await failure(model.generate(asked('x')))
  assert.equal(refused.code, 'model.rejected')
  assert.match(refused.message, /billing/)
})

test('Google: the wait is in the body of a rate limit', async () => {
  const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34.5s' }]
  const error = { code: 429, message: 'quota', status: 'RESOURCE_EXHAUSTED', details }
  const { model } = await serving(googleGenerate, [{ status: 429, json: { error } }])
  const limited = await failure(model.generate(asked('x')))
  assert.equal(limited.code, 'model.rate-limited')
  assert.equal(limited.details.retryAfterMs, 34_500)
})

test('results of parallel calls share one turn', async () => {
  const { server, model } = await serving(googleGenerate, [googleGenerate.whole({ text: 'ok' })])
  const toolCalls = ['a', 'b'].map((id) => ({ id, tool: 'search', input: {} }))
  await model.generate({
    messages: [
      { role: 'user', content: 'go' },
      { role: 'assistant', content: '', toolCalls },
      ...toolCalls.map(({ id, tool }) => ({ role: 'tool' as const, callId: id, tool, content: id })),
    ],
    tools: [search],
  })
  const sent = server.requests[0]?.body as { contents: { role: string; parts: unknown[] }[] } | undefined
  assert.deepEqual(
    sent?.contents.map(({ role, parts }) => [role, parts.length]),
    [
      ['user', 1],
      ['model', 2],
      ['user', 2],
    ],
  )
})

test('an error within a stream is classified as if it had come as a status', async () => {
  const overloaded =
    'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n'
  const limited =
    'data: {"error":{"message":"Rate limit reached","type":"rate_limit_exceeded","code":"rate_limit_exceeded"}}\n\n'
  const cut = (format: WireFormat) => format.cut('Half of an answer').sse ?? []
  for (const [format, sse, code] of [
    [anthropicMessages, [...cut(anthropicMessages), overloaded], 'model.failed'],
    [anthropicMessages, [overloaded], 'model.failed'],
    [openAiChat, [...cut(openAiChat), limited], 'model.rate-limited'],
    [openAiChat, [limited], 'model.rate-limited'],
    [openAiCompatible, [...cut(openAiCompatible), limited], 'model.rate-limited'],
  ] as const) {
    const { model } = await serving(format, [{ sse }])
    const error = await failure(model.generate(asked('x'), { onDelta: () => {} }))
    assert.equal(error.code, code, `${format.name}: ${error.message}`)
  }
})

test('a file part reaches the provider as it was given', async () => {
  const data = Buffer.from('\x89PNG not really').toString('base64')
  for (const format of [openAiChat, openAiCompatible, anthropicMessages, googleGenerate]) {
    const { server, model } = await serving(format, [format.whole({ text: 'a cat' })])
    await model.generate({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'what is it?' },
            { type: 'file', mediaType: 'image/png', data },
          ],
        },
      ],
    })
    assert.ok(JSON.stringify(server.requests[0]?.body).includes(data), format.name)
  }
})

test('a tool choice is said in the words of each provider', async () => {
  const choices = { [openAiChat.name]: 'tool_choice', [anthropicMessages.name]: 'tool_choice' }
  const expected = {
    [openAiChat.name]: ['required', 'none', { type: 'function', function: { name: 'memory_get' } }],
    [anthropicMessages.name]: [{ type: 'any' }, { type: 'none' }, { type: 'tool', name: 'memory_get' }],
  }
  for (const format of [openAiChat, anthropicMessages]) {
    const { server, model } = await serving(format, Array(3).fill(format.whole({ text: 'ok' })))
    for (const toolChoice of ['required', 'none', { tool: 'memory.get' }] as const)
      await model.generate({ ...asked('x'), tools: [{ ...search, name: 'memory.get' }], toolChoice })
    assert.deepEqual(
      server.requests.map(({ body }) => (body as { [field: string]: unknown })[choices[format.name] ?? '']),
      expected[format.name],
    )
  }
})

test('a schema with optional fields is sent unstrict, a closed one strict', async () => {
  const closed = {
    type: 'object',
    properties: { a: { type: 'string' } },
    required: ['a'],
    additionalProperties: false,
  }
  for (const format of [openAiChat, openAiCompatible]) {
    const { server, model } = await serving(format, [
      format.whole({ text: '{}' }),
      format.whole({ text: '{}' }),
    ])
    await model.generate({ ...asked('x'), output: { name: 'closed', schema: closed } })
    await model.generate({ ...asked('x'), output: { name: 'open', schema: { ...closed, required: [] } } })
    const strict = server.requests.map(
      ({ body }) =>
        (body as { response_format: { json_schema: { strict: boolean } } }).response_format.json_schema
          .strict,
    )
    assert.deepEqual(strict, [true, false])
  }
})

test('Anthropic: a model without native structured output is given the schema as a tool, and answers in text', async () => {
  const server = await wireServer()
  servers.push(server)
  const json = '{"title":"A"}'
  server.will(anthropicMessages.whole({ calls: [{ id: 'call_j', name: 'json', arguments: json }] }))
  const env = { ANTHROPIC_API_KEY: key, ANTHROPIC_BASE_URL: `${server.url}/v1` }
  const model = await modelRegistry({ env }).resolve('anthropic/claude-3-haiku-20240307')
  const schema = { type: 'object', properties: { title: { type: 'string' } } }
  const answer = await model.generate({ ...asked('the paper'), output: { name: 'paper', schema } })
  assert.deepEqual([answer.text, answer.finish, answer.toolCalls], [json, 'stop', []])
  assert.deepEqual(server.requests[0] && anthropicMessages.schemaOf(server.requests[0]), schema)
})

test('a server that does not count is charged the bounds, never nothing', async () => {
  const reply = openAiChat.whole({ text: 'uncounted' })
  const { model } = await serving(openAiCompatible, [
    { json: { ...(reply.json as object), usage: undefined } },
  ])
  const request = asked('x')
  const { usage } = await model.generate(request)
  assert.equal(usage.inputTokens, model.inputTokensBound(request))
  assert.ok(usage.outputTokens >= 'uncounted'.length)
})

test("an error thrown by the caller's own listener is not the provider's", async () => {
  const { model } = await serving(openAiChat, [openAiChat.streamed({ text: 'some text' })])
  const mine = new TypeError('mine')
  const thrown = await model
    .generate(asked('x'), {
      onDelta: () => {
        throw mine
      },
    })
    .catch((error: unknown) => error)
  assert.equal(thrown, mine)
})

describe('an integer that a number cannot hold', () => {
  const id = '9007199254740993'
  const said = {
    calls: [
      { id: 'c', name: 'search', arguments: `{"query":"of ${id}","id":${id},"of":[-12345678901234567890]}` },
    ],
    usage: { input: 1, output: 1 },
  }
  /** Formats that hold arguments as values were written by JSON.stringify, which loses the digits too. */
  const exactly = (reply: Reply): Reply => {
    const exact = (text: string) =>
      text
        .replaceAll(/(?<=[:[])9007199254740992/g, id)
        .replaceAll(/(?<=[:[])-12345678901234567000/g, '-12345678901234567890')
    const { json, sse, ...rest } = reply
    if (sse !== undefined) return { ...rest, sse: sse.map(exact) }
    return { ...rest, raw: exact(JSON.stringify(json)) }
  }

  for (const format of [openAiChat, openAiCompatible, anthropicMessages, googleGenerate])
    for (const how of ['whole', 'streamed'] as const)
      test(`is no other integer in a tool call, but a problem that is named (${format.name}, ${how})`, async () => {
        const { model } = await serving(format, [exactly(format[how](said))])
        const options = how === 'streamed' ? { onDelta: () => {} } : {}
        const { toolCalls } = await model.generate({ ...asked('go'), tools: [search] }, options)
        assert.equal(toolCalls.length, 1)
        const [call] = toolCalls
        assert.equal(call?.input, null)
        assert.match(call?.problem ?? '', /^9007199254740993 is an integer .* give it as text$/)
        assert.match(call?.invalid ?? '', /"query":"of 9007199254740993","id":9007199254740993/)
      })
})
