import { isStopWord, stem, words } from '../../domain/text/tokens.ts'
import type { LexicalCandidates } from '../../ports/knowledge-store.ts'
import type { Holding, QueryTerms } from './passage.ts'

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

/** Rare terms decide more than BM25 has it: weights to this power. */
const rarity = 1.5

/**
 * BM25 over two fields whose frequencies are added with weights before saturation (Robertson, Zaragoza and Taylor, "Simple BM25
 * extension to multiple weighted fields", CIKM 2004).
 */
export const lexicalScorer = ({ weights }: QueryTerms, mean: LexicalCandidates) => {
  const meanLength = titleWeight * mean.titleLength + mean.bodyLength || 1
  const raised = weights.map((weight) => weight ** rarity * (saturation + 1))
  return ({ title, body }: Holding, titleLength: number, bodyLength: number): number => {
    const length = titleWeight * titleLength + bodyLength
    const norm = saturation * (1 - lengthDiscount + (lengthDiscount * length) / meanLength)
    let score = 0
    for (let at = 0; at < raised.length; at++) {
      const frequency = titleWeight * title[at]! + body[at]!
      if (frequency > 0) score += (raised[at]! * frequency) / (frequency + norm)
    }
    return score
  }
}

/** Parts of a hit's score, each from 0 to 1 before it is weighed. */
export type Scores = {
  /** BM25, in proportion to the best candidate's. */
  lexical: number
  /** What of the question the best sentence holds. */
  sentence: number
  /**
   * BM25 over runs of letters, in proportion to the best candidate's: words that look alike count
   * in part.
   */
  alike: number
  /** Words that follow each other as in the question. */
  pairs: number
  /** How well its terms fit those of the best candidates. */
  feedback: number
  /** Cosine; where there are words too, of what the vectors do not have in common with all others of the namespace. */
  vector?: number
  neighbours?: number
  recency?: number
}

export type Weights = { [part in keyof Scores]-?: number }

/**
 * Fitted by `npm run eval -- fit-knowledge` on the part of the SciFact development claims that is
 * for choosing, then rounded (docs/decisions/0075). The offline embedding has less than .3 of the
 * whole: alone it finds little, and with equal weight it spoils what the words find.
 */
export const defaultWeights: Weights = {
  lexical: 1,
  sentence: 0.5,
  alike: 1.8,
  pairs: 0.1,
  feedback: 0.4,
  vector: 1.05,
  /** For lines the default is .6 (search.ts). */
  neighbours: 0,
  recency: 0,
}

/** Weighted mean of the parts that are there. */
export const fused = (scores: Scores, weights: Weights): number => {
  let [sum, total] = [0, 0]
  for (const part of parts) {
    const score = scores[part]
    if (score === undefined) continue
    sum += weights[part] * Math.max(0, score)
    total += weights[part]
  }
  return total === 0 ? 0 : sum / total
}

const parts = Object.keys(defaultWeights) as (keyof Scores)[]
