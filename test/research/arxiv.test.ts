import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bundledCorpus } from '../../src/tools/papers/bundled.ts'
import { paperSearch } from '../../src/tools/papers/search.ts'
import { renderedFeed } from '../fixtures/arxiv/rendered.ts'
import { realClock, sendAtom, siteServer } from '../fixtures/arxiv/server.ts'
import { type Ran, research } from './setting.ts'

const GOAL = 'hallucination in vision-language models'

const toolsCalled = async ({ concord, run }: Ran): Promise<string[]> =>
  (await concord.events(run.id)).flatMap((event) => (event.type === 'tool.called' ? [event.data.tool] : []))

test('searches arXiv over the wire unless told not to (answers rendered from corpus records, not recorded)', async () => {
  const papers = paperSearch(await bundledCorpus())
    .search({ query: GOAL, max: 30 })
    .hits.map(({ paper }) => paper)
  await using site = await siteServer(realClock, (_, response, url) => {
    const start = Number(url.searchParams.get('start'))
    const page = papers.slice(start, start + Number(url.searchParams.get('max_results')))
    sendAtom(response, renderedFeed(page, { total: papers.length, start, itemsPerPage: page.length }))
  })
  const config = { toolSettings: { arxiv: { baseUrl: site.baseUrl, intervalMs: 1 } } }
  await using ran = await research(GOAL, { max: 10 }, config)
  assert.equal(ran.run.status, 'succeeded', ran.run.failure?.message)
  assert.equal(ran.output.source, 'arXiv')
  assert.match(ran.output.markdown, /Source: arXiv; ten papers read/)
  assert.deepEqual(new Set(await toolsCalled(ran)), new Set(['arxiv_search']))
  const query = site.requests[0]!.url.searchParams.get('search_query') ?? ''
  assert.match(query, /hallucination/)
  assert.match(query, /vision-language model/)
  for (const { url } of ran.output.sources) assert.match(url, /^https:\/\/arxiv\.org\/abs\//)
})

test('an arXiv that cannot be reached is said so, and the corpus is used', async () => {
  await using site = await siteServer(realClock, (request) => request.destroy())
  const { baseUrl } = site
  await site[Symbol.asyncDispose]()
  const config = { toolSettings: { arxiv: { baseUrl, intervalMs: 1 } } }
  await using ran = await research(GOAL, { max: 10 }, config)
  assert.equal(ran.run.status, 'succeeded', ran.run.failure?.message)
  assert.equal(ran.output.source, 'bundled corpus')
  assert.match(ran.output.notes.join(), /arXiv could not be reached .*; the bundled corpus was used instead/)
  assert.match(ran.output.markdown, /> arXiv could not be reached/)
  assert.equal((await toolsCalled(ran))[0], 'arxiv_search')
})

test('an arXiv that knows nothing of the topic is said so, and the corpus is used', async () => {
  await using site = await siteServer(realClock, (_, response) =>
    sendAtom(response, renderedFeed([], { total: 0, start: 0, itemsPerPage: 0 })),
  )
  const config = { toolSettings: { arxiv: { baseUrl: site.baseUrl, intervalMs: 1 } } }
  await using ran = await research(GOAL, { max: 10 }, config)
  assert.equal(ran.run.status, 'succeeded', ran.run.failure?.message)
  assert.match(ran.output.notes.join(), /arXiv has no paper that matches/)
})

test('who asks for the latest gets arXiv sorted by date, within a year', async () => {
  const papers = paperSearch(await bundledCorpus())
    .search({ query: GOAL, max: 30 })
    .hits.map(({ paper }) => paper)
  await using site = await siteServer(realClock, (_, response, url) => {
    const start = Number(url.searchParams.get('start'))
    const page = papers.slice(start, start + Number(url.searchParams.get('max_results')))
    sendAtom(response, renderedFeed(page, { total: papers.length, start, itemsPerPage: page.length }))
  })
  const config = {
    toolSettings: { arxiv: { baseUrl: site.baseUrl, intervalMs: 1, contact: 'ada@example.org' } },
  }
  await using ran = await research(`Summarize the latest work on ${GOAL}`, { max: 10 }, config)
  assert.equal(ran.run.status, 'succeeded', ran.run.failure?.message)
  const [first] = site.requests
  assert.equal(first?.url.searchParams.get('sortBy'), 'submittedDate')
  assert.match(first?.url.searchParams.get('search_query') ?? '', /submittedDate:\[\d{8}0000 TO/)
  assert.match(first?.headers['user-agent'] ?? '', /mailto:ada@example\.org/)
})
