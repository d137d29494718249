import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CitedClaim, CitedReport } from './claims.ts'
import { holdsQuote } from './quotes.ts'
import { verifyClaims } from './verify.ts'

const SOURCES = [
  {
    id: '2401.00001',
    title: 'SparseRoute: Routing for Long Documents',
    sentences: [
      'Long documents are expensive for transformers.',
      'We propose SparseRoute, a routing mechanism that assigns each token to a small number of blocks.',
      'On four benchmarks it outperforms dense attention by 3.4% at half the memory.',
    ],
  },
  {
    id: '2401.00002',
    title: 'Hallucination in Vision-Language Models',
    sentences: [
      'Large vision-language models (LVLMs) often describe objects that are not in the image.',
      'We measure how often eight LVLMs hallucinate objects — and find a rate of 27% on “rare” categories.',
      'Fine-tuning on negative captions reduces hallucination in all models.',
    ],
  },
]

const HONEST: CitedClaim[] = [
  {
    id: 'c1',
    text: 'SparseRoute assigns each token to a small number of blocks.',
    citations: [
      { sourceId: '2401.00001', sentence: 1, quote: 'assigns each token to a small number of blocks' },
    ],
  },
  {
    id: 'c2',
    text: 'It outperforms dense attention by 3.4% on 4 benchmarks.',
    citations: [{ sourceId: '2401.00001', sentence: 2 }],
  },
  {
    id: 'c3',
    text: 'Eight LVLMs hallucinate objects of rare categories at a rate of 27%.',
    citations: [
      {
        sourceId: '2401.00002',
        sentence: 1,
        quote: 'hallucinate objects -- and find a rate of 27%   on "rare" categories',
      },
    ],
  },
  {
    id: 'c4',
    text: 'Fine-tuning on negative captions reduces hallucination.',
    citations: [{ sourceId: '2401.00002' }],
  },
]

const report = (...claims: CitedClaim[]): CitedReport => ({ claims, sources: SOURCES })
const planted = (change: Partial<CitedClaim>, at = 0) => verifyClaims(report({ ...HONEST[at]!, ...change }))
const kinds = (verdict: ReturnType<typeof verifyClaims>) => verdict.faults.map(({ kind }) => kind)

test('a report with honest citations is met', () => {
  assert.deepEqual(verifyClaims(report(...HONEST)).reasons, [])
})

test('a fabricated source is caught and named', () => {
  const verdict = planted({ citations: [{ sourceId: '2499.99999' }] })
  assert.deepEqual(kinds(verdict), ['source'])
  assert.match(verdict.reasons[0]!, /Claim c1 cites 2499\.99999, which is not among the sources/)
})

test('a claim without a citation is caught', () => {
  assert.deepEqual(kinds(planted({ citations: [] })), ['source'])
})

test('a quote with one word changed is caught', () => {
  const verdict = planted({
    citations: [
      { sourceId: '2401.00001', sentence: 1, quote: 'assigns each token to a large number of blocks' },
    ],
  })
  assert.deepEqual(kinds(verdict), ['quote'])
})

test('a true quote bound to the wrong sentence says where it stands', () => {
  const verdict = planted({
    citations: [
      { sourceId: '2401.00001', sentence: 0, quote: 'assigns each token to a small number of blocks' },
    ],
  })
  assert.ok(
    verdict.faults.some(
      ({ kind, message }) => kind === 'quote' && message.includes('it stands in sentence 1'),
    ),
  )
})

test('a changed number is caught, with the number in the message', () => {
  const verdict = planted({ text: 'It outperforms dense attention by 8.4% on 4 benchmarks.' }, 1)
  assert.deepEqual(kinds(verdict), ['number'])
  assert.match(verdict.reasons[0]!, /states 8\.4%, which does not stand in sentence 2 of 2401\.00001/)
})

test('a number that another citation of the claim carries is no mismatch', () => {
  const text =
    'Routing each token to a small number of blocks outperforms dense attention by 3.4% on four benchmarks.'
  const both = [1, 2].map((sentence) => ({ sourceId: '2401.00001', sentence }))
  assert.ok(!kinds(planted({ text, citations: both })).includes('number'))
  assert.ok(kinds(planted({ text, citations: both.slice(0, 1) })).includes('number'))
})

test('a real source that says nothing of the kind is caught', () => {
  const verdict = planted({ citations: [{ sourceId: '2401.00002', sentence: 2 }] })
  assert.ok(kinds(verdict).includes('support'))
  assert.match(verdict.reasons.join(' '), /is not supported by sentence 2 of 2401\.00002/)
})

test('a claim that turns its sentence round is caught', () => {
  const verdict = planted(
    { text: 'Fine-tuning on negative captions increases hallucination in all models.' },
    3,
  )
  assert.deepEqual(kinds(verdict), ['contradiction'])
  assert.match(verdict.reasons[0]!, /says "increases" for "reduces"/)
})

test('a sentence that the source does not have is caught', () => {
  assert.deepEqual(kinds(planted({ citations: [{ sourceId: '2401.00001', sentence: 7 }] })), ['source'])
})

test('one bad claim among honest ones is the only one to redo', () => {
  const bad = {
    ...HONEST[0]!,
    id: 'bad',
    citations: [{ sourceId: 'nowhere' }, { sourceId: '2401.00002', sentence: 2 }],
  }
  const verdict = verifyClaims(report(...HONEST, bad))
  assert.equal(verdict.met, false)
  assert.deepEqual(
    verdict.redo?.map(({ claimId }) => claimId),
    ['bad'],
  )
  assert.equal(verdict.redo?.[0]?.feedback, verdict.reasons.join(' '))
})

test('quotes may differ in white space, quotation marks and dashes, and skip with an ellipsis, but in nothing else', () => {
  const text = ['It’s “new” — and   fast.', 'It scales.']
  for (const quote of ['It\'s "new" - and fast.', 'new” – and fast', "It's ... fast. It scales"])
    assert.ok(holdsQuote(text, quote), quote)
  for (const quote of ['its "new"', 'It\'s "New"', 'fast ... new', '', ' '])
    assert.ok(!holdsQuote(text, quote), quote)
})
