import { jaccard, mmr } from '../../domain/text/similarity.ts'
import { stems } from '../../domain/text/tokens.ts'
import type {
  KnowledgeDocument,
  KnowledgeFilter,
  KnowledgeStore,
  StoredChunk,
} from '../../ports/knowledge-store.ts'
import { closenessTo } from './closeness.ts'
import {
  defaultWeights,
  fused,
  lexicalScore,
  queryTerms,
  questionWords,
  type Scores,
  type Weights,
} from './scoring.ts'

export type SearchOptions = {
  /** Default 10. */
  limit?: number
  filter?: KnowledgeFilter
  /** Chunks before and after each hit that come with it as `context`. Default 0. */
  neighbours?: number
  /** Newer is better: a document's part in the score halves with this age. `weight` beside the others; default 0.2. */
  recency?: { halfLifeMs: number; weight?: number }
  /** 0 by relevance alone (default), towards 1 ever less alike hits. */
  diversity?: number
  /** One hit a document instead of one a chunk. */
  distinct?: 'chunk' | 'document'
  /** Reads the best candidates closely (sentences, word pairs, words that look alike). Default true; a few milliseconds. */
  precise?: boolean
  weights?: Partial<Weights>
}

export type Hit = {
  document: Omit<KnowledgeDocument, 'text'>
  /** Where it stands: `text` is the document's text from `start` to `end`. */
  start: number
  end: number
  text: string
  score: number
  /** Why: the parts of the score. */
  scores: Scores
  /** With its neighbours. */
  context?: { start: number; end: number; text: string }
  /** Documents that say nearly the same and are not listed themselves. */
  also?: string[]
}

export type Asked = { text?: string; vector?: { embedder: string; values: Float32Array } }

const readClosely = 60
const nearestTaken = 20
const charsReadMax = 8000

type Candidate = { chunk: StoredChunk; scores: Scores; score: number; also: string[] }

const roundAll = (scores: Scores): Scores => {
  const rounded = { ...scores }
  for (const part of Object.keys(rounded) as (keyof Scores)[])
    rounded[part] = Math.round(rounded[part]! * 1e4) / 1e4
  return rounded
}

/** Candidates of the adapter by words and by vector, with their chunks; scored on words alone so far. */
const gather = async (
  store: KnowledgeStore,
  namespace: string,
  asked: Asked,
  { limit, filter }: { limit: number; filter: KnowledgeFilter },
) => {
  const words = questionWords(asked.text ?? '')
  const pool = Math.max(readClosely, limit * 3)
  const found = await store.lexical(namespace, words.stems, { limit: pool, filter })
  const terms = queryTerms(words, found)
  const lexical = new Map(found.candidates.map((each) => [each.chunk, lexicalScore(each, terms, found)]))
  const { vector } = asked
  const nearest =
    vector === undefined
      ? []
      : await store.nearest(namespace, vector.values, {
          embedder: vector.embedder,
          limit: words.stems.length === 0 ? pool : Math.max(nearestTaken, limit),
          filter,
        })
  const numbers = [...new Set([...lexical.keys(), ...nearest.map(({ chunk }) => chunk)])]
  return { terms, lexical, numbers, best: Math.max(1e-9, ...lexical.values()) }
}

const cosine = (a: Float32Array, b: Float32Array): number => {
  if (a.length !== b.length) return 0
  let [dot, squareA, squareB] = [0, 0, 0]
  for (let at = 0; at < a.length; at++) {
    dot += a[at]! * b[at]!
    squareA += a[at]! * a[at]!
    squareB += b[at]! * b[at]!
  }
  return squareA === 0 || squareB === 0 ? 0 : dot / Math.sqrt(squareA * squareB)
}

const feedbackChunks = 3
const feedbackWeight = 0.3

/**
 * Cosines of chunks to the question's vector moved towards the chunks that the words find best (Rocchio 1971, in the embedder's space): words
 * say better than a weak embedder where to look.
 */
const cosinesOf = async (
  store: KnowledgeStore,
  namespace: string,
  vector: Asked['vector'],
  chunks: readonly number[],
  lexical: ReadonlyMap<number, number>,
  best: number,
): Promise<number[]> => {
  if (vector === undefined) return []
  const vectors = await store.vectors(namespace, vector.embedder, chunks)
  const length = Math.hypot(...vector.values) || 1
  const moved = vector.values.map((value) => value / length)
  const feedback = [...lexical].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, feedbackChunks)
  for (const [chunk, score] of feedback) {
    const values = vectors[chunks.indexOf(chunk)]
    if (values?.length !== moved.length) continue
    const scale = (feedbackWeight * score) / best / (Math.hypot(...values) || 1)
    for (let at = 0; at < moved.length; at++) moved[at]! += scale * values[at]!
  }
  return vectors.map((values) => (values === undefined ? 0 : cosine(values, moved)))
}

/** Chunks beside candidates in the same document share in their score: what answers a question often stands next to what resembles it. */
const spread = async (
  store: KnowledgeStore,
  namespace: string,
  candidates: Candidate[],
  weight: number,
): Promise<void> => {
  const at = (document: string, ordinal: number) => `${ordinal}/${document}`
  const known = new Map(candidates.map((each) => [at(each.chunk.document.id, each.chunk.ordinal), each]))
  for (const { chunk } of candidates.slice(0, nearestTaken))
    for (const beside of await store.span(
      namespace,
      chunk.document.id,
      chunk.ordinal - 1,
      chunk.ordinal + 1,
    )) {
      const key = at(beside.document.id, beside.ordinal)
      if (known.has(key)) continue
      const scores = { lexical: 0, sentence: 0, alike: 0, pairs: 0 }
      const added = { chunk: beside, scores, score: 0, also: [] }
      known.set(key, added)
      candidates.push(added)
    }
  const before = new Map(candidates.map((each) => [each, each.score]))
  for (const each of candidates) {
    const { document, ordinal } = each.chunk
    const beside = [ordinal - 1, ordinal + 1].map((n) => before.get(known.get(at(document.id, n))!) ?? 0)
    each.scores.neighbours = Math.max(...beside)
    each.score = (each.score + weight * each.scores.neighbours) / (1 + weight)
  }
}

/** The best chunk of each group of documents that say nearly the same stands for all; of each document too where wanted. */
const collapse = (candidates: Candidate[], distinct: 'chunk' | 'document'): Candidate[] => {
  const groups = new Map<string, Candidate>()
  const documents = new Set<string>()
  const kept: Candidate[] = []
  for (const each of candidates) {
    const { id, group } = each.chunk.document
    const first = groups.get(group)
    if (first === undefined) groups.set(group, each)
    else if (first.chunk.document.id !== id) {
      if (!first.also.includes(id)) first.also.push(id)
      continue
    }
    if (distinct === 'document' && documents.has(id)) continue
    documents.add(id)
    kept.push(each)
  }
  return kept
}

const diversified = (candidates: Candidate[], limit: number, diversity: number): Candidate[] => {
  if (diversity <= 0) return candidates.slice(0, limit)
  const pool = candidates.slice(0, Math.max(limit * 4, 20))
  const sets = pool.map(({ chunk }) => new Set(stems(chunk.text.slice(0, charsReadMax))))
  const picked = mmr(
    pool.map(({ score }) => score),
    (a, b) => jaccard(sets[a]!, sets[b]!),
    { count: limit, relevanceWeight: 1 - Math.min(1, diversity) },
  )
  return picked.map((index) => pool[index]!)
}

const hitOf = async (
  store: KnowledgeStore,
  namespace: string,
  { chunk, scores, score, also }: Candidate,
  neighbours: number,
): Promise<Hit> => {
  const { text, ...document } = chunk.document
  const hit: Hit = {
    document,
    start: chunk.start,
    end: chunk.end,
    text: chunk.text,
    score: Math.round(score * 1e6) / 1e6,
    scores: roundAll(scores),
    ...(also.length === 0 ? {} : { also }),
  }
  if (neighbours < 1) return hit
  const around = await store.span(
    namespace,
    document.id,
    chunk.ordinal - neighbours,
    chunk.ordinal + neighbours,
  )
  const start = around[0]?.start ?? chunk.start
  const end = around.at(-1)?.end ?? chunk.end
  return { ...hit, context: { start, end, text: text.slice(start, end) } }
}

/**
 * Candidates by words and by vector, fused by score (never by rank: a weak list would count as much as a good one), then neighbours, recency, one for
 * all near-duplicates, diversity. Deterministic: ties go to the older chunk.
 */
export const searchKnowledge = async (
  store: KnowledgeStore,
  namespace: string,
  asked: Asked,
  now: number,
  options: SearchOptions = {},
): Promise<Hit[]> => {
  const { limit = 10, filter = {}, neighbours = 0, recency, diversity = 0, precise = true } = options
  if (limit < 1) return []
  const weights: Weights = { ...defaultWeights, ...options.weights }
  const { terms, lexical, numbers, best } = await gather(store, namespace, asked, { limit, filter })
  const chunks = await store.chunks(namespace, numbers)
  const live = chunks.map(({ chunk }) => chunk)
  const cosines = await cosinesOf(store, namespace, asked.vector, live, lexical, best)
  const closeness = precise && terms.stems.length > 0 ? closenessTo(terms) : undefined
  const wordless = terms.stems.length === 0
  const candidates = chunks.map((chunk, at): Candidate => {
    const near = closeness?.(chunk.text.slice(0, charsReadMax), chunk.document.title)
    const words = {
      lexical: (lexical.get(chunk.chunk) ?? 0) / best,
      sentence: 0,
      alike: 0,
      pairs: 0,
      ...near,
    }
    const vector = asked.vector === undefined ? undefined : (cosines[at] ?? 0)
    const scores: Scores = { ...words, ...(vector === undefined ? {} : { vector }) }
    if (recency !== undefined)
      scores.recency = 0.5 ** (Math.max(0, now - chunk.document.updatedAt) / Math.max(1, recency.halfLifeMs))
    const used: Weights = {
      ...weights,
      ...(wordless ? { lexical: 0 } : {}),
      ...(closeness === undefined ? { sentence: 0, alike: 0, pairs: 0 } : {}),
      neighbours: 0,
      recency: recency === undefined ? 0 : (recency.weight ?? 0.2),
    }
    return { chunk, scores, score: fused(scores, used), also: [] }
  })
  const order = (a: Candidate, b: Candidate) => b.score - a.score || a.chunk.chunk - b.chunk.chunk
  candidates.sort(order)
  if (weights.neighbours > 0) {
    await spread(store, namespace, candidates, weights.neighbours)
    candidates.sort(order)
  }
  const picked = diversified(collapse(candidates, options.distinct ?? 'chunk'), limit, diversity)
  return Promise.all(picked.map((each) => hitOf(store, namespace, each, neighbours)))
}
