import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import type { Json } from '../domain/json.ts'
import { call, testContext } from './fixtures/context.ts'
import { formats, resultsIn } from './web-search/formats.ts'
import { webSearchTool } from './web-search.ts'

const serve = async (
  t: TestContext,
  handler: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> => {
  const server = createServer(handler).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Written after the JSON of SearXNG's search API (docs.searxng.org/dev/search_api.html); not recorded. */
const searxngAnswer = {
  query: 'concord',
  number_of_results: 0,
  results: [
    {
      url: 'https://example.org/a',
      title: 'First',
      content: 'A  snippet\nwith breaks',
      publishedDate: '2026-01-02T00:00:00',
      engine: 'duckduckgo',
      engines: ['duckduckgo'],
      positions: [1],
      score: 1,
      category: 'general',
      template: 'default.html',
      parsed_url: ['https', 'example.org', '/a', '', '', ''],
    },
    { url: 'https://example.org/a', title: 'Again', content: '', publishedDate: null, engine: 'brave' },
    { url: 'javascript:alert(1)', title: 'Hostile', content: '' },
    { url: 'https://example.org/b', title: 'Second', content: null },
  ],
  answers: [],
  corrections: [],
  infoboxes: [],
  suggestions: [],
  unresponsive_engines: [],
}

/** Written after Brave's documentation of WebSearchApiResponse (api-dashboard.search.brave.com); not recorded. */
const braveAnswer = {
  type: 'search',
  query: { original: 'concord', more_results_available: true },
  web: {
    type: 'search',
    family_friendly: true,
    results: [
      {
        type: 'search_result',
        title: 'Tom &amp; <strong>Concord</strong>',
        url: 'https://example.org/c',
        description: 'About <strong>a &lt; b</strong>',
        page_age: '2026-03-04T05:06:07',
        age: 'March 4, 2026',
        language: 'en',
      },
    ],
  },
}

test('asks SearXNG and returns each address once', async (t) => {
  const endpoint = await serve(t, (request, response) => {
    const url = new URL(request.url ?? '', 'http://x')
    assert.deepEqual(
      [url.pathname, url.searchParams.get('q'), url.searchParams.get('format')],
      ['/base/search', 'a & b=c', 'json'],
    )
    response.setHeader('content-type', 'application/json').end(JSON.stringify(searxngAnswer))
  })
  for (const path of ['/base', '/base/', '/base/search'])
    assert.deepEqual(await call(webSearchTool({ endpoint: endpoint + path }), { query: ' a & b=c ' }), {
      query: 'a & b=c',
      results: [
        {
          title: 'First',
          url: 'https://example.org/a',
          snippet: 'A snippet with breaks',
          published: '2026-01-02T00:00:00',
        },
        { title: 'Second', url: 'https://example.org/b', snippet: '' },
      ],
    })
})

test('asks Brave with its key and returns plain text', async (t) => {
  const endpoint = await serve(t, (request, response) => {
    assert.equal(request.headers['x-subscription-token'], 'key-1')
    assert.match(request.url ?? '', /^\/res\/v1\/web\/search\?text_decorations=false&q=concord&count=20$/)
    response.end(JSON.stringify(braveAnswer))
  })
  const search = webSearchTool({
    endpoint: `${endpoint}/res/v1/web/search`,
    apiKey: 'key-1',
    format: 'brave',
  })
  assert.deepEqual((await call(search, { query: 'concord', count: 50 })).results, [
    {
      title: 'Tom & Concord',
      url: 'https://example.org/c',
      snippet: 'About a < b',
      published: '2026-03-04T05:06:07',
    },
  ])
})

test('a service of another shape is described by where it keeps what', async (t) => {
  const endpoint = await serve(t, (request, response) => {
    assert.deepEqual([request.url, request.headers.authorization], ['/find?text=x&limit=2', 'Bearer k'])
    response.end(JSON.stringify({ 'a/b': [{ doc: { link: 'https://example.org/', name: 'N' }, text: 'T' }] }))
  })
  const format = {
    query: 'text',
    count: 'limit',
    results: '/a~1b',
    title: '/doc/name',
    url: '/doc/link',
    snippet: '/text',
  }
  const search = webSearchTool({ endpoint: `${endpoint}/find`, apiKey: 'k', format })
  assert.deepEqual((await call(search, { query: 'x', count: 2 })).results, [
    { title: 'N', url: 'https://example.org/', snippet: 'T' },
  ])
})

test('without an endpoint it says how to configure one', async () => {
  await assert.rejects(async () => call(webSearchTool(), { query: 'x' }), {
    code: 'tool.failed',
    message: /must be configured: there is none; set webSearchTool\(\{ endpoint/,
  })
  for (const endpoint of ['nonsense', 'file:///x', 'https://user:key@example.org'])
    assert.throws(() => webSearchTool({ endpoint }), { code: 'config.invalid' })
})

test('refusals, redirects, rubbish and floods end as ordinary errors without the key', async (t) => {
  const elsewhere = await serve(t, () => assert.fail('the key must not travel'))
  const answers: { [path: string]: (response: ServerResponse) => void } = {
    '/401': (response) => response.writeHead(401).end('denied key-1'),
    '/403': (response) => response.writeHead(403).end(),
    '/429': (response) => response.writeHead(429).end(),
    '/500': (response) => response.writeHead(500).end(),
    '/redirect': (response) => response.writeHead(302, { location: elsewhere }).end(),
    '/html': (response) => response.end('<html>'),
    '/empty': (response) => response.end(),
    '/shape': (response) => response.end('{"results": "none"}'),
    '/null': (response) => response.end('null'),
    '/flood': (response) => response.end(`"${'x'.repeat(5000)}"`),
    '/hang-up': (response) => response.destroy(),
  }
  const endpoint = await serve(t, (request, response) => {
    answers[new URL(request.url ?? '', 'http://x').pathname.replace('/search', '')]!(response)
  })
  for (const path of Object.keys(answers))
    await assert.rejects(
      call(webSearchTool({ endpoint: endpoint + path, apiKey: 'key-1', bytesMax: 1000 }), { query: 'x' }),
      (error: Error & { code?: string }) =>
        error.code === 'tool.failed' && !String(error.stack).includes('key-1'),
      path,
    )
})

test('a silent service ends in a time-out, a cancelled call in its reason', async (t) => {
  const arrived = Promise.withResolvers<void>()
  const endpoint = await serve(t, () => arrived.resolve())
  await assert.rejects(call(webSearchTool({ endpoint, timeoutMs: 50 }), { query: 'x' }), {
    code: 'tool.timeout',
  })
  const controller = new AbortController()
  const pending = call(
    webSearchTool({ endpoint }),
    { query: 'x' },
    testContext({ signal: controller.signal }),
  )
  await arrived.promise
  controller.abort(new Error('cancelled by the test'))
  await assert.rejects(pending, /cancelled by the test/)
})

test('whatever a service answers yields bounded, plain, unique http(s) results or none', () => {
  const item = fc.record(
    {
      url: fc.oneof(fc.webUrl(), fc.string(), fc.jsonValue()),
      title: fc.jsonValue(),
      content: fc.jsonValue(),
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), fc.record({ results: fc.array(item) })), (answer) => {
      const results = resultsIn(answer as Json, formats.searxng, 5)
      assert.ok(results === undefined || results.length <= 5)
      assert.equal(new Set(results?.map(({ url }) => url)).size, results?.length ?? 0)
      for (const { url, title } of results ?? []) {
        assert.match(url, /^https?:/)
        assert.ok(!title.includes('\n') && title.length <= 300)
      }
    }),
    { numRuns: 500 },
  )
})
