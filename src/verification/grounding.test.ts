import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { negated } from '../domain/text/negation.ts'
import { groundingScore, prepareSource } from './grounding.ts'
import { direction } from './polarity.ts'
import { offeredValues, quantities } from './quantities.ts'

const SOURCE = [
  'Aspirin is widely used to prevent heart attacks.',
  'We followed 4,512 patients with diabetes mellitus (DM) for five years.',
  'Daily aspirin reduced the risk of myocardial infarction by 32% compared with placebo.',
  'Bleeding events were more frequent in the treated group.',
]

test('finds the sentence that carries the claim and calls it supported', () => {
  const found = groundingScore('Aspirin lowers the risk of myocardial infarction.', SOURCE, {
    title: 'Aspirin in diabetes',
  })
  assert.equal(found.bestSentence, 2)
  assert.equal(found.topSentences.length, 3)
  assert.equal(found.supported, true)
})

test('a claim about something else is not supported', () => {
  const found = groundingScore('Transformers scale to long documents with sparse attention.', SOURCE)
  assert.equal(found.supported, false)
  assert.equal(found.score, 0)
})

test('a claim of any length that shares nothing with the source scores nothing', () => {
  for (const claim of [
    'Vision.',
    'Vision models.',
    'Vision '.concat('encoders tokens pixels layers '.repeat(9)),
  ]) {
    for (const source of [SOURCE, SOURCE.slice(2, 3)]) assert.equal(groundingScore(claim, source).score, 0)
  }
})

test('dropping the evidence never raises the score of a claim in its words', () => {
  for (const [at, sentence] of SOURCE.entries()) {
    const without = SOURCE.filter((_, other) => other !== at)
    assert.ok(groundingScore(sentence, SOURCE).score > groundingScore(sentence, without).score)
  }
})

test('understands a short form that the source defines, both ways round', () => {
  const spelled = 'Patients with diabetes mellitus were followed for years.'
  const short = 'DM patients were followed for years.'
  const undefinedThere = SOURCE.map((sentence) => sentence.replace('diabetes mellitus (DM)', 'gout'))
  for (const claim of [spelled, short]) {
    assert.ok(groundingScore(claim, SOURCE).score > groundingScore(claim, undefinedThere).score + 0.1)
  }
})

test('hints when the sentence says the opposite', () => {
  const claim = 'Daily aspirin increased the risk of myocardial infarction compared with placebo.'
  assert.equal(groundingScore(claim, SOURCE).opposed, true)
  assert.equal(groundingScore(claim.replace('increased', 'reduced'), SOURCE).opposed, false)
})

test('a prepared source gives what a plain one gives', () => {
  const claim = 'Aspirin reduced the risk by 32%.'
  assert.deepEqual(
    groundingScore(claim, prepareSource(SOURCE, 'T')),
    groundingScore(claim, SOURCE, { title: 'T' }),
  )
})

test('nothing to go by is no support', () => {
  assert.deepEqual(
    [groundingScore('A claim.', []), groundingScore('of the', SOURCE)].map(({ score, bestSentence }) => [
      score,
      bestSentence,
    ]),
    [
      [0, -1],
      [0, -1],
    ],
  )
})

test('any claim and source give a score from 0 to 1 and valid indices', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 80 })
  fc.assert(
    fc.property(text, fc.array(text, { maxLength: 5 }), (claim, source) => {
      const { score, topSentences } = groundingScore(claim, source)
      assert.ok(score >= 0 && score <= 1)
      assert.ok(topSentences.every((at) => at >= 0 && at < source.length))
    }),
  )
})

test('numbers are read with their units, and digits of names, marks and enumerators are not numbers', () => {
  const found = quantities(
    'GPT-4 and p53 [12] gain (1) 1,024 points, 3.50% and a 2-fold rise over ViT-L/14, 10-20%',
  )
  assert.deepEqual(
    found.map(({ value, unit }) => value + unit),
    ['1024point', '3.5%', '2x', '10%', '20%'],
  )
  assert.ok(
    offeredValues('five of 1,024 models').has('5') && offeredValues('five of 1,024 models').has('1024'),
  )
})

test('direction and negation are read from the words', () => {
  assert.equal(direction(['risk', 'increases']), 1)
  assert.equal(direction(['reduced', 'risk']), -1)
  assert.equal(direction(['risk']), 0)
  assert.equal(negated(['does', 'not', 'help']), true)
  assert.equal(negated(['not', 'without', 'help']), false)
})
