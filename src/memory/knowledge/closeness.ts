import { sentences } from '../../domain/text/sentences.ts'
import { isStopWord, stem, words } from '../../domain/text/tokens.ts'

/** A question's content words with what each weighs. */
export type QueryTerms = {
  words: readonly string[]
  stems: readonly string[]
  /** Inverse document frequency of each stem, in the same order. */
  weights: readonly number[]
}

/** What of a question a passage holds, each from 0 to 1 by weight. */
export type Closeness = {
  /** In its best sentence. */
  sentence: number
  /** Counting words that only look alike (inflammatory, inflammation). */
  alike: number
  /** In the same order, two by two. */
  pairs: number
}

const gramSize = 4
const gramsOf = (word: string): string[] => {
  const padded = `_${word}_`
  if (padded.length <= gramSize) return [padded]
  return Array.from({ length: padded.length - gramSize + 1 }, (_, at) => padded.slice(at, at + gramSize))
}

const cacheMax = 20_000
const cache = new Map<string, readonly string[]>()
const gramsCached = (word: string): readonly string[] => {
  const known = cache.get(word)
  if (known !== undefined) return known
  const grams = gramsOf(word)
  if (cache.size >= cacheMax) cache.clear()
  cache.set(word, grams)
  return grams
}

/** For one question, a function of passages. Reading 2,000 characters takes some tenths of a millisecond. */
export const closenessTo = ({ words: asked, stems, weights }: QueryTerms) => {
  const total = weights.reduce((sum, weight) => sum + weight, 0) || 1
  const at = new Map(stems.map((each, index) => [each, index]))
  const grams = asked.map((word) => new Set(gramsCached(word)))
  const owners = new Map<string, number[]>()
  for (const [index, set] of grams.entries())
    for (const gram of set) owners.set(gram, [...(owners.get(gram) ?? []), index])
  const pairs = stems.slice(1).map((second, index) => ({
    key: `${stems[index]} ${second}`,
    weight: (weights[index]! + weights[index + 1]!) / 2,
  }))
  const pairTotal = pairs.reduce((sum, { weight }) => sum + weight, 0) || 1

  const likeness = (word: string, best: Float64Array): void => {
    const own = gramsCached(word)
    const shared = new Map<number, number>()
    for (const gram of own)
      for (const index of owners.get(gram) ?? []) shared.set(index, (shared.get(index) ?? 0) + 1)
    for (const [index, count] of shared) {
      const dice = (2 * count) / (own.length + grams[index]!.size)
      if (dice > best[index]!) best[index] = Math.min(1, dice)
    }
  }

  return (passage: string, title = ''): Closeness => {
    const held = new Set<number>()
    const heldPairs = new Set<string>()
    const best = new Float64Array(asked.length)
    const seen = new Set<string>()
    let sentence = 0
    for (const text of [title, ...sentences(passage).map((each) => each.text)]) {
      const here = new Set<number>()
      let before = ''
      for (const word of words(text)) {
        if (isStopWord(word)) continue
        const root = stem(word)
        const index = at.get(root)
        if (index !== undefined) here.add(index)
        heldPairs.add(`${before} ${root}`)
        before = root
        if (seen.has(word)) continue
        seen.add(word)
        likeness(word, best)
      }
      let weight = 0
      for (const index of here) {
        weight += weights[index]!
        held.add(index)
      }
      sentence = Math.max(sentence, weight / total)
    }
    const sum = (indices: Iterable<number>, of: (index: number) => number): number => {
      let result = 0
      for (const index of indices) result += of(index)
      return result
    }
    return {
      sentence,
      alike: sum(stems.keys(), (index) => (held.has(index) ? 1 : best[index]!) * weights[index]!) / total,
      pairs: pairs.reduce((all, { key, weight }) => all + (heldPairs.has(key) ? weight : 0), 0) / pairTotal,
    }
  }
}
