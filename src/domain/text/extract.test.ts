import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bestSentence, contributions } from './extract.ts'
import { gaps } from './gaps.ts'

const TITLE = 'Sparse Routing for Efficient Long-Document Transformers'
const ABSTRACT = [
  'Transformers have become the standard model for language understanding in recent years.',
  'However, their quadratic attention makes them prohibitively expensive on long documents, and existing sparse variants fail to keep distant context.',
  'In this paper, we propose SparseRoute, a novel routing mechanism that lets efficient transformers read long documents.',
  'Specifically, each token is assigned to a small number of blocks by a learned router.',
  'Experiments on four benchmarks show that SparseRoute outperforms strong baselines by 3.4% at half the cost.',
  'How routing behaves on multilingual documents remains an open question for future work.',
].join(' ')

test('names what each sentence does and keeps their places', () => {
  const found = contributions(TITLE, ABSTRACT)
  assert.deepEqual(
    found.map(({ kind }) => kind),
    ['background', 'gap', 'contribution', 'method', 'result', 'gap'],
  )
  for (const { sentence, start, end } of found) assert.equal(ABSTRACT.slice(start, end), sentence)
})

test('the contribution sums the paper up, with the title and without', () => {
  for (const title of [TITLE, ''])
    assert.match(bestSentence(title, ABSTRACT)!.sentence, /we propose SparseRoute/)
})

test('an order of sentences that hides the contribution at the end does not hide it', () => {
  const parts = ABSTRACT.split(/(?<=\.) (?=[A-Z])/)
  const moved = [...parts.slice(0, 2), ...parts.slice(3), parts[2]].join(' ')
  assert.match(bestSentence(TITLE, moved)!.sentence, /we propose SparseRoute/)
})

test('gaps are what is left open, plainest first, and not what the paper solves', () => {
  const found = gaps(
    TITLE,
    `${ABSTRACT} To address this lack of memory, we introduce a cache. Our data facilitate future research.`,
  )
  assert.deepEqual(
    found.map(({ kind }) => kind),
    ['future-work', 'failure'],
  )
  assert.match(found[0]!.sentence, /multilingual/)
  for (const { sentence, start, end, score } of found) {
    assert.equal(ABSTRACT.slice(start, end), sentence)
    assert.ok(score > 0 && score <= 1)
  }
})

const STATED: [string, string][] = [
  ['However, visual reasoning over diagrams remains largely under-explored in practice.', 'under-explored'],
  ['Yet it is still unclear whether scaling helps compositional tasks.', 'open-problem'],
  ['Current models lack the ability to count objects in crowded scenes.', 'limitation'],
  ['Even the best models still struggle with temporal order in long videos.', 'failure'],
]

for (const [sentence, kind] of STATED) {
  test(`reads as ${kind}: ${sentence}`, () => assert.equal(gaps('', sentence)[0]?.kind, kind))
}

test('a plain statement of success holds no gap', () => {
  assert.deepEqual(gaps('', 'We propose a model that sets a new state of the art on five benchmarks.'), [])
})

test('an empty abstract has neither contributions nor gaps', () => {
  assert.deepEqual(contributions('', ' '), [])
  assert.equal(bestSentence('', ''), undefined)
  assert.deepEqual(gaps('', ''), [])
})

test('any text gets finite scores and exact spans', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: 'grapheme', maxLength: 300 }),
      (title, abstract) => {
        for (const { sentence, start, end, score } of contributions(title, abstract)) {
          assert.equal(abstract.slice(start, end), sentence)
          assert.ok(Number.isFinite(score))
        }
        for (const { sentence, start, end } of gaps(title, abstract))
          assert.equal(abstract.slice(start, end), sentence)
      },
    ),
  )
})
