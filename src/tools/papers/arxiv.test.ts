import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { renderedFeed } from '../../../test/fixtures/arxiv/rendered.ts'
import {
  type Handler,
  realClock,
  recorded,
  sendAtom,
  sendRecorded,
  siteServer,
  skippingClock,
} from '../../../test/fixtures/arxiv/server.ts'
import { type ArxivClientOptions, arxivClient } from './arxiv.ts'
import type { Paper } from './paper.ts'

const site = async (handler: Handler, options: Partial<ArxivClientOptions> = {}) => {
  const clock = options.clock ?? skippingClock()
  const server = await siteServer(clock, handler)
  const client = arxivClient({ baseUrl: server.baseUrl, ...options, clock })
  return { server, client, clock, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

const paperNumber = (index: number): Paper => ({
  id: `2501.${String(10_000 + index)}`,
  title: `A study number ${index} of <em> & multimodal tokens`,
  abstract: `We study ${index} & more.`,
  authors: ['Ada Lovelace', 'José Romero'],
  categories: ['cs.CV', 'cs.CL'],
  published: '2025-01-15',
  url: '',
  source: 'rendered',
})

/** Rendered pages of a search with `total` results; `shortBy` entries missing from every page. */
const pages =
  (total: number, shortBy = 0): Handler =>
  (_, response, url) => {
    const start = Number(url.searchParams.get('start'))
    const count = Number(url.searchParams.get('max_results'))
    const end = Math.min(total, start + Math.max(1, count - shortBy))
    const some = Array.from({ length: Math.max(0, end - start) }, (_, at) => paperNumber(start + at))
    sendAtom(response, renderedFeed(some, { total, start, itemsPerPage: count }))
  }

test('reads recorded pages one after the other, three seconds apart', async () => {
  await using it = await site(
    (_, response, url) =>
      sendRecorded(
        response,
        url.searchParams.get('start') === '0' ? 'q_testing_s0_m10' : 'q_testing_s10_m10',
      ),
    { pageSize: 10 },
  )
  const papers = await it.client.search({ query: 'testing', max: 20 })
  assert.equal(papers.length, 20)
  assert.equal(new Set(papers.map(({ id }) => id)).size, 20)
  assert.deepEqual(
    it.server.requests.map(({ url }) => [
      url.searchParams.get('search_query'),
      url.searchParams.get('start'),
      url.searchParams.get('max_results'),
    ]),
    [
      ['all:testing', '0', '10'],
      ['all:testing', '10', '10'],
    ],
  )
  assert.match(String(it.server.requests[0]!.headers['user-agent']), /concord/)
  assert.deepEqual(
    { ...papers[0]!, abstract: papers[0]!.abstract.slice(0, 41) },
    {
      id: '2202.12139',
      title: 'Testing Deep Learning Models: A First Comparative Study of Multiple Testing Techniques',
      abstract: 'Deep Learning (DL) has revolutionized the',
      authors: ['Mohit Kumar Ahuja', 'Arnaud Gotlieb', 'Helge Spieker'],
      categories: ['cs.SE', 'cs.LG'],
      published: '2022-02-24T15:05:19Z',
      updated: '2022-02-24T15:05:19Z',
      url: 'https://arxiv.org/abs/2202.12139v1',
      pdfUrl: 'https://arxiv.org/pdf/2202.12139v1',
      comment: 'Artificial Intelligence in Software Testing 2022 workshop @ ICST 2022',
      source: 'arxiv',
    },
  )
})

test('reads the recorded feed of another client: line breaks within titles, namespaces on the elements', async () => {
  await using it = await site((_, response) => sendRecorded(response, 'two-entries.xml'))
  const papers = await it.client.search({ query: 'neural', categories: ['cs.RO'], max: 2 })
  assert.deepEqual(
    papers.map(({ id, title }) => [id, title.includes('\n')]),
    [
      ['2510.14968', false],
      [papers[1]!.id, false],
    ],
  )
  assert.equal(
    papers[0]!.title,
    'RDD: Retrieval-Based Demonstration Decomposer for Planner Alignment in Long-Horizon Tasks',
  )
})

test('an empty recorded feed is no papers, without a second request', async () => {
  await using it = await site((_, response) => sendRecorded(response, 'empty.xml'))
  assert.deepEqual(await it.client.search({ query: 'nonexistentquery', max: 10 }), [])
  assert.equal(it.server.requests.length, 1)
})

test('concurrent searches share one queue: never two requests at once, never closer than the interval', async () => {
  await using it = await site(pages(250))
  const [a, b, c] = await Promise.all([
    it.client.search({ query: 'video', max: 250 }),
    it.client.search({ query: 'audio', max: 120 }),
    it.client.byIds(['2501.10000']),
  ])
  assert.deepEqual([a.length, b.length, c.length], [250, 120, 1])
  const starts = it.server.requests.map(({ at }) => at)
  assert.equal(starts.length, 6)
  assert.equal(it.server.openMost(), 1)
  for (const [index, at] of starts.entries())
    if (index > 0)
      assert.ok(at - starts[index - 1]! >= 3000, `${at - starts[index - 1]!} ms between two requests`)
})

test('goes on where a short page ended, and stops at the bound on requests', async () => {
  await using short = await site(pages(30, 2), { pageSize: 10 })
  const papers = await short.client.search({ query: 'tokens', max: 30 })
  assert.deepEqual(
    papers.map(({ id }) => id),
    Array.from({ length: 30 }, (_, at) => paperNumber(at).id),
  )
  assert.deepEqual(
    [papers[0]!.title, papers[0]!.authors[1]],
    ['A study number 0 of <em> & multimodal tokens', 'José Romero'],
  )

  await using endless = await site(pages(1000, 1000), { pageSize: 10 })
  assert.equal((await endless.client.search({ query: 'tokens', max: 30 })).length, 8)
  assert.equal(endless.server.requests.length, 8)
})

test('waits as long as Retry-After says, in seconds or as a date', async () => {
  const answers: Handler[] = [
    (_, response) => response.writeHead(503, { 'retry-after': '7' }).end(),
    (_, response) =>
      response
        .writeHead(429, { 'retry-after': new Date(clock.now() + 11_000).toUTCString() })
        .end('Rate exceeded.'),
    pages(1),
  ]
  const clock = skippingClock()
  await using it = await site((...args) => answers.shift()!(...args), { clock })
  assert.equal((await it.client.search({ query: 'tokens', max: 1 })).length, 1)
  const [first, second, third] = it.server.requests.map(({ at }) => at)
  assert.equal(second! - first!, 7000)
  assert.ok(third! - second! > 9000 && third! - second! <= 11_000, `${third! - second!}`)
})

test('does not wait for a Retry-After beyond its patience: the error says when to come back', async () => {
  await using it = await site((_, response) => response.writeHead(429, { 'retry-after': '3600' }).end())
  await assert.rejects(it.client.search({ query: 'tokens', max: 1 }), {
    code: 'source.unreachable',
    message: /HTTP 429.*try again in 3600 s/,
  })
  assert.equal(it.server.requests.length, 1)
})

test('backs off ever longer on server errors and gives up after the retries allowed', async () => {
  await using it = await site((_, response) => response.writeHead(500).end('oops'))
  await assert.rejects(it.client.search({ query: 'tokens', max: 1 }), {
    code: 'source.unreachable',
    message: /^Cannot reach arXiv as 4 attempts failed: HTTP 500 Internal Server Error; .*local corpus/,
  })
  const starts = it.server.requests.map(({ at }) => at)
  assert.deepEqual(
    starts.slice(1).map((at, index) => at - starts[index]!),
    [3000, 6000, 12_000],
  )
})

test('asks again when arXiv sends its spurious empty page', async () => {
  const empties = [0, 100]
  await using it = await site((request, response, url) => {
    const start = Number(url.searchParams.get('start'))
    if (empties.includes(start)) {
      empties.splice(empties.indexOf(start), 1)
      sendAtom(response, renderedFeed([], { total: 150, start }))
    } else pages(150)(request, response, url)
  })
  assert.equal((await it.client.search({ query: 'tokens', max: 150 })).length, 150)
  assert.equal(it.server.requests.length, 4)
})

test('keeps the pages it has, and says so, when a later one cannot be had', async () => {
  const warnings: string[] = []
  const quiet = () => {}
  await using it = await site(
    (request, response, url) =>
      url.searchParams.get('start') === '0'
        ? pages(150)(request, response, url)
        : response.writeHead(502).end(),
    {
      logger: { debug: quiet, info: quiet, error: quiet, warn: (_, message) => warnings.push(message ?? '') },
    },
  )
  assert.equal((await it.client.search({ query: 'tokens', max: 150 })).length, 100)
  assert.ok(warnings.includes('arXiv: stopped after the pages so far'), warnings.join())
})

test('survives a connection cut in the middle of an answer', async () => {
  let cut = false
  await using it = await site((request, response, url) => {
    if (cut) return pages(1)(request, response, url)
    cut = true
    response.writeHead(200, { 'content-length': '5000' })
    response.write('<?xml', () => response.destroy())
  })
  assert.equal((await it.client.search({ query: 'tokens', max: 1 })).length, 1)
})

test('an HTML page instead of a feed is an error that shows what came back', async () => {
  await using it = await site((_, response) =>
    response
      .writeHead(200, { 'content-type': 'text/html' })
      .end('<!DOCTYPE html><html><body>Please log in to HotelWifi</body></html>'),
  )
  await assert.rejects(it.client.search({ query: 'tokens', max: 1 }), {
    code: 'source.unreachable',
    message: /text\/html that is no Atom feed.*HotelWifi.*; check the connection/,
  })
  assert.equal(it.server.requests.length, 2)
})

test("arXiv's recorded error entry is a refusal, not a paper, and is not asked again", async () => {
  await using it = await site((_, response) => sendRecorded(response, 'id_abc_s0_m100'))
  await assert.rejects(it.client.byIds(['2401.12345']), {
    code: 'input.invalid',
    message: /incorrect id format for abc/,
  })
  await assert.rejects(it.client.byIds(['abc']), { code: 'input.invalid', message: /got "abc"/ })
  assert.equal(it.server.requests.length, 1)
})

test('finds papers by old and new ids in the order asked, leaving out those arXiv does not know', async () => {
  assert.match(recorded('id_0000.0000_s0_m100').body, /totalResults>0</)
  await using it = await site((_, response, url) => {
    const ids = url.searchParams.get('id_list')
    sendRecorded(
      response,
      ids === '0000.0000'
        ? 'id_0000.0000_s0_m100'
        : ids === 'astro-ph/0601001'
          ? 'id_astro-ph_0601001_s0_m100'
          : 'id_0808.05394_1707.08567_s0_m100',
    )
  })
  const [hotJupiters] = await it.client.byIds(['arXiv:astro-ph/0601001'])
  assert.equal(hotJupiters?.url, 'https://arxiv.org/abs/astro-ph/0601001v1')
  assert.deepEqual(hotJupiters?.authors.slice(0, 2), ['Andrew Gould', 'Susan Dorsher'])
  assert.deepEqual(
    (await it.client.byIds(['0808.05394', '1707.08567v1'])).map(({ id }) => id),
    ['1707.08567'],
  )
  assert.deepEqual(await it.client.byIds(['0000.0000']), [])
})

test('leaves at once when aborted, whether waiting or under way, and closes the socket', async () => {
  const closed = Promise.withResolvers<void>()
  const arrived = Promise.withResolvers<void>()
  let hung = false
  await using it = await site((request, response, url) => {
    if (hung) return pages(1)(request, response, url)
    hung = true
    response.on('close', closed.resolve)
    arrived.resolve()
  })
  const [first, second] = [new AbortController(), new AbortController()]
  const underWay = it.client.search({ query: 'a1', max: 1 }, { signal: first.signal })
  const waiting = it.client.search({ query: 'b1', max: 1 }, { signal: second.signal })
  const behind = it.client.search({ query: 'c1', max: 1 })
  await arrived.promise
  second.abort(new Error('second gives up'))
  await assert.rejects(waiting, /second gives up/)
  first.abort(new Error('first gives up'))
  await assert.rejects(underWay, /first gives up/)
  await closed.promise
  assert.equal((await behind).length, 1)
  assert.deepEqual(
    it.server.requests.map(({ url }) => url.searchParams.get('search_query')),
    ['all:a1', 'all:c1'],
  )
})

test('a site that never answers is unreachable after the time-out', async () => {
  await using it = await site(() => {}, { clock: realClock, timeoutMs: 40, intervalMs: 1, retriesMax: 0 })
  await assert.rejects(it.client.search({ query: 'tokens', max: 1 }), {
    code: 'source.unreachable',
    message: /no answer within 40 ms/,
  })
})

test('a refused connection is tried twice, not four times', async () => {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  await new Promise((done) => server.close(done))
  assert.ok(address && typeof address === 'object')
  const clock = skippingClock()
  const client = arxivClient({ baseUrl: `http://127.0.0.1:${address.port}/api/query`, clock })
  await assert.rejects(client.search({ query: 'tokens', max: 1 }), {
    code: 'source.unreachable',
    message: /2 attempts failed: .*ECONNREFUSED/,
  })
})

test('a redirect may stay on the site but not lead into another network', async () => {
  await using it = await site((request, response, url) => {
    if (url.searchParams.get('search_query') === 'all:inside' && url.pathname !== '/moved')
      return void response.writeHead(301, { location: `/moved${url.search}` }).end()
    if (url.pathname === '/moved') return pages(1)(request, response, url)
    response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data' }).end()
  })
  assert.equal((await it.client.search({ query: 'inside', max: 1 })).length, 1)
  await assert.rejects(it.client.search({ query: 'outside', max: 1 }), {
    code: 'source.unreachable',
    message: /redirected to http:\/\/169\.254/,
  })
})

test('fetches a PDF of bounded size from the same host and nothing that is no PDF', async () => {
  await using it = await site((_, response, url) => {
    if (url.pathname === '/pdf/2501.00001v2') response.end('%PDF-1.4 body')
    else if (url.pathname === '/pdf/2501.00002') response.end(`%PDF-1.4 ${'x'.repeat(5000)}`)
    else if (url.pathname === '/pdf/2501.00003') response.writeHead(404).end()
    else response.end('<html>reCAPTCHA</html>')
  })
  assert.match(Buffer.from(await it.client.pdf('2501.00001v2')).toString(), /^%PDF/)
  await assert.rejects(it.client.pdf('2501.00002', { bytesMax: 1000 }), { code: 'request.too-large' })
  await assert.rejects(it.client.pdf('2501.00003'), { code: 'not-found' })
  await assert.rejects(it.client.pdf('2501.00004'), { code: 'source.unreachable', message: /no PDF/ })
  await assert.rejects(it.client.pdf('../admin'), { code: 'input.invalid' })
})

test('refuses a number of papers out of bounds without asking', async () => {
  await using it = await site(pages(1))
  for (const max of [0, -1, 2001, Number.NaN])
    await assert.rejects(it.client.search({ query: 'x', max }), { code: 'input.invalid' })
  assert.equal(it.server.requests.length, 0)
})
