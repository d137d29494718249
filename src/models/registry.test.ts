import assert from 'node:assert/strict'
import { registerHooks } from 'node:module'
import { after, test } from 'node:test'
import { anthropicMessages } from '../../test/providers/anthropic-messages.ts'
import { openAiChat } from '../../test/providers/openai-chat.ts'
import { type WireServer, wireServer } from '../../test/providers/wire-server.ts'
import { type ConcordError, isConcordError } from '../domain/errors.ts'
import { scriptedModel } from '../testing/model.ts'
import { fromAiSdk } from './ai-sdk.ts'
import { modelRegistry } from './registry.ts'

const servers: WireServer[] = []
after(() => Promise.all(servers.map((server) => server.close())))
const listening = async (): Promise<WireServer> => {
  const server = await wireServer()
  servers.push(server)
  return server
}

const refused = async (work: Promise<unknown>): Promise<ConcordError> => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  assert.ok(isConcordError(error), String(error))
  return error
}

const asked = { messages: [{ role: 'user' as const, content: 'hi' }] }

/** Answers as OpenAI would, and keeps where each request was going: nothing leaves the machine. */
const recordingFetch = () => {
  const urls: string[] = []
  const keys: (string | null)[] = []
  const fetch: typeof globalThis.fetch = async (input, init) => {
    urls.push(String(input))
    keys.push(new Headers(init?.headers).get('authorization'))
    const responses = String(input).endsWith('/responses')
    return responses
      ? Response.json({ error: { message: 'seen', code: 'x' } }, { status: 400 })
      : Response.json(openAiChat.whole({ text: 'ok' }).json)
  }
  return { fetch, urls, keys }
}

test('a built-in provider with settings needs no kind, and another one says that it does', async () => {
  const { fetch, urls } = recordingFetch()
  const providers = { openai: { callsMax: 2 }, house: { callsMax: 2, baseUrl: 'http://127.0.0.1:9/v1' } }
  const models = modelRegistry({ env: { OPENAI_API_KEY: 'k' }, fetch, providers })
  await (await models.resolve('openai/o')).generate(asked).catch(() => undefined)
  assert.deepEqual(urls, ['https://api.openai.com/v1/responses'])
  await assert.rejects(models.resolve('house/m'), {
    code: 'model.unconfigured',
    message: /provider house needs a kind: none is set; set kind of house .* openai-compatible/,
  })
})

test('every built-in provider goes to its own address, never to a gateway', async () => {
  const { fetch, urls } = recordingFetch()
  const env = {
    OPENAI_API_KEY: 'k-openai',
    ANTHROPIC_API_KEY: 'k-anthropic',
    GOOGLE_GENERATIVE_AI_API_KEY: 'k-google',
  }
  const models = modelRegistry({ env, fetch })
  for (const id of [
    'openai/o',
    'anthropic/a',
    'google/g',
    'ollama/library/llama3:8b',
    'vllm/v',
    'lmstudio/l',
  ])
    await (await models.resolve(id)).generate(asked).catch(() => undefined)
  assert.deepEqual(urls, [
    'https://api.openai.com/v1/responses',
    'https://api.anthropic.com/v1/messages',
    'https://generativelanguage.googleapis.com/v1beta/models/g:generateContent',
    'http://127.0.0.1:11434/v1/chat/completions',
    'http://127.0.0.1:8000/v1/chat/completions',
    'http://127.0.0.1:1234/v1/chat/completions',
  ])
})

test('a model name keeps its slashes, and a local server gets no key', async () => {
  const server = await listening()
  server.will(openAiChat.whole({ text: 'ok' }))
  const env = { OLLAMA_BASE_URL: `${server.url}/v1/`, OPENAI_API_KEY: 'k-openai' }
  const model = await modelRegistry({ env }).resolve('ollama/library/llama3')
  assert.equal(model.id, 'ollama/library/llama3')
  await model.generate(asked)
  const [request] = server.requests
  assert.equal((request?.body as { model: string } | undefined)?.model, 'library/llama3')
  assert.equal(request?.headers.authorization, undefined)
})

test("the environment's base URL of OpenAI means chat completions; the config may ask for either", async () => {
  const { fetch, urls } = recordingFetch()
  const env = { OPENAI_API_KEY: 'k', OPENAI_BASE_URL: 'http://127.0.0.1:9/v1' }
  await (await modelRegistry({ env, fetch }).resolve('openai/a')).generate(asked)
  const providers = { openai: { kind: 'openai', api: 'chat' } } as const
  await (
    await modelRegistry({ env: { OPENAI_API_KEY: 'k' }, fetch, providers }).resolve('openai/a')
  ).generate(asked)
  assert.deepEqual(urls, [
    'http://127.0.0.1:9/v1/chat/completions',
    'https://api.openai.com/v1/chat/completions',
  ])
})

test("a provider of one's own has its own key, and never gets another's", async () => {
  const { fetch, keys, urls } = recordingFetch()
  const providers = {
    acme: { kind: 'openai', baseUrl: 'https://models.acme.test/v1', headers: { 'x-team': 'research' } },
    plain: { kind: 'openai-compatible', baseUrl: 'https://plain.acme.test/v1' },
  } as const
  const env = { OPENAI_API_KEY: 'k-openai' }
  const missing = await refused(modelRegistry({ env, fetch, providers }).resolve('acme/m'))
  assert.equal(missing.code, 'model.key-missing')
  assert.match(missing.message, /ACME_API_KEY/)
  const models = modelRegistry({ env: { ...env, ACME_API_KEY: 'k-acme' }, fetch, providers })
  await (await models.resolve('acme/m')).generate(asked)
  await (await models.resolve('plain/m')).generate(asked)
  assert.deepEqual(keys, ['Bearer k-acme', null])
  assert.deepEqual(
    urls.map((url) => new URL(url).host),
    ['models.acme.test', 'plain.acme.test'],
  )
})

test('a missing key names its variable; a key set later is found', async () => {
  const env: { [name: string]: string | undefined } = { ANTHROPIC_API_KEY: '  ' }
  const models = modelRegistry({ env })
  for (const [id, variable] of [
    ['openai/gpt', 'OPENAI_API_KEY'],
    ['anthropic/claude', 'ANTHROPIC_API_KEY'],
    ['google/gemini', 'GOOGLE_GENERATIVE_AI_API_KEY'],
  ] as const) {
    const error = await refused(models.resolve(id))
    assert.equal(error.code, 'model.key-missing')
    assert.equal(error.details.variable, variable)
    assert.ok(error.message.includes(`set ${variable}`), error.message)
    env[variable] = 'found'
    assert.equal((await models.resolve(id)).id, id)
  }
})

test('an unknown provider, a bare name and a bad base URL say what to write instead', async () => {
  const providers = {
    mine: { kind: 'openai-compatible', baseUrl: 'not a url' },
    bare: { kind: 'openai-compatible' },
  } as const
  const models = modelRegistry({ env: {}, providers })
  for (const [id, hint] of [
    ['nowhere/model', /one of mine, bare, openai, anthropic, google, ollama, vllm, lmstudio/],
    ['gpt-5', /provider\/model/],
    ['/x', /provider\/model/],
    ['openai/', /provider\/model/],
    ['', /provider\/model/],
    ['constructor/x', /one of/],
    ['__proto__/x', /one of/],
    ['mine/x', /set baseUrl of mine/],
    ['bare/x', /set baseUrl of bare/],
  ] as const) {
    const error = await refused(models.resolve(id))
    assert.equal(error.code, 'model.unconfigured', id)
    assert.match(error.message, hint)
  }
})

test('a missing provider package says how to install it', async () => {
  const hooks = registerHooks({
    resolve: (specifier, context, next) => {
      if (specifier !== '@ai-sdk/google') return next(specifier, context)
      const error = new Error(`Cannot find package '${specifier}' imported from here`)
      throw Object.assign(error, { code: 'ERR_MODULE_NOT_FOUND' })
    },
  })
  try {
    const error = await refused(
      modelRegistry({ env: { GOOGLE_GENERATIVE_AI_API_KEY: 'k' } }).resolve('google/g'),
    )
    assert.equal(error.code, 'package.missing')
    assert.match(error.message, /npm install @ai-sdk\/google/)
  } finally {
    hooks.deregister()
  }
})

test('a model is made once, with its price and limits; scripted ones come first', async () => {
  const price = { inputPerMillion: 1, outputPerMillion: 2 }
  const scripted = scriptedModel(['ok'], { id: 'openai/scripted' })
  const models = modelRegistry({
    env: { OPENAI_API_KEY: 'k' },
    prices: { 'openai/a': price },
    limits: { 'openai/a': { outputTokensMax: 50, contextTokensMax: 300 } },
    scripted: [scripted],
  })
  const model = await models.resolve('openai/a')
  assert.equal(await models.resolve('openai/a'), model)
  assert.deepEqual(model.price, price)
  assert.equal(model.outputTokensMax, 50)
  assert.equal(model.inputTokensBound({ messages: [{ role: 'user', content: 'x'.repeat(900) }] }), 300)
  assert.equal((await models.resolve('openai/b')).price, undefined)
  assert.equal(await models.resolve('openai/scripted'), scripted)
})

test("a user's own AI SDK model is taken as it is", async () => {
  const server = await listening()
  server.will(
    anthropicMessages.whole({ text: 'as it is' }),
    anthropicMessages.error(401, 'bad key sk-ant-abcdefghijklmnop'),
  )
  const { createAnthropic } = await import('@ai-sdk/anthropic')
  const own = createAnthropic({ baseURL: `${server.url}/v1`, apiKey: 'mine' })('claude-x')
  const model = fromAiSdk(own, { price: { inputPerMillion: 3, outputPerMillion: 15 } })
  assert.equal(model.id, 'anthropic/claude-x')
  assert.equal(model.price?.outputPerMillion, 15)
  assert.equal((await model.generate(asked)).text, 'as it is')
  const error = await refused(model.generate(asked))
  assert.equal(error.code, 'model.rejected')
  assert.ok(!error.message.includes('abcdefghijklmnop'), error.message)
})

test('a model that ignores its signal is left in time all the same', async () => {
  const { createOpenAI } = await import('@ai-sdk/openai')
  const deaf = createOpenAI({ apiKey: 'k', fetch: () => new Promise<never>(() => {}) }).chat('deaf')
  const error = await refused(fromAiSdk(deaf, { timeoutMs: 20 }).generate(asked))
  assert.equal(error.code, 'model.timeout')
})

test('a model that is given more than five minutes answers, refuses redirects and is cancelled all the same', async () => {
  const server = await listening()
  const env = { VLLM_BASE_URL: `${server.url}/v1` }
  const model = await modelRegistry({ env, timeoutMs: 900_000 }).resolve('vllm/slow')
  server.will(openAiChat.whole({ text: 'patience' }), openAiChat.streamed({ text: 'more' }), {
    status: 308,
    headers: { location: 'http://127.0.0.1:9/' },
    raw: '',
  })
  assert.equal((await model.generate(asked)).text, 'patience')
  assert.equal((await model.generate(asked, { onDelta: () => {} })).text, 'more')
  assert.equal((await refused(model.generate(asked))).code, 'model.rejected')
  server.will({ ending: 'hang' })
  const controller = new AbortController()
  const [requested, abandoned] = [server.requested(), server.abandoned()]
  const outcome = refused(model.generate(asked, { signal: controller.signal }))
  await requested
  controller.abort()
  assert.equal((await outcome).code, 'cancelled')
  await abandoned
})

test('an older AI SDK model says to update its package', () => {
  const old = { specificationVersion: 'v2', provider: 'old', modelId: 'm' } as never
  assert.throws(() => fromAiSdk(old), { code: 'model.unconfigured', message: /v2; update/ })
})
