import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CitedClaim, CitedSource, FaultKind } from './claims.ts'
import { verifyWithJudge } from './judge.ts'
import { verifyClaims } from './verify.ts'

const SOURCES: CitedSource[] = [
  {
    id: 'routing',
    title: 'SparseRoute: Routing for Long Documents',
    sentences: [
      'Long documents are expensive for transformers.',
      'We propose SparseRoute, a routing mechanism that assigns each token to a small number of blocks.',
      'On four benchmarks SparseRoute outperforms dense attention by up to 3.4% at half the memory.',
      'Deeper routers are associated with longer training.',
    ],
    authors: ['Ada Byron', 'Grace Hopper'],
    published: '2024-01-05',
  },
  {
    id: 'negatives',
    title: 'Hallucination in Vision-Language Models',
    sentences: [
      'Large vision-language models (LVLMs) often describe objects that are not in the image.',
      'We measure eight LVLMs and find that Tiny-V hallucinates 27% of rare objects while Big-V hallucinates 9% of common objects.',
      'Fine-tuning on negative captions reduces hallucination.',
    ],
    authors: ['Emmy Noether'],
    published: '2025',
  },
]

const verdict = (text: string, citations: CitedClaim['citations'], form?: CitedClaim['form']) =>
  verifyClaims({ claims: [{ id: 'c', text, citations, ...(form && { form }) }], sources: SOURCES }).claims[0]!
const kinds = (text: string, citations: CitedClaim['citations'], form?: CitedClaim['form']): FaultKind[] =>
  verdict(text, citations, form).faults.map(({ kind }) => kind)

const ROUTE = [{ sourceId: 'routing', sentence: 2 }]
const RATES = [{ sourceId: 'negatives', sentence: 1 }]

test('each clause needs one of the citations, not all of them', () => {
  const text =
    'SparseRoute outperforms dense attention by up to 3.4%, whereas fine-tuning on negative captions reduces hallucination.'
  assert.deepEqual(kinds(text, [...ROUTE, { sourceId: 'negatives', sentence: 2 }]), [])
  assert.ok(kinds(text, ROUTE).length > 0)
})

test('a verdict says what was looked for and where each clause stands', () => {
  const found = verdict(
    'Byron and Hopper (2024) show that SparseRoute outperforms dense attention by up to 3.4%.',
    ROUTE,
  )
  assert.deepEqual(found.faults, [])
  assert.equal(found.looked.number, 1)
  assert.equal(found.looked.unit, 1)
  assert.equal(found.looked.attribution, 1)
  assert.equal(found.looked.quote, 0)
  assert.deepEqual(found.clauses[0]?.evidence, { sourceId: 'routing', sentence: 2 })
})

test('exchanged numbers are found although each stands in the source', () => {
  const text = 'Tiny-V hallucinates 9% of rare objects while Big-V hallucinates 27% of common objects.'
  assert.ok(kinds(text, RATES).includes('number'))
})

test('a wrong year, a wrong author and a wrong unit are found', () => {
  assert.ok(
    kinds('Byron and Hopper (2023) propose SparseRoute.', [{ sourceId: 'routing' }]).includes('attribution'),
  )
  assert.ok(kinds('Noether (2024) proposes SparseRoute.', [{ sourceId: 'routing' }]).includes('attribution'))
  assert.ok(kinds('SparseRoute outperforms dense attention by up to 3.4 times.', ROUTE).includes('unit'))
})

test('exchanged sides of a comparison are found', () => {
  assert.ok(
    kinds('On four benchmarks dense attention outperforms SparseRoute by up to 3.4%.', ROUTE).includes(
      'role',
    ),
  )
})

test('an opposite, a denial and a cause that the source does not name are found', () => {
  const third = [{ sourceId: 'negatives', sentence: 2 }]
  assert.ok(
    kinds('Fine-tuning on negative captions increases hallucination.', third).includes('contradiction'),
  )
  assert.ok(
    kinds('Fine-tuning on negative captions does not reduce hallucination.', third).includes('negation'),
  )
  assert.ok(
    kinds('Deeper routers cause longer training.', [{ sourceId: 'routing', sentence: 3 }]).includes('cause'),
  )
})

test('titles and questions are judged by what they state', () => {
  assert.deepEqual(kinds('Hallucination in vision-language models', [], 'title'), [])
  assert.deepEqual(kinds('How could SparseRoute be extended to video?', [], 'question'), [])
  assert.deepEqual(kinds('All models fail at everything', [], 'title'), ['source'])
  assert.deepEqual(kinds('Given that GPT-5 has solved hallucination, what is left?', [], 'question'), [
    'source',
  ])
})

test('a clause that the source does not carry is cut off, and so is a citation given twice', () => {
  const text =
    'SparseRoute outperforms dense attention by up to 3.4%, and it was adopted by Initech for payroll processing.'
  assert.equal(verdict(text, ROUTE).repaired?.text, 'SparseRoute outperforms dense attention by up to 3.4%.')
  const twice = verdict('Fine-tuning on negative captions reduces hallucination.', [
    { sourceId: 'negatives', sentence: 2 },
    { sourceId: 'negatives', sentence: 2 },
  ])
  assert.deepEqual(
    twice.faults.map(({ kind }) => kind),
    ['duplicate'],
  )
  assert.equal(twice.repaired?.citations.length, 1)
})

test('a second judge is asked without being told what the code found, and its disagreement is shown', async () => {
  const asked: unknown[] = []
  const claims = [
    {
      id: 'true',
      text: 'Fine-tuning on negative captions reduces hallucination.',
      citations: [{ sourceId: 'negatives', sentence: 2 }],
    },
    { id: 'uncited', text: 'Everything is solved.', citations: [] },
  ]
  const found = await verifyWithJudge({ claims, sources: SOURCES }, async (question) => {
    asked.push(question)
    return { supported: false, reason: 'it does not say so' }
  })
  assert.deepEqual(asked, [
    {
      id: 'true',
      claim: claims[0]!.text,
      passages: [{ sourceId: 'negatives', text: 'Fine-tuning on negative captions reduces hallucination.' }],
    },
  ])
  assert.deepEqual(found.claims[0]?.second, {
    supported: false,
    reason: 'it does not say so',
    disagrees: true,
  })
  assert.equal(found.claims[0]?.met, true)
  assert.equal(found.claims[1]?.second, undefined)
})

test('a citation that carries nothing of the claim is found and dropped', () => {
  const third = { sourceId: 'negatives', sentence: 2 }
  const found = verdict('Fine-tuning on negative captions reduces hallucination.', [
    third,
    { sourceId: 'routing', sentence: 0 },
  ])
  assert.deepEqual(
    found.faults.map(({ kind, citation }) => [kind, citation]),
    [['support', 1]],
  )
  assert.deepEqual(found.repaired?.citations, [third])
})

test('a sum counts as many sources as it cites, and each of them supports it', () => {
  const both = [{ sourceId: 'routing' }, { sourceId: 'negatives' }]
  assert.ok(
    kinds('Three papers measure hallucination in vision-language models.', both, 'sum').includes('count'),
  )
  assert.deepEqual(kinds('Two papers measure hallucination in vision-language models.', both, 'sum'), [
    'count',
  ])
  assert.deepEqual(
    kinds('One paper measures hallucination in vision-language models.', [{ sourceId: 'negatives' }], 'sum'),
    [],
  )
})

test('some that become all, "up to" that is lost and certainty that the source lacks are found', () => {
  assert.ok(
    kinds('SparseRoute outperforms dense attention by 3.4% on four benchmarks.', ROUTE).includes('scope'),
  )
  assert.ok(
    kinds('LVLMs always describe objects that are not in the image.', [
      { sourceId: 'negatives', sentence: 0 },
    ]).includes('scope'),
  )
  assert.ok(
    kinds('Deeper routers are proven to be associated with longer training.', [
      { sourceId: 'routing', sentence: 3 },
    ]).includes('certainty'),
  )
})

test('who reports it and in which voice changes nothing', () => {
  for (const text of [
    'They report that SparseRoute outperforms dense attention by up to 3.4% on 4 benchmarks.',
    'On four benchmarks, dense attention is outperformed by SparseRoute by up to 3.4%.',
    'At half the memory, SparseRoute outperforms dense attention by up to 3.4 percent.',
  ])
    assert.deepEqual(kinds(text, ROUTE), [], text)
})
