import { type Abbreviations, abbreviations } from '../domain/text/abbreviations.ts'
import type { Idf } from '../domain/text/similarity.ts'
import { stem } from '../domain/text/tokens.ts'
import { coverage, type Matching, matchClaim, readStatement, type Statement } from './grounding-features.ts'
import {
  type Features,
  linear,
  rankFeatures,
  sentenceSupportFeatures,
  supportFeatures,
} from './grounding-model.ts'
import { RANK_WEIGHTS, SENTENCE_SUPPORT_WEIGHTS, SUPPORT_WEIGHTS } from './grounding-weights.ts'
import { direction } from './polarity.ts'

/** A source read once, for many claims: see {@link prepareSource}. */
export interface PreparedSource {
  sentences: readonly Statement[]
  title: Statement | undefined
  abbreviations: Abbreviations
}

export interface GroundingOptions {
  /**
   * Rarity of stems, best from all the sources at hand (`idfTable(documents.map(stems))`). Without it rarity is guessed from the form
   * of the words, which costs a few points of accuracy.
   */
  idf?: Idf
  /** Title of the source, where `sentences` are given plainly; it tells what "the method" or "patients" are. */
  title?: string
}

export interface Grounding {
  /** 0 to 1, higher is better supported; calibrated so that .5 separates best where support and its lack are equally frequent. */
  score: number
  /** `score` of at least {@link SUPPORTED_MIN}. */
  supported: boolean
  /** Index of the sentence likeliest to be the evidence; -1 for an empty source. */
  bestSentence: number
  /** Indices of the three likeliest, best first. */
  topSentences: number[]
  features: Features
  /** The best sentence says the opposite as far as wording tells: up for down, or only one of the two is negated. A hint, not a proof. */
  opposed: boolean
}

export const SUPPORTED_MIN = 0.5
/** Under this share of the claim's weight found in the source, the score falls to 0 in proportion: the models have seen little of it. */
const HELD_MIN = 0.3
/** Below this overlap two statements are about different things, and their directions say nothing about each other. */
const OPPOSED_OVERLAP_MIN = 0.6

/** Reads the sentences of a source once; short forms it defines are understood in claims about it. */
export function prepareSource(sentences: readonly string[], title?: string): PreparedSource {
  const short = abbreviations(title ? [title, ...sentences] : sentences)
  return {
    sentences: sentences.map((sentence) => readStatement(sentence, short)),
    title: title ? readStatement(title, short) : undefined,
    abbreviations: short,
  }
}

/**
 * How well a source supports a claim. Overlap weighted by rarity, names, numbers, pairs and order of words go through small logistic models
 * fitted on part of SciFact (evals/scifact-fit.ts): one for a whole abstract, one for a single sentence. It judges whether the source
 * speaks about what is claimed; that it says the contrary is only hinted at by `opposed`.
 */
export function groundingScore(
  claim: string,
  source: readonly string[] | PreparedSource,
  options: GroundingOptions = {},
): Grounding {
  const prepared = 'sentences' in source ? source : prepareSource(source, options.title)
  const idf = options.idf ?? plainRarity
  const { sentences, title } = prepared
  const statement = readStatement(claim, prepared.abbreviations)
  if (sentences.length === 0 || statement.terms.size === 0) {
    return { score: 0, supported: false, bestSentence: -1, topSentences: [], features: {}, opposed: false }
  }
  const matching = matchClaim(statement, sentences, title, idf, prepared.abbreviations)
  const ranked = rankSentences(matching, sentences, idf)
  const features =
    sentences.length === 1
      ? sentenceSupportFeatures(matching, sentences[0]!, title, idf)
      : supportFeatures(matching, sentences, title, ranked, idf)
  const odds = linear(sentences.length === 1 ? SENTENCE_SUPPORT_WEIGHTS : SUPPORT_WEIGHTS, features)
  const held = features.everything ?? features['cover+title'] ?? 0
  const score = logistic(odds) * Math.min(1, held / HELD_MIN)
  return {
    score,
    supported: score >= SUPPORTED_MIN,
    bestSentence: ranked[0]!,
    topSentences: ranked.slice(0, 3),
    features,
    opposed: opposes(matching, sentences[ranked[0]!]!, ranked[0]!),
  }
}

/** Indices of the sentences, the likeliest evidence first. */
export function rankSentences(matching: Matching, sentences: readonly Statement[], idf: Idf): number[] {
  const scores = rankFeatures(matching, sentences, idf).map((features) => linear(RANK_WEIGHTS, features))
  return [...scores.keys()].sort((a, b) => scores[b]! - scores[a]! || a - b)
}

/** Rarity without counts: longer words and names with digits are rarer. */
export function plainRarity(term: string): number {
  return 1 + Math.min(term.length, 10) / 10 + (/\d/.test(term) ? 0.5 : 0)
}

/** Words that both share say nothing about a turn: "fewer errors" stays what it is when the rest goes from up to down. */
function opposes({ claim, weights, rows }: Matching, sentence: Statement, at: number): boolean {
  if (coverage(weights, rows[at]!) < OPPOSED_OVERLAP_MIN) return false
  const [here, there] = [direction(wordsOnlyIn(claim, sentence)), direction(wordsOnlyIn(sentence, claim))]
  const turned = here !== 0 && here === -there
  return turned !== (claim.negated !== sentence.negated)
}

function wordsOnlyIn(a: Statement, b: Statement): string[] {
  return a.words.filter((word) => !b.terms.has(stem(word)))
}

function logistic(value: number): number {
  return 1 / (1 + Math.exp(-value))
}
