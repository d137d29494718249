import type { TermSequence } from '../../domain/text/term-sequence.ts'
import type { KnowledgeFilter, KnowledgeStore, LexicalCandidates } from '../../ports/knowledge-store.ts'
import { feedback } from './feedback.ts'
import { type Holding, holdingOf, type QueryTerms } from './passage.ts'
import { fused, lexicalScorer, queryTerms, type Scores, type Weights } from './scoring.ts'

/** `least`: a chunk that shares no word with the question and is less near than this is no hit. */
export type QuestionVector = { embedder: string; values: Float32Array; least?: number }

/** A chunk that may answer, scored by what is known without its text. */
export type Candidate = {
  chunk: number
  terms: TermSequence
  holding: Holding
  /** Shares no word with the question and is not near it in meaning. */
  far?: boolean
  scores: Scores
  score: number
}

export type Gathered = {
  terms: QueryTerms
  vector: QuestionVector | undefined
  candidates: Candidate[]
  /** A candidate for a chunk that nothing asked for. */
  unasked(chunk: number): Candidate
}

const poolSize = 60
const nearestTaken = 40

/** The adapter's candidates by words and by vector, scored by words. */
export const gather = async (
  store: KnowledgeStore,
  namespace: string,
  { words, vector }: { words: { words: string[]; stems: string[] }; vector: QuestionVector | undefined },
  { limit, filter }: { limit: number; filter: KnowledgeFilter },
): Promise<Gathered> => {
  const pool = Math.max(poolSize, limit * 3)
  const nearest =
    vector === undefined
      ? []
      : await store.nearest(namespace, vector.values, {
          embedder: vector.embedder,
          limit: words.stems.length === 0 ? pool : Math.max(nearestTaken, limit),
          filter,
        })
  const also = nearest.map(({ chunk }) => chunk)
  const found = await store.lexical(namespace, words.stems, { limit: pool, filter, also })
  const terms = queryTerms(words, found)
  const { candidates, unasked } = scoredByWords(found, terms)
  const { least = Number.NEGATIVE_INFINITY } = vector ?? {}
  const near = new Set(nearest.filter(({ score }) => score >= least).map(({ chunk }) => chunk))
  for (const each of candidates) each.far = each.scores.lexical === 0 && !near.has(each.chunk)
  return { terms, vector, candidates, unasked }
}

const scoredByWords = (
  found: LexicalCandidates,
  terms: QueryTerms,
): Pick<Gathered, 'candidates' | 'unasked'> => {
  const holding = holdingOf(terms)
  const score = lexicalScorer(terms, found)
  const candidateOf = (chunk: number, sequence: TermSequence, lexical: number): Candidate => {
    const held = holding(sequence)
    const { sentence, pairs, held: alike } = held
    return {
      chunk,
      terms: sequence,
      holding: held,
      scores: { lexical, sentence, alike, pairs, feedback: 0 },
      score: 0,
    }
  }
  const candidates = found.candidates.map(({ chunk, terms: sequence, titleLength, bodyLength }) => {
    const candidate = candidateOf(chunk, sequence, 0)
    candidate.scores.lexical = score(candidate.holding, titleLength, bodyLength)
    return candidate
  })
  const best = candidates.reduce((most, { scores }) => Math.max(most, scores.lexical), 1e-9)
  for (const { scores } of candidates) scores.lexical /= best
  return { candidates, unasked: (chunk) => candidateOf(chunk, new Uint32Array(), 0) }
}

/** Sorts nothing: gives every candidate its vector's and its feedback's part, and the score of all parts. */
export const judge = async (
  store: KnowledgeStore,
  namespace: string,
  { candidates, vector, terms }: Gathered,
  weights: Weights,
): Promise<Candidate[]> => {
  const rescore = () => {
    for (const each of candidates) each.score = fused(each.scores, weights)
  }
  const believing = terms.stems.length > 0
  if (vector !== undefined)
    await addCosines(store, namespace, candidates, vector, believing ? rescore : undefined)
  if (weights.feedback > 0 && believing) {
    for (const each of candidates) each.score = fused(each.scores, { ...weights, feedback: 0 })
    for (const [at, score] of feedback(candidates).entries()) candidates[at]!.scores.feedback = score
  }
  rescore()
  return candidates
}

const unit = (values: Float32Array): Float32Array => {
  let square = 0
  for (const value of values) square += value * value
  const factor = square > 0 && Number.isFinite(square) ? 1 / Math.sqrt(square) : 0
  return values.map((value) => value * factor)
}

const dot = (a: Float32Array, b: Float32Array): number => {
  if (a.length !== b.length) return 0
  let sum = 0
  for (let at = 0; at < a.length; at++) sum += a[at]! * b[at]!
  return sum
}

const feedbackChunks = 3
const feedbackWeight = 0.5
/** So many vectors' worth of doubt about the mean of few. */
const centreDoubt = 20

/**
 * Cosines of candidates to the question. Where words say better than a weak embedder where to look (`rescore`), what all vectors of the namespace have in common
 * is taken away first (Mu and Viswanath, "All-but-the-top", ICLR 2018: it says nothing and hides the rest), and the question is moved
 * towards the candidates that are best so far (Rocchio 1971, in the embedder's space).
 */
const addCosines = async (
  store: KnowledgeStore,
  namespace: string,
  candidates: readonly Candidate[],
  { embedder, values }: QuestionVector,
  rescore: (() => void) | undefined,
): Promise<void> => {
  const numbers = candidates.map(({ chunk }) => chunk)
  const stored = await store.vectors(namespace, embedder, numbers)
  const centre = rescore && (await store.centre(namespace, embedder))
  const share = centre === undefined ? 0 : centre.count / (centre.count + centreDoubt)
  const centred = (vector: Float32Array): Float32Array => {
    const scaled = unit(vector)
    // A zero vector, of a text its embedder cannot read, stays near to nothing.
    if (centre === undefined || centre.mean.length !== scaled.length || scaled.every((x) => x === 0))
      return scaled
    return unit(scaled.map((value, at) => value - share * centre.mean[at]!))
  }
  const asked = centred(values)
  const vectors = stored.map((each) => (each === undefined ? undefined : centred(each)))
  const tell = (question: Float32Array): void => {
    for (const [at, { scores }] of candidates.entries()) {
      const vector = vectors[at]
      scores.vector = vector === undefined ? 0 : dot(question, vector)
    }
  }
  tell(asked)
  if (rescore === undefined) return
  rescore()
  const order = [...candidates.keys()].sort((a, b) => candidates[b]!.score - candidates[a]!.score || a - b)
  const top = candidates[order[0] ?? 0]?.score ?? 0
  if (top <= 0) return
  for (const at of order.slice(0, feedbackChunks)) {
    const vector = vectors[at]
    if (vector?.length !== asked.length) continue
    const pull = (feedbackWeight * Math.max(0, candidates[at]!.score)) / top
    for (let i = 0; i < asked.length; i++) asked[i]! += pull * vector[i]!
  }
  tell(unit(asked))
}
