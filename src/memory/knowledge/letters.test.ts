import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { lettersOf } from './letters.ts'

/** Runs of four characters as plain code cuts them. */
const runsOf = (text: string): string[] =>
  (text.toLowerCase().match(/[a-z0-9]+/g) ?? []).flatMap((word) => {
    const padded = `_${word}_`
    return Array.from({ length: Math.max(1, padded.length - 3) }, (_, at) => padded.slice(at, at + 4))
  })

describe('likeness of letters', () => {
  it('counts as plain counting does, a title twice', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'C', '1', ' ', '-'), maxLength: 30 })
    fc.assert(
      fc.property(letters, letters, letters, (asked, title, text) => {
        const words = runsOf(asked).length === 0 ? ['ab'] : asked.toLowerCase().match(/[a-z0-9]+/g)!
        const found = lettersOf({ words, weights: words.map(() => 1) })!.count(title, text)
        const places = [...new Set(words.flatMap(runsOf))]
        const count = (part: string, run: string) => runsOf(part).filter((each) => each === run).length
        assert.deepEqual(
          [...found.counts],
          places.map((run) => 2 * count(title, run) + count(text, run)),
        )
        assert.equal(found.length, 2 * runsOf(title).length + runsOf(text).length)
      }),
    )
  })

  it('prefers a text whose words look like those asked, and shares a word’s weight among its runs', () => {
    const letters = lettersOf({ words: ['inflammatory', 'ox'], weights: [2, 1] })!
    const texts = [
      'inflammation of joints',
      'an ox and some cattle',
      'nothing of the kind',
      'inflammatory ox',
    ]
    const held = texts.map((text) => letters.count('', text))
    const [like, short, none, all] = held.map(letters.scorer(held))
    assert.ok(like! > short! && like! < all!, `${like} ${short}`)
    assert.equal(none, 0)
    assert.equal(all, 1)
  })

  it('leaves scripts without blanks to their pairs', () => {
    assert.equal(lettersOf({ words: ['模型'], weights: [1] }), undefined)
  })
})
