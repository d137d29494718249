import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dateRange, dayOf, dedupePapers, type Paper, parseArxivId } from './paper.ts'

const paper = (fields: Partial<Paper>): Paper => ({
  id: 'x',
  title: 'A title long enough to count',
  abstract: '',
  authors: [],
  categories: [],
  published: '',
  url: '',
  source: 'test',
  ...fields,
})

test('finds the id and version in every way arXiv ids are written', () => {
  for (const [text, id, version] of [
    ['2401.12345', '2401.12345'],
    ['2401.12345v2', '2401.12345', 2],
    ['arXiv:2401.12345', '2401.12345'],
    ['http://arxiv.org/abs/2202.12139v1', '2202.12139', 1],
    ['https://export.arxiv.org/pdf/2202.12139v12.pdf', '2202.12139', 12],
    ['https://arxiv.org/abs/2202.12139?context=cs', '2202.12139'],
    ['https://doi.org/10.48550/arXiv.2401.12345', '2401.12345'],
    ['astro-ph/0601001', 'astro-ph/0601001'],
    ['http://arxiv.org/abs/math.GT/0309136v1', 'math/0309136', 1],
  ] as const)
    assert.deepEqual(parseArxivId(text), version === undefined ? { id } : { id, version }, text)
})

test('takes nothing else for an arXiv id', () => {
  for (const text of [
    '',
    'abc',
    '24.12345',
    'https://example.org/abs/2401.12345',
    '../../etc/passwd',
    '2401.12345/../x',
  ])
    assert.equal(parseArxivId(text), undefined, text)
})

test('keeps the first of papers with the same id or title', () => {
  const kept = dedupePapers([
    paper({ id: 'a' }),
    paper({ id: 'a', title: 'Another title, just as long' }),
    paper({ id: 'b', title: 'A Title: Long enough to count!' }),
    paper({ id: 'c', title: 'Short' }),
    paper({ id: 'd', title: 'Short' }),
  ])
  assert.deepEqual(
    kept.map(({ id }) => id),
    ['a', 'c', 'd'],
  )
})

test('gives the first and last day, ignoring papers without a date', () => {
  const papers = ['2025-03-18', '', '2024-12-01T09:00:00Z', '2026-01-02'].map((published) =>
    paper({ published }),
  )
  assert.deepEqual(dateRange(papers), { from: '2024-12-01', to: '2026-01-02' })
  assert.deepEqual(dateRange([]), { from: '', to: '' })
})

test('reads years, months and days and refuses what is not in the calendar', () => {
  assert.equal(dayOf('2025', 'first'), '2025-01-01')
  assert.equal(dayOf('2025', 'last'), '2025-12-31')
  assert.equal(dayOf('2024-02', 'last'), '2024-02-29')
  assert.equal(dayOf('2025-03-18T23:00:00Z', 'last'), '2025-03-18')
  for (const bad of ['2025-13', '2025-02-30', '2025-00-01', '18.3.2025', ''])
    assert.equal(dayOf(bad, 'first') ?? dayOf(bad, 'last'), undefined, bad)
})
