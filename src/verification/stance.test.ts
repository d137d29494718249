import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ClaimVerdict } from './claims.ts'
import { ratiosIn } from './ratios.ts'
import { verifyClaims } from './verify.ts'

const TRIAL = {
  id: 'trial',
  title: 'Vitamin D and the risk of fractures in older adults',
  sentences: [
    'BACKGROUND Whether vitamin D lowers the risk of fractures in older adults is debated.',
    'METHODS We followed 4,000 adults over five years.',
    'RESULTS Vitamin D supplements were associated with a lower risk of hip fractures (hazard ratio 0.71, 95% CI 0.60 to 0.84).',
    'CONCLUSIONS Supplements of vitamin D reduce hip fractures in older adults.',
  ],
}

function verdict(text: string, source = TRIAL): ClaimVerdict {
  const claims = [{ id: 'claim', text, citations: [{ sourceId: source.id }] }]
  return verifyClaims({ claims, sources: [source] }).claims[0]!
}

test('a claim in the source’s direction is supported, and its opposite is not', () => {
  assert.equal(verdict('Vitamin D lowers the risk of hip fractures in older adults.').stance, 'supports')
  for (const text of [
    'Vitamin D raises the risk of hip fractures in older adults.',
    'Vitamin D has no effect on hip fractures in older adults.',
    'Vitamin D is not associated with hip fractures in older adults.',
  ])
    assert.notEqual(verdict(text).stance, 'supports', text)
})

test('what speaks of the same matter in no direction that can be compared is unclear, and not a fault', () => {
  const { met, stance } = verdict('Hip fractures of older adults were studied with vitamin D.')
  assert.equal(stance, 'unclear')
  assert.equal(met, true)
})

test('titles and claims without a source have no stance', () => {
  const claims = [
    {
      id: 'title',
      text: 'Vitamin D and fractures',
      citations: [{ sourceId: 'trial' }],
      form: 'title' as const,
    },
    { id: 'bare', text: 'Vitamin D lowers the risk of hip fractures.', citations: [] },
  ]
  for (const { stance } of verifyClaims({ claims, sources: [TRIAL] }).claims) assert.equal(stance, undefined)
})

const POOLING = {
  id: 'pooling',
  title: 'Token pooling for long documents',
  sentences: [
    'Long documents make retrieval with many vectors expensive.',
    'We introduce a pooling scheme that merges similar token vectors before they are indexed.',
    'It improves the retrieval quality of small indexes and often halves their size.',
  ],
}

test('in a free paraphrase a denial needs a source that denies something', () => {
  const { faults } = verdict(
    'Merging tokens before indexing does not help retrieval over long texts.',
    POOLING,
  )
  assert.ok(
    faults.some(({ kind }) => kind === 'negation'),
    JSON.stringify(faults),
  )
})

test('in a free paraphrase a judgement of which the source says only the opposite is a contradiction', () => {
  const { faults } = verdict(
    'Pooling similar vectors degrades the quality of retrieval with little indexes.',
    POOLING,
  )
  assert.ok(
    faults.some(({ kind }) => kind === 'contradiction'),
    JSON.stringify(faults),
  )
})

test('in a free paraphrase words without reserve come from a source that is as sure', () => {
  for (const [text, kind] of [
    ['Merging alike vectors always makes the index of long texts better.', 'scope'],
    ['Merging alike vectors will undoubtedly make small indexes of long texts better.', 'certainty'],
  ] as const) {
    const { faults } = verdict(text, POOLING)
    assert.ok(
      faults.some((fault) => fault.kind === kind),
      `${text} ${JSON.stringify(faults)}`,
    )
  }
  const sure = { ...POOLING, sentences: [...POOLING.sentences, 'The gain always holds, beyond any doubt.'] }
  const { faults } = verdict('Merging alike vectors always makes the index of long texts better.', sure)
  assert.ok(!faults.some(({ kind }) => kind === 'scope'), JSON.stringify(faults))
})

test('"most of all" says nothing of all', () => {
  const { faults } = verdict('Merging alike vectors helps indexes, most of all small ones.', POOLING)
  assert.deepEqual(
    faults.filter(({ kind }) => kind === 'scope'),
    [],
  )
})

test('a denial of one source of several is carried by any of them', () => {
  const other = {
    id: 'other',
    title: 'Limits of pooling',
    sentences: ['Pooling does not help on short texts.'],
  }
  const text = 'Merging similar vectors improves small indexes, whereas pooling does not help on short texts.'
  const claims = [{ id: 'c', text, citations: [{ sourceId: 'pooling' }, { sourceId: 'other' }] }]
  const { faults } = verifyClaims({ claims, sources: [POOLING, other] }).claims[0]!
  assert.deepEqual(
    faults.filter(({ kind }) => kind === 'negation'),
    [],
  )
})

test('a ratio of risks goes up, down or neither by its interval', () => {
  const signs = (text: string) => ratiosIn(text).map(({ sign }) => sign)
  assert.deepEqual(signs('(odds ratio 2.77, 95% CI 1.04 to 7.97)'), [1])
  assert.deepEqual(signs('HR 0.71 (95% CI 0.60-0.84)'), [-1])
  assert.deepEqual(signs('relative risk 1.04 (95% confidence interval 0.89 to 1.22)'), [0])
  assert.deepEqual(signs('a risk of 20% in 3 groups'), [])
})

test('dimensions are no numbers, and a small count may be the reader’s own', () => {
  const scenes = {
    id: 'scenes',
    title: 'Reconstruction of rooms',
    sentences: ['We reconstruct rooms from photographs and evaluate on ScanNet and Replica with depth.'],
  }
  for (const text of [
    'The paper reconstructs 3D rooms from photographs.',
    'The paper reconstructs rooms from photographs and evaluates on 2 data sets.',
  ])
    assert.deepEqual(
      verdict(text, scenes).faults.filter(({ kind }) => kind === 'number'),
      [],
      text,
    )
})

test('"w.r.t." denies nothing', () => {
  const stable = {
    id: 'stable',
    title: 'Stable solutions',
    sentences: ['The solution is stable under perturbations of training data.'],
  }
  assert.deepEqual(
    verdict('The solution is stable w.r.t. perturbations of training data.', stable).faults,
    [],
  )
})

test('a hostile text is judged in bounded time', () => {
  const long = 'increase not reduce risk no '.repeat(400)
  const source = { id: 'long', title: long, sentences: Array.from({ length: 20 }, () => long) }
  const started = performance.now()
  verdict(long.slice(0, 3900), source)
  assert.ok(performance.now() - started < 5000)
})
