import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bm25Index } from '../../domain/text/bm25.ts'
import { stems } from '../../domain/text/tokens.ts'
import { bundledCorpus } from './bundled.ts'
import { lexicon } from './lexicon.ts'
import { dateRange, type Paper } from './paper.ts'
import { paperSearch } from './search.ts'
import { termIndex } from './term-index.ts'

const seed = Number(process.env.FC_SEED ?? 20260412)

const paper = (id: string, title: string, fields: Partial<Paper> = {}): Paper => ({
  id,
  title,
  abstract: '',
  authors: [],
  categories: ['cs.CV'],
  published: '2025-06-01',
  url: '',
  source: 'test',
  ...fields,
})

const ids = (papers: Paper[], query: Parameters<ReturnType<typeof paperSearch>['search']>[0]): string[] =>
  paperSearch(papers)
    .search(query)
    .hits.map(({ paper }) => paper.id)

test('the bundled corpus holds well-formed records within its bounds', async () => {
  const papers = await bundledCorpus()
  assert.ok(papers.length >= 1200 && papers.length <= 1500, `${papers.length} papers`)
  assert.equal(new Set(papers.map(({ id }) => id)).size, papers.length)
  for (const { id, title, abstract, authors, published, url, pdfUrl, source } of papers) {
    assert.match(id, /^\d{4}\.\d{5}$/)
    assert.ok(title.length > 5 && abstract.length >= 500 && authors.length > 0, id)
    assert.match(published, /^20\d\d-\d\d-\d\d$/)
    assert.deepEqual(
      [url, pdfUrl, source],
      [`https://arxiv.org/abs/${id}`, `https://arxiv.org/pdf/${id}`, 'bundled'],
    )
  }
  assert.deepEqual(dateRange(papers), { from: '2025-03-18', to: '2026-08-21' })
  assert.equal(await bundledCorpus(), papers)
})

test('finds a bundled paper by its title, first of all', async () => {
  const papers = await bundledCorpus()
  const search = paperSearch(papers)
  const misses = papers.filter(
    ({ id, title }) => search.search({ query: title, max: 1 }).hits[0]?.paper.id !== id,
  )
  assert.ok(misses.length <= papers.length * 0.01, `${misses.length} not found: ${misses[0]?.title}`)
})

test("scores as the domain's BM25 over stems does", async () => {
  const texts = (await bundledCorpus()).slice(0, 200).map(({ title, abstract }) => `${title}. ${abstract}`)
  // The one intended difference, terms joined over a hyphen, is taken out of the comparison.
  const plain = texts.map((text) => text.replaceAll('-', ' '))
  const expected = bm25Index(plain.map(stems))
  const index = termIndex(plain.map((text) => [[text, 1]]))
  for (const query of [
    'hallucinations of video models',
    'GPT-4o 3.5 tokens',
    'café naïve reasoning',
    'the of'.concat(' flies dying'),
  ]) {
    const scores = (hits: { index: number; score: number }[]) =>
      Object.fromEntries(hits.map(({ index, score }) => [index, score.toFixed(9)]))
    assert.deepEqual(
      scores(index.search(query.replaceAll('-', ' '))),
      scores(expected.search([...new Set(stems(query))], 1000)),
      query,
    )
  }
})

test('splitting chunks gives the words that splitting the text gives', () => {
  const text = fc.string({ unit: fc.constantFrom(...'aZé3 .,-–“”中9_\n\u0301ǅ'), maxLength: 60 })
  fc.assert(
    fc.property(text, (value) => {
      const { scan, chunks } = lexicon()
      const found: string[] = []
      scan(value, (id) => found.push(...stems(chunks[id]!)))
      assert.deepEqual(found, stems(value))
    }),
    { seed, numRuns: 500 },
  )
})

test('tells more words apart than its table starts with', () => {
  const { scan, chunks } = lexicon()
  const seen: number[] = []
  const words = Array.from({ length: 40_000 }, (_, at) => `w${at.toString(36)}`)
  scan(words.join(' '), (id) => seen.push(id))
  scan(words.join('\n').toUpperCase(), (id) => seen.push(id))
  assert.deepEqual(chunks, words)
  assert.deepEqual(seen, [...words.keys(), ...words.keys()])
})

test('a word in the title weighs more than one in the abstract', () => {
  assert.deepEqual(
    ids(
      [
        paper('a', 'Other things', { abstract: 'hallucination here' }),
        paper('b', 'On hallucination', { abstract: 'Words here' }),
      ],
      { query: 'hallucinations' },
    ),
    ['b', 'a'],
  )
})

test('multi-modal, multimodal and MULTIMODAL are one word', () => {
  const papers = [
    paper('a', 'A multi-modal model'),
    paper('b', 'A MULTIMODAL model'),
    paper('c', 'A modal model'),
  ]
  assert.deepEqual(ids(papers, { query: 'multimodal' }).sort(), ['a', 'b'])
  assert.deepEqual(ids(papers, { query: 'multi-modal' }).sort(), ['a', 'b', 'c'])
})

test('filters by day and category, and counts all matches', () => {
  const papers = [
    paper('a', 'tokens', { published: '2025-03-18T10:00:00Z' }),
    paper('b', 'tokens', { published: '2025-03-31', categories: ['cs.CL', 'eess.IV'] }),
    paper('c', 'tokens', { published: '2026-01-01' }),
    paper('d', 'tokens', { published: '' }),
  ]
  assert.deepEqual(ids(papers, { query: 'tokens', from: '2025-03', to: '2025-03' }), ['a', 'b'])
  assert.deepEqual(ids(papers, { query: 'tokens', from: '2026' }), ['c'])
  assert.deepEqual(ids(papers, { query: 'tokens', categories: ['eess.*'] }), ['b'])
  assert.deepEqual(ids(papers, { query: 'tokens', from: 'soon' }), [])
  assert.deepEqual(ids(papers, { query: 'the of and' }), [])
  const { hits, total } = paperSearch(papers).search({ query: 'tokens', max: 2 })
  assert.deepEqual([hits.length, total], [2, 4])
  assert.deepEqual(ids([], { query: 'tokens' }), [])
})
