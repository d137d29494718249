import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { abbreviations } from './abbreviations.ts'
import { bm25Index } from './bm25.ts'
import { nearDuplicates } from './near-duplicates.ts'
import { commonSubsequence, cosine, idfTable, jaccard, mmr, shingles, termVector } from './similarity.ts'
import { stems } from './tokens.ts'

const DOCUMENTS = [
  'Attention is all you need for translation',
  'Vision transformers for image recognition at scale',
  'A survey of image segmentation',
  'Hallucination in vision-language models',
].map(stems)

test('a rarer term weighs more and an unseen one most', () => {
  const idf = idfTable(DOCUMENTS)
  assert.ok(idf(stems('attention')[0]!) > idf('imag'))
  assert.ok(idf('never') > idf(stems('attention')[0]!))
})

test('cosine and jaccard are symmetric, at most 1, and 1 for the same', () => {
  const terms = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1 })
  fc.assert(
    fc.property(terms, terms, (left, right) => {
      const [a, b] = [termVector(left), termVector(right)]
      assert.ok(Math.abs(cosine(a, b) - cosine(b, a)) < 1e-12 && cosine(a, b) <= 1 + 1e-12)
      assert.ok(Math.abs(cosine(a, a) - 1) < 1e-12)
      assert.equal(jaccard(new Set(left), new Set(right)), jaccard(new Set(right), new Set(left)))
    }),
  )
  assert.equal(cosine(termVector([]), termVector(['a'])), 0)
  assert.equal(jaccard(new Set(), new Set()), 0)
})

test('bm25 ranks the document about the query first and leaves out those without a shared term', () => {
  const hits = bm25Index(DOCUMENTS).search(stems('vision models that hallucinate'))
  assert.equal(hits[0]?.index, 3)
  assert.ok(hits.every((hit) => hit.index !== 0))
  assert.deepEqual(bm25Index([]).search(['x']), [])
})

test('bm25 scores equal the formula written out', () => {
  const [hit] = bm25Index([['a', 'a', 'b'], ['c']], { k1: 1.2, b: 0.75 }).search(['a'])
  const expected = (Math.log(1 + (2 - 1 + 0.5) / 1.5) * 2 * 2.2) / (2 + 1.2 * (0.25 + (0.75 * 3) / 2))
  assert.ok(Math.abs(hit!.score - expected) < 1e-12)
})

test('mmr takes the relevant first and then avoids what is alike', () => {
  const alike = (a: number, b: number) => (a + b === 1 ? 1 : 0)
  assert.deepEqual(mmr([1, 0.95, 0.5], alike, { count: 2, relevanceWeight: 0.5 }), [0, 2])
  assert.deepEqual(mmr([1, 0.95, 0.5], alike, { count: 2, relevanceWeight: 1 }), [0, 1])
  assert.deepEqual(mmr([1], alike, { count: 5 }), [0])
  assert.deepEqual(mmr([], alike, { count: 5 }), [])
})

test('near duplicates are grouped in order, and different texts stay alone', () => {
  const base = Array.from({ length: 60 }, (_, at) => `word${at}`).join(' ')
  assert.deepEqual(nearDuplicates([base, 'something else entirely here', `${base} more`, '', '']), [
    [0, 2],
    [1],
    [3],
    [4],
  ])
})

test('every group of near duplicates holds each text once, and each pair it claims is really alike', () => {
  const texts = fc.array(
    fc
      .array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 8 })
      .map((list) => list.join(' ')),
  )
  fc.assert(
    fc.property(texts, (list) => {
      const groups = nearDuplicates(list, { threshold: 0.6 })
      assert.deepEqual(
        groups.flat().sort((a, b) => a - b),
        [...list.keys()],
      )
      for (const group of groups.filter((each) => each.length > 1)) {
        for (const at of group) {
          const others = group.filter((other) => other !== at)
          assert.ok(others.some((other) => jaccard(shingles(list[at]!), shingles(list[other]!)) >= 0.6))
        }
      }
    }),
  )
})

test('the longest common subsequence is as long as it can be', () => {
  assert.equal(commonSubsequence([...'ABCBDAB'], [...'BDCABA']), 4)
  assert.equal(commonSubsequence([], ['a']), 0)
})

test('short forms are found with what they stand for', () => {
  const found = abbreviations([
    'Large vision-language models (LVLMs) hallucinate. We use reinforcement learning (RL) (see below), and the data (SEE).',
    'Retrieval-Augmented Generation (RAG), and the tumor necrosis factor (TNF) pathway.',
  ])
  assert.deepEqual(found.get('lvlm'), stems('large vision language models'))
  assert.deepEqual(found.get('rl'), stems('reinforcement learning'))
  assert.deepEqual(found.get('rag'), stems('retrieval augmented generation'))
  assert.equal(found.get('see'), undefined)
})
