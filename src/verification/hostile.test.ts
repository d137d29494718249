import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { seed } from '../../test/seed.ts'
import type { ClaimForm } from './claims.ts'
import { verifyClaims } from './verify.ts'

const FORMS: ClaimForm[] = ['statement', 'title', 'question', 'sum']
/** Pieces on which an expression that goes back and forth would never end. */
const PIECES = [
  ' ',
  '\t',
  '\n',
  'A, ',
  'Ann, Bo, ',
  'as ',
  'given that ',
  '(',
  ')',
  '“',
  '”',
  '"',
  '12 ',
  '3.',
  '1,',
  '%',
  ' - ',
  '; ',
  'and ',
  'van de ',
  'half ',
  'two ',
  'GPT-',
  '-4',
  '$',
  '\\',
  'et al. ',
  '(2024)',
  'not ',
  'rather than ',
  'all ',
  '?',
  '\ud800',
  '\u0000',
  '𝔸',
  'é',
  '漢字',
  'constructor ',
  '__proto__ ',
]
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.array(fc.constantFrom(...PIECES), { maxLength: 120 }).map((pieces) => pieces.join('')),
)
const source = fc.record({
  id: fc.constantFrom('a', 'b', '__proto__'),
  title: text,
  sentences: fc.array(text, { maxLength: 4 }),
  authors: fc.array(text, { maxLength: 2 }),
  published: text,
})
const citation = fc.record(
  {
    sourceId: fc.constantFrom('a', 'b', 'c', '__proto__'),
    sentence: fc.integer({ min: -1, max: 5 }),
    quote: text,
  },
  { requiredKeys: ['sourceId'] },
)
const claim = fc.record({
  id: text,
  text,
  citations: fc.array(citation, { maxLength: 3 }),
  form: fc.constantFrom(...FORMS),
})

test('whatever the text, a verdict comes, the same each time, with clauses that stand in the claim', () => {
  fc.assert(
    fc.property(fc.array(claim, { maxLength: 3 }), fc.array(source, { maxLength: 3 }), (claims, sources) => {
      const found = verifyClaims({ claims, sources })
      assert.equal(found.claims.length, claims.length)
      assert.equal(found.met, found.faults.length === 0)
      for (const [at, { clauses, faults, met }] of found.claims.entries()) {
        assert.equal(met, faults.length === 0)
        for (const { start, end } of clauses)
          assert.ok(0 <= start && start < end && end <= claims[at]!.text.length)
        for (const { clause } of faults)
          assert.ok(clause === undefined || (clause >= -1 && clause < Math.max(1, clauses.length)))
      }
      assert.deepEqual(verifyClaims({ claims, sources }), found)
    }),
    { seed, numRuns: 60 },
  )
})

test('sixty thousand characters of any one piece are answered within seconds', () => {
  for (const piece of PIECES) {
    const long = piece.repeat(Math.ceil(60_000 / piece.length))
    const started = process.cpuUsage()
    const sources = [
      { id: 'a', title: long, sentences: [long, 'A sentence.'], authors: [long], published: long },
    ]
    const claims = (['statement', 'question'] as const).map((form) => ({
      id: form,
      text: long,
      citations: [{ sourceId: 'a', quote: long }],
      form,
    }))
    verifyClaims({ claims, sources })
    const { user } = process.cpuUsage(started)
    assert.ok(user < 5_000_000, `${JSON.stringify(piece)} took ${Math.round(user / 1000)} ms`)
  }
})

test('a report of 40 papers and 120 claims is checked well under a second', () => {
  const sources = Array.from({ length: 40 }, (_, at) => ({
    id: `paper-${at}`,
    title: `System-${at}: routing number ${at} for long documents`,
    sentences: Array.from(
      { length: 9 },
      (__, place) =>
        `On benchmark ${place} the router of System-${at} outperforms dense attention by ${place + 2}.${at % 10}% at half the memory of earlier systems.`,
    ),
    authors: ['Ada Byron'],
    published: '2025',
  }))
  const claims = Array.from({ length: 120 }, (_, at) => {
    const { id, sentences } = sources[at % 40]!
    const sentence = at % 9
    return {
      id: `claim-${at}`,
      text: sentences[sentence]!,
      citations: [{ sourceId: id, sentence, quote: sentences[sentence]! }],
    }
  })
  const started = process.cpuUsage()
  const found = verifyClaims({ claims, sources })
  const { user } = process.cpuUsage(started)
  assert.deepEqual(
    [...new Set(found.faults.map(({ kind }) => kind))].filter((kind) => kind !== 'duplicate'),
    [],
  )
  assert.ok(user < 1_500_000, `${Math.round(user / 1000)} ms`)
})
