import { ngrams, words } from './tokens.ts'

/** Inverse document frequency of a term; a term never seen counts as the rarest. */
export type Idf = (term: string) => number

/**
 * Idf table over documents given as terms: ln(1 + (N - n + 0.5) / (n + 0.5)), the always positive form of Robertson and
 * Sparck Jones used by Lucene.
 */
export function idfTable(documents: Iterable<readonly string[]>): Idf {
  const counts = new Map<string, number>()
  let total = 0
  for (const terms of documents) {
    total += 1
    for (const term of new Set(terms)) counts.set(term, (counts.get(term) ?? 0) + 1)
  }
  return (term) => {
    const count = counts.get(term) ?? 0
    return Math.log(1 + (total - count + 0.5) / (count + 0.5))
  }
}

export type TermVector = ReadonlyMap<string, number>

/** Term counts weighted by idf (by count alone without one). */
export function termVector(terms: readonly string[], idf: Idf = () => 1): TermVector {
  const vector = new Map<string, number>()
  for (const term of terms) vector.set(term, (vector.get(term) ?? 0) + idf(term))
  return vector
}

/** Cosine of two sparse vectors, 0 when either is empty. */
export function cosine(a: TermVector, b: TermVector): number {
  const [small, large] = a.size <= b.size ? [a, b] : [b, a]
  let dot = 0
  for (const [term, weight] of small) dot += weight * (large.get(term) ?? 0)
  return dot === 0 ? 0 : dot / (norm(a) * norm(b))
}

function norm(vector: TermVector): number {
  let sum = 0
  for (const weight of vector.values()) sum += weight * weight
  return Math.sqrt(sum)
}

/** Shared share of two sets, 0 when both are empty. */
export function jaccard<T>(a: ReadonlySet<T>, b: ReadonlySet<T>): number {
  const [small, large] = a.size <= b.size ? [a, b] : [b, a]
  let shared = 0
  for (const item of small) if (large.has(item)) shared += 1
  return shared === 0 ? 0 : shared / (a.size + b.size - shared)
}

export interface MmrOptions {
  count: number
  /** 1 picks by relevance alone, 0 by novelty alone. */
  relevanceWeight?: number
}

/**
 * Maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998): indices of `count` items, each relevant and unlike those
 * picked before. `similarity` is asked once per picked item and candidate: count x items calls.
 */
export function mmr(
  relevance: readonly number[],
  similarity: (a: number, b: number) => number,
  { count, relevanceWeight = 0.7 }: MmrOptions,
): number[] {
  const picked: number[] = []
  const left = new Set(relevance.keys())
  const likeness = relevance.map(() => 0)
  while (picked.length < count && left.size > 0) {
    let best = -1
    let bestScore = Number.NEGATIVE_INFINITY
    for (const at of left) {
      const score = relevanceWeight * relevance[at]! - (1 - relevanceWeight) * likeness[at]!
      if (best < 0 || score > bestScore) [best, bestScore] = [at, score]
    }
    picked.push(best)
    left.delete(best)
    for (const at of left) likeness[at] = Math.max(likeness[at]!, similarity(best, at))
  }
  return picked
}

/** Sets of `size` consecutive normalised words; a shorter text is one shingle. */
export function shingles(text: string, size = 3): Set<string> {
  const list = words(text)
  return new Set(list.length === 0 ? [] : list.length < size ? [list.join(' ')] : ngrams(list, size))
}

/** Length of the longest common subsequence. Time is the product of the lengths: bound them where they are not yours. */
export function commonSubsequence(a: readonly string[], b: readonly string[]): number {
  let previous = new Uint16Array(b.length + 1)
  let row = new Uint16Array(b.length + 1)
  for (const item of a) {
    for (let at = 0; at < b.length; at += 1) {
      row[at + 1] = item === b[at] ? previous[at]! + 1 : Math.max(previous[at + 1]!, row[at]!)
    }
    const swap = previous
    previous = row
    row = swap
  }
  return previous[b.length] ?? 0
}
