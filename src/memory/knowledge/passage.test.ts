import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { termSequence } from '../../domain/text/term-sequence.ts'
import { alikeTo } from './alike.ts'
import { feedback } from './feedback.ts'
import { holdingOf } from './passage.ts'

const some = fc.array(fc.constantFrom<string>('a', 'b', 'c', 'd', 'e'), { maxLength: 12 })
const near = (value: number, expected: number) =>
  assert.ok(Math.abs(value - expected) < 1e-9, `${value} is not ${expected}`)

describe('a passage read as a sequence of terms', () => {
  it('tells what of a question its best sentence holds, and which words follow each other there', () => {
    const read = holdingOf({ stems: ['red', 'fox', 'ran'], weights: [1, 2, 3] })
    const { title, body, held, sentence, pairs } = read(
      termSequence(['fox'], ['the', 'red', 'fox', 'fox', 'ran'], [4, 5]),
    )
    assert.deepEqual(
      [[...title], [...body]],
      [
        [0, 1, 0],
        [1, 2, 1],
      ],
    )
    near(held, 1)
    near(sentence, 0.5)
    near(pairs, 1.5 / 4)
  })

  it('counts as plain counting does', () => {
    const questions = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'x'), { minLength: 1 })
    fc.assert(
      fc.property(questions, some, some, fc.nat(12), (stems, titled, texted, cut) => {
        const weights = stems.map((_, at) => at + 1)
        const ends = [Math.min(cut, texted.length), texted.length]
        const { title, body, sentence, pairs } = holdingOf({ stems, weights })(
          termSequence(titled, texted, ends),
        )
        const counts = (terms: string[]) => stems.map((stem) => terms.filter((term) => term === stem).length)
        assert.deepEqual([[...title], [...body]], [counts(titled), counts(texted)])
        const total = weights.reduce((sum, weight) => sum + weight, 0)
        const parts = [titled, texted.slice(0, ends[0]), texted.slice(ends[0])]
        const sums = parts.map((part) =>
          weights.reduce((sum, weight, at) => sum + (part.includes(stems[at]!) ? weight : 0), 0),
        )
        near(sentence, Math.max(...sums) / total)
        const all = stems
          .slice(1)
          .map((stem, at) => ({ first: stems[at]!, stem, weight: (weights[at]! + weights[at + 1]!) / 2 }))
        const follows = ({ first, stem }: { first: string; stem: string }) =>
          parts.some((part) => part.some((term, at) => term === first && part[at + 1] === stem))
        const weigh = (some: typeof all) => some.reduce((sum, { weight }) => sum + weight, 0)
        near(pairs, all.length === 0 ? 0 : weigh(all.filter(follows)) / weigh(all))
      }),
    )
  })

  it('counts in part a word that only looks like the one asked, and nothing for one that does not', () => {
    const question = { words: ['inflammatory'], stems: ['inflammatori'], weights: [2] }
    const held = holdingOf(question)(termSequence([], []))
    const alike = (text: string) => alikeTo(question)(held, text)
    assert.ok(alike('Signs of INFLAMMATION') > 0.5)
    assert.ok(alike('Signs of INFLAMMATION') < 1)
    assert.equal(alike('a quiet day'), 0)
    assert.equal(alike(''), 0)
    const pi = { words: ['3.14159'], stems: ['3.14159'], weights: [1] }
    assert.ok(alikeTo(pi)(holdingOf(pi)(termSequence([], [])), 'pi is 3.14159265') > 0)
    assert.equal(alikeTo(question)(holdingOf(question)(termSequence([], ['inflammatori'])), ''), 1)
  })

  it('raises by feedback what has in common with the best what others do not', () => {
    const texts = ['red fox forest', 'fox forest moss', 'green car road', 'common car']
    const scored = texts.map((text, at) => ({
      terms: termSequence([], `common ${text}`.split(' ')),
      score: at === 0 ? 1 : 0.1,
    }))
    const [first, second, third, last] = feedback(scored)
    assert.equal(first, 1)
    assert.ok(second! > third! && third! <= last! + 1e-9)
    assert.deepEqual(feedback([]), [])
    assert.deepEqual(feedback([{ terms: termSequence([], []), score: 0 }]), [0])
  })
})
