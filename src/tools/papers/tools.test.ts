import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { renderedFeed } from '../../../test/fixtures/arxiv/rendered.ts'
import { type Handler, realClock, sendAtom, siteServer } from '../../../test/fixtures/arxiv/server.ts'
import { silentLogger } from '../../ports/logger.ts'
import { jsonSchemaOf, validate } from '../../ports/schema.ts'
import type { ToolContext } from '../../ports/tool.ts'
import { bundledCorpus } from './bundled.ts'
import { paperSearch } from './search.ts'
import { type PapersFound, type PaperText, type PaperToolOptions, paperTools } from './tools.ts'

const context = (signal = new AbortController().signal): ToolContext => ({
  run: 'r',
  step: 's',
  agent: 'a',
  idempotencyKey: 'k',
  signal,
  clock: realClock,
  logger: silentLogger,
})

const calling = (options: Partial<PaperToolOptions>) => {
  const tools = paperTools({ clock: realClock, logger: silentLogger, intervalMs: 1, ...options })
  const call = async (name: string, input: object, signal?: AbortSignal): Promise<unknown> => {
    const tool = tools.find((one) => one.name === name)
    assert.ok(tool, name)
    const valid = await validate(tool.input, input)
    assert.ok(valid.ok, valid.ok ? '' : valid.problems.join())
    return tool.execute(valid.value, context(signal))
  }
  return {
    tools,
    find: (name: string, input: object, signal?: AbortSignal) =>
      call(name, input, signal) as Promise<PapersFound>,
    fetchText: (input: object) => call('paper_fetch', input) as Promise<PaperText>,
  }
}

const arxivSite = (handler: Handler) => siteServer(realClock, handler)

const folder = async (files: { [path: string]: string }) => {
  const path = await mkdtemp(join(tmpdir(), 'concord-papers-'))
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(path, name, '..'), { recursive: true })
    await writeFile(join(path, name), text)
  }
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

test('declares names, permissions and inputs a model can be told', async () => {
  const { tools } = calling({})
  assert.deepEqual(
    tools.map(({ name, permission }) => [name, permission]),
    [
      ['arxiv_search', 'network'],
      ['corpus_search', 'read'],
      ['paper_fetch', 'network'],
    ],
  )
  for (const { input } of tools) assert.equal(jsonSchemaOf(input)?.type, 'object')
  for (const bad of [
    {},
    { query: ' ' },
    { query: 'x', max: 0 },
    { query: 'x', max: 1e9 },
    { query: 'x', from: 'soon' },
  ])
    assert.equal((await validate(tools[0]!.input, bad)).ok, false, JSON.stringify(bad))
})

test('searches arXiv over the wire (answers rendered from corpus records, not recorded) within the days asked for', async () => {
  const papers = paperSearch(await bundledCorpus())
    .search({ query: 'hallucination', max: 30 })
    .hits.map(({ paper }) => paper)
  await using site = await arxivSite((_, response, url) => {
    const start = Number(url.searchParams.get('start'))
    const page = papers.slice(start, start + Number(url.searchParams.get('max_results')))
    sendAtom(response, renderedFeed(page, { total: 412, start }))
  })
  const { find } = calling({ baseUrl: site.baseUrl })
  const found = await find('arxiv_search', { query: 'hallucination', max: 12, from: '2025' })
  assert.deepEqual([found.papers.length, found.total, found.source], [12, 412, 'arxiv'])
  assert.deepEqual(
    found.papers.map(({ id, title, abstract, authors, categories }) => ({
      id,
      title,
      abstract,
      authors,
      categories,
    })),
    papers
      .slice(0, 12)
      .map(({ id, title, abstract, authors, categories }) => ({ id, title, abstract, authors, categories })),
  )
  const days = papers.slice(0, 12).map(({ published }) => published)
  assert.deepEqual(found.dateRange, { from: days.toSorted()[0], to: days.toSorted().at(-1) })
  assert.match(
    site.requests[0]!.url.searchParams.get('search_query') ?? '',
    /^all:hallucination AND submittedDate:\[202501010000 TO /,
  )
})

test('searches the bundled corpus when nothing else is set up', async () => {
  const { find } = calling({})
  const { papers, source, total, dateRange } = await find('corpus_search', {
    query: 'hallucination in video',
    max: 5,
    from: '2026',
  })
  assert.deepEqual([papers.length, source], [5, 'bundled'])
  assert.ok(total > 5)
  assert.ok(dateRange.from >= '2026-01-01')
  for (const { title, abstract } of papers) assert.match(`${title} ${abstract}`, /video|hallucinat/i)
})

test('searches a folder, sees changed files, and gives full texts only when asked', async () => {
  await using it = await folder({
    'a.md': '# Token pruning\n\nWe prune tokens in models.',
    'b.txt': 'Audio models\n\nWe listen to sounds.',
  })
  const { find, fetchText } = calling({ corpusPath: it.path })
  const first = await find('corpus_search', { query: 'tokens' })
  assert.deepEqual(
    [first.papers.map(({ id, fullText }) => [id, fullText]), first.source],
    [[['a.md', undefined]], it.path],
  )
  await writeFile(join(it.path, 'c.txt'), 'Merging tokens\n\nWe merge tokens in models.')
  const second = await find('corpus_search', { query: 'tokens', fullText: true })
  assert.deepEqual(second.papers.map(({ id }) => id).sort(), ['a.md', 'c.txt'])
  assert.match(second.papers[0]!.fullText ?? '', /tokens in models/)
  assert.deepEqual(await fetchText({ id: 'b.txt' }), {
    id: 'b.txt',
    title: 'Audio models',
    text: 'Audio models\n\nWe listen to sounds.',
    truncated: false,
    source: first.papers[0]!.url.replace('a.md', 'b.txt'),
  })
})

test('reads no path outside the folders allowed, links included, and says how to allow it', async () => {
  await using outside = await folder({ 'secret.txt': 'Secret\n\nWords of the owner.' })
  await using it = await folder({ 'in/a.txt': 'Inside\n\nWords of tokens.' })
  const { find } = calling({ corpusRoots: [it.path] })
  assert.equal((await find('corpus_search', { query: 'tokens', path: join(it.path, 'in') })).papers.length, 1)
  for (const path of [outside.path, join(it.path, '..'), join(it.path, 'in/../../', 'x'), '/etc'])
    await assert.rejects(find('corpus_search', { query: 'tokens', path }), {
      code: 'tool.forbidden',
      message: /corpusRoots/,
    })
  await assert.rejects(find('corpus_search', { query: 'x', path: join(it.path, 'nowhere') }), {
    code: 'corpus.unreadable',
  })
})

test('a corpus that was unreadable can be searched once it is there', async () => {
  await using it = await folder({ 'x/.keep': '' })
  const { find } = calling({ corpusPath: join(it.path, 'x') })
  await assert.rejects(find('corpus_search', { query: 'tokens' }), { code: 'corpus.unreadable' })
  await writeFile(join(it.path, 'x/a.txt'), 'Tokens\n\nAll about tokens.')
  assert.equal((await find('corpus_search', { query: 'tokens' })).total, 1)
})

const PAGE = 'BT /F1 12 Tf 50 700 Td (Full text of the paper, fetched as PDF.) Tj ET'
const PDF = `%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>endobj
4 0 obj<</Length ${PAGE.length}>>stream
${PAGE}
endstream endobj
5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj
trailer<</Root 1 0 R>>
`

test('fetches the full text of an arXiv paper and nothing by any other id', async () => {
  await using site = await arxivSite((_, response, url) => {
    if (url.pathname === '/pdf/2501.00001v3')
      response.writeHead(200, { 'content-type': 'application/pdf' }).end(PDF)
    else response.writeHead(404).end()
  })
  const { fetchText } = calling({ baseUrl: site.baseUrl })
  const text = await fetchText({ id: 'https://arxiv.org/abs/2501.00001v3' })
  assert.deepEqual(
    [text.id, text.text, text.truncated, text.source],
    ['2501.00001', 'Full text of the paper, fetched as PDF.', false, 'arxiv'],
  )
  await assert.rejects(fetchText({ id: '2501.99999' }), { code: 'not-found' })
  await assert.rejects(fetchText({ id: 'http://169.254.169.254/latest' }), {
    code: 'not-found',
    message: /neither does/,
  })
  assert.equal(site.requests.length, 2)
})

test('an aborted call ends at once', async () => {
  await using site = await arxivSite(() => {})
  const { find } = calling({ baseUrl: site.baseUrl })
  const stop = new AbortController()
  const call = find('arxiv_search', { query: 'tokens' }, stop.signal)
  stop.abort(new Error('stopped'))
  await assert.rejects(call, /stopped/)
  await assert.rejects(find('corpus_search', { query: 'tokens' }, stop.signal), /stopped/)
})
