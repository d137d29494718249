import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { arxivSearchQuery } from './arxiv-query.ts'

const seed = Number(process.env.FC_SEED ?? 20260412)

test('requires every word of free text and leaves function words out', () => {
  assert.equal(
    arxivSearchQuery({ query: 'hallucination in multimodal LLMs' }),
    'all:hallucination AND all:multimodal AND all:LLMs',
  )
})

test('keeps phrases, hyphens and dots together', () => {
  assert.equal(
    arxivSearchQuery({ query: '"large language model" vision-language GPT-4.1' }),
    'all:"large language model" AND all:"vision-language" AND all:"GPT-4.1"',
  )
})

test('joins neighbours of OR and excludes words with a leading minus', () => {
  assert.equal(
    arxivSearchQuery({ query: 'video OR audio | speech reasoning -survey' }),
    '(all:video OR all:audio OR all:speech) AND all:reasoning ANDNOT all:survey',
  )
  assert.equal(arxivSearchQuery({ query: 'OR video OR' }), 'all:video')
})

test('adds categories and days', () => {
  assert.equal(
    arxivSearchQuery({ query: 'tokens', categories: ['cs.CL', 'cs.CV'], from: '2025-03', to: '2026' }),
    'all:tokens AND (cat:cs.CL OR cat:cs.CV) AND submittedDate:[202503010000 TO 202612312359]',
  )
  assert.equal(
    arxivSearchQuery({ query: '', categories: ['cs.*'], to: '2024-02' }),
    'cat:cs.* AND submittedDate:[199101010000 TO 202402292359]',
  )
})

test('refuses an empty query, a strange category, an impossible or reversed date', () => {
  for (const bad of [
    { query: ' the of " ( ' },
    { query: 'x', categories: ['cs.CL OR all:y'] },
    { query: 'x', from: '2025-02-30' },
    { query: 'x', from: 'yesterday' },
    { query: 'x', from: '2026', to: '2025' },
  ])
    assert.throws(() => arxivSearchQuery(bad), { code: 'input.invalid', message: /; / })
})

test('no text can add a field, an operator or an unbalanced quote', () => {
  const hostile = fc.array(
    fc.oneof(
      fc.string(),
      fc.constantFrom('"', 'au:x', ' OR ', ') AND (', 'ANDNOT', '\\"', 'cat:cs.CL', '[1 TO 2]', '-"a b'),
    ),
    { maxLength: 12 },
  )
  const term = /all:(?:[\p{L}\p{M}\p{N}]+|"[\p{L}\p{M}\p{N}./'’+ -]+")/u.source
  const any = `(?:${term}|\\(${term}(?: OR ${term})+\\))`
  const whole = new RegExp(`^(?:${any}(?: AND ${any})*)?(?: ANDNOT ${term})*$`, 'u')
  fc.assert(
    fc.property(hostile, (pieces) => {
      const made = arxivSearchQuery({ query: `x ${pieces.join('')}` })
      assert.match(made, whole)
      assert.doesNotMatch(made, /all:(?:AND|OR|NOT|ANDNOT|TO)(?: |$|\))/)
    }),
    { seed },
  )
})
