import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type Reply, type WireServer, wireServer } from '../../test/providers/wire-server.ts'
import { isConcordError } from '../domain/errors.ts'
import { embedderRegistry } from './embeddings.ts'

/*
 * OpenAI embeddings (https://platform.openai.com/docs/api-reference/embeddings) and Google batchEmbedContents
 * (https://ai.google.dev/api/embeddings), after the published schemas.
 */
const vectors = (list: number[][]): Reply => ({
  json: {
    object: 'list',
    data: list.map((embedding, index) => ({ object: 'embedding', index, embedding })),
    model: 'embed-test',
    usage: { prompt_tokens: 3, total_tokens: 3 },
  },
})

const servers: WireServer[] = []
after(() => Promise.all(servers.map((server) => server.close())))

const serving = async (id: string, replies: Reply[], own: object = {}) => {
  const server = await wireServer()
  servers.push(server)
  server.will(...replies)
  const env = {
    OPENAI_API_KEY: 'nobodys.embedding.key',
    OPENAI_BASE_URL: `${server.url}/v1`,
    OLLAMA_BASE_URL: `${server.url}/v1`,
    GOOGLE_GENERATIVE_AI_API_KEY: 'k',
    GOOGLE_GENERATIVE_AI_BASE_URL: `${server.url}/v1beta`,
    ANTHROPIC_API_KEY: 'k',
  }
  const embedders = embedderRegistry({ env, timeoutMs: 10_000, embedders: { [id]: own } })
  return { server, resolve: () => embedders.resolve(id) }
}

const inputsOf = (server: WireServer) =>
  server.requests.map(({ body }) => (body as { input: string[] }).input)

for (const id of ['openai/embed-test', 'ollama/org/embed-test']) {
  test(`${id}: batches, keeps the order, and gives unit vectors`, async () => {
    const replies = [
      vectors([
        [3, 4],
        [0, 2],
      ]),
      vectors([
        [-5, 0],
        [1, 0],
      ]),
      vectors([[0, -9]]),
    ]
    const { server, resolve } = await serving(id, replies, { dimensions: 2, batchMax: 2, concurrency: 1 })
    const embedder = await resolve()
    assert.equal(embedder.id, id)
    assert.equal(embedder.dimensions, 2)
    const found = await embedder.embed(['a', 'b', 'c', 'd', 'e'])
    assert.deepEqual(inputsOf(server), [['a', 'b'], ['c', 'd'], ['e']])
    assert.equal((server.requests[0]?.body as { dimensions: number } | undefined)?.dimensions, 2)
    assert.deepEqual(
      found.map((vector) => [...vector].map((value) => Math.round(value * 10) / 10)),
      [
        [0.6, 0.8],
        [0, 1],
        [-1, 0],
        [1, 0],
        [0, -1],
      ],
    )
    assert.ok(found[0] instanceof Float32Array)
    assert.deepEqual(await embedder.embed([]), [])
  })
}

test('learns the dimensions by one short text when nobody says them', async () => {
  const { server, resolve } = await serving('openai/embed-test', [vectors([[1, 2, 3]])])
  assert.equal((await resolve()).dimensions, 3)
  assert.equal(server.requests.length, 1)
})

test('Google: at most a hundred texts a request', async () => {
  const reply = (count: number): Reply => ({ json: { embeddings: Array(count).fill({ values: [1, 0] }) } })
  const { server, resolve } = await serving('google/embed-test', [reply(100), reply(20)], {
    dimensions: 2,
    concurrency: 1,
  })
  const found = await (await resolve()).embed(Array.from({ length: 120 }, (_, index) => `text ${index}`))
  assert.equal(found.length, 120)
  assert.deepEqual(
    server.requests.map(({ body }) => (body as { requests: unknown[] }).requests.length),
    [100, 20],
  )
})

test('half a character reaches no provider', async () => {
  const { server, resolve } = await serving('openai/embed-test', [vectors([[1, 0]])], { dimensions: 2 })
  await (await resolve()).embed(['x\ud83d y'])
  assert.deepEqual(inputsOf(server), [['x\ufffd y']])
})

test('a batch also ends where its bytes do', async () => {
  const { server, resolve } = await serving(
    'openai/embed-test',
    [vectors([[1], [1]]), vectors([[1]]), vectors([[1]])],
    { dimensions: 1, batchBytesMax: 10, concurrency: 1 },
  )
  await (await resolve()).embed(['äää', '1234', 'a text longer than the limit', 'x'])
  assert.deepEqual(inputsOf(server), [['äää', '1234'], ['a text longer than the limit'], ['x']])
})

test('never more requests at once than allowed', async () => {
  const server = await wireServer()
  servers.push(server)
  let under = 0
  let most = 0
  const fetch: typeof globalThis.fetch = async () => {
    under += 1
    most = Math.max(most, under)
    await new Promise(setImmediate)
    under -= 1
    return Response.json(vectors([[1]]).json)
  }
  const embedder = await embedderRegistry({
    env: { OPENAI_API_KEY: 'k' },
    fetch,
    embedders: { 'openai/e': { dimensions: 1, batchMax: 1, concurrency: 3 } },
  }).resolve('openai/e')
  await embedder.embed(Array.from({ length: 20 }, String))
  assert.equal(most, 3)
})

test('refuses answers with missing vectors, other lengths or no length', async () => {
  const { resolve } = await serving(
    'openai/embed-test',
    [
      vectors([[1, 0]]),
      vectors([
        [1, 0],
        [1, 0, 0],
      ]),
      vectors([
        [1, 0],
        [0, 0],
      ]),
    ],
    { dimensions: 2 },
  )
  const embedder = await resolve()
  for (let call = 0; call < 3; call += 1)
    await assert.rejects(embedder.embed(['a', 'b']), { code: 'model.output-invalid' })
})

test('errors are classified as those of models; the first one stops the other batches', async () => {
  const limited: Reply = {
    status: 429,
    headers: { 'retry-after': '2' },
    json: { error: { message: 'nobodys.embedding.key' } },
  }
  const { server, resolve } = await serving('openai/embed-test', [{ ending: 'hang' }, limited], {
    dimensions: 1,
    batchMax: 1,
    concurrency: 2,
  })
  const embedder = await resolve()
  const abandoned = server.abandoned()
  const error = await embedder.embed(['a', 'b', 'c', 'd']).catch((reason: unknown) => reason)
  assert.ok(isConcordError(error))
  assert.equal(error.code, 'model.rate-limited')
  assert.equal(error.details.retryAfterMs, 2000)
  assert.ok(!error.message.includes('nobodys.embedding.key'))
  await abandoned
  assert.equal(server.requests.length, 2)
})

test('a cancelled call closes its sockets', async () => {
  const { server, resolve } = await serving('openai/embed-test', [{ ending: 'hang' }], { dimensions: 1 })
  const embedder = await resolve()
  const controller = new AbortController()
  const [requested, abandoned] = [server.requested(), server.abandoned()]
  const outcome = assert.rejects(embedder.embed(['a'], { signal: controller.signal }), { code: 'cancelled' })
  await requested
  controller.abort()
  await outcome
  await abandoned
})

test('a provider without embeddings says which have them', async () => {
  const { resolve } = await serving('anthropic/any', [])
  await assert.rejects(resolve(), { code: 'model.unconfigured', message: /use openai, google/ })
})
