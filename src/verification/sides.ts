import { directionOf, valenceOf } from './directions.ts'
import { opposites, polar, synonyms } from './lexicon.ts'
import type { ReadSource } from './matter.ts'
import type { Word } from './reading.ts'

const PREFIXED = /^(?:un|in|im|ir|non|dis)[a-z]{5,}/

/** Whether a word says which way something goes or how good it is. */
export function isPolar({ stem }: Word): boolean {
  return polar(stem) || directionOf(stem) !== 0 || valenceOf(stem) !== 0 || PREFIXED.test(stem)
}

/**
 * The stems of a source: whether each is said plainly somewhere, and whether it is denied
 * somewhere.
 */
type Vocabulary = ReadonlyMap<string, { plain: boolean; denied: boolean }>

const vocabularies = new WeakMap<ReadSource, Vocabulary>()

function vocabularyOf(source: ReadSource): Vocabulary {
  const known = vocabularies.get(source)
  if (known !== undefined) return known
  const made = new Map<string, { plain: boolean; denied: boolean }>()
  for (const { content } of [...source.sentences, source.title])
    for (const { stem, negated } of content) {
      const before = made.get(stem)
      made.set(stem, {
        plain: before?.plain === true || !negated,
        denied: before?.denied === true || negated,
      })
    }
  vocabularies.set(source, made)
  return made
}

const STEM_START = 5

/**
 * Whether a source says a polar word or the like, and whether it says the opposite; a negation
 * exchanges the two.
 */
export function sidesHeld(word: Word, source: ReadSource): { own: boolean; other: boolean } {
  const direction = directionOf(word.stem)
  const start = word.stem.slice(0, STEM_START)
  let own = false
  let other = false
  for (const [stem, { plain, denied }] of vocabularyOf(source)) {
    const same =
      stem === word.stem ||
      synonyms(stem, word.stem) ||
      (direction !== 0 && stem.startsWith(start) && directionOf(stem) === direction)
    if (!same && !opposites(stem, word.stem)) continue
    const [as, not] = word.negated ? [denied, plain] : [plain, denied]
    if (same ? as : not) own = true
    if (same ? not : as) other = true
  }
  return { own, other }
}
