import { jaccard, mmr } from '../../domain/text/similarity.ts'
import { stems } from '../../domain/text/tokens.ts'
import type {
  KnowledgeDocument,
  KnowledgeFilter,
  KnowledgeStore,
  StoredChunk,
} from '../../ports/knowledge-store.ts'
import { alikeTo } from './alike.ts'
import { type Candidate, gather, judge, type QuestionVector } from './candidates.ts'
import { type LettersHeld, lettersOf } from './letters.ts'
import type { QueryTerms } from './passage.ts'
import { defaultWeights, fused, questionWords, type Scores, type Weights } from './scoring.ts'

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
  /** Reads candidates closely: sentences, word pairs, what the best have in common; the very best also for words that look alike. Default true. */
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

export type Asked = { text?: string; vector?: QuestionVector }

/** All candidates of a search for ten hits: letters may raise one that words left far behind. */
const readFirst = 100
/** A word of the text is one of the question misspelt. */
const alikeMin = 0.4
const spreadFrom = 20
const charsReadMax = 8000

/** A candidate whose text was read. */
type Found = Candidate & { stored: StoredChunk; also: string[] }

const roundAll = (scores: Scores): Scores => {
  const rounded = { ...scores }
  for (const part of Object.keys(rounded) as (keyof Scores)[])
    rounded[part] = Math.round(rounded[part]! * 1e4) / 1e4
  return rounded
}

/**
 * Lines are short: what answers a question often stands in the one beside the line that resembles
 * it.
 */
const lineNeighbours = 0.6

/**
 * The weight of neighbours in a chunk's score: the caller's, else that of lines for a conversation
 * and 0 for passages.
 */
const neighbourWeight =
  (asked: number | undefined) =>
  ({ document }: StoredChunk): number =>
    asked ?? (document.chunking === 'lines' ? lineNeighbours : 0)

/**
 * Chunks beside candidates in the same document share in their score. The best of them keeps the
 * score it had: a line is not worth less than a passage because lines have neighbours.
 */
const spread = async (
  store: KnowledgeStore,
  namespace: string,
  found: Found[],
  take: (beside: StoredChunk) => Found,
  weightOf: (stored: StoredChunk) => number,
): Promise<void> => {
  const at = (document: string, ordinal: number) => `${ordinal}/${document}`
  const known = new Map(found.map((each) => [at(each.stored.document.id, each.stored.ordinal), each]))
  for (const { stored } of found.slice(0, spreadFrom)) {
    if (weightOf(stored) <= 0) continue
    const { document, ordinal } = stored
    for (const beside of await store.span(namespace, document.id, ordinal - 1, ordinal + 1)) {
      const key = at(document.id, beside.ordinal)
      if (!known.has(key)) known.set(key, take(beside))
    }
  }
  const before = new Map(
    Array.from(known.values(), ({ stored, score }) => [at(stored.document.id, stored.ordinal), score]),
  )
  const shared = [...known.values()].filter(({ stored }) => weightOf(stored) > 0)
  const best = shared.reduce((most, { score }) => Math.max(most, score), 0)
  for (const each of shared) {
    const { document, ordinal } = each.stored
    const weight = weightOf(each.stored)
    const beside = [ordinal - 1, ordinal + 1].map((n) => before.get(at(document.id, n)) ?? 0)
    each.scores.neighbours = Math.max(...beside)
    each.score = (each.score + weight * each.scores.neighbours) / (1 + weight)
  }
  const after = shared.reduce((most, { score }) => Math.max(most, score), 0)
  if (after > 0) for (const each of shared) each.score *= best / after
  found.splice(0, found.length, ...known.values())
}

/** The best chunk of each group of documents that say nearly the same stands for all; of each document too where wanted. */
const collapse = (candidates: readonly Found[], distinct: 'chunk' | 'document'): Found[] => {
  const groups = new Map<string, Found>()
  const documents = new Set<string>()
  const kept: Found[] = []
  for (const each of candidates) {
    const { id, group } = each.stored.document
    const first = groups.get(group)
    if (first === undefined) groups.set(group, each)
    else if (first.stored.document.id !== id) {
      for (const other of [id, ...each.also])
        if (other !== first.stored.document.id && !first.also.includes(other)) first.also.push(other)
      continue
    }
    if (distinct === 'document' && documents.has(id)) continue
    documents.add(id)
    kept.push(each)
  }
  return kept
}

/** Candidates compared with each other: each with each that was picked. */
const diversifiedMost = 240

const diversified = (candidates: Found[], limit: number, diversity: number): Found[] => {
  if (diversity <= 0) return candidates.slice(0, limit)
  const pool = candidates.slice(0, Math.max(limit, 20, Math.min(limit * 4, diversifiedMost)))
  const sets = pool.map(({ stored }) => new Set(stems(stored.text.slice(0, charsReadMax))))
  const picked = mmr(
    pool.map(({ score }) => score),
    (a, b) => jaccard(sets[a]!, sets[b]!),
    { count: limit, relevanceWeight: 1 - Math.min(1, diversity) },
  )
  return picked.map((index) => pool[index]!)
}

/** What surrounds the hits, read once for each document: many hits may be of one long text. */
const surroundings = async (
  store: KnowledgeStore,
  namespace: string,
  picked: readonly Found[],
  neighbours: number,
): Promise<Map<string, StoredChunk[]>> => {
  const ordinals = new Map<string, number[]>()
  for (const { stored } of picked) {
    const known = ordinals.get(stored.document.id)
    if (known === undefined) ordinals.set(stored.document.id, [stored.ordinal])
    else known.push(stored.ordinal)
  }
  const found = new Map<string, StoredChunk[]>()
  if (neighbours < 1) return found
  for (const [id, of] of ordinals) {
    const [from, to] = [Math.min(...of) - neighbours, Math.max(...of) + neighbours]
    found.set(id, await store.span(namespace, id, from, to))
  }
  return found
}

/** Characters of all hits of one search; contexts are left out before hits are. */
const hitCharsMax = 4 * 1024 * 1024
const contextCharsMax = 4 * 1024 * 1024

/** As many as the bounds allow, at least one. */
const bounded = (hits: readonly Hit[]): Hit[] => {
  const kept: Hit[] = []
  let [texts, contexts] = [0, 0]
  for (const hit of hits) {
    texts += hit.text.length
    if (texts > hitCharsMax && kept.length > 0) break
    contexts += hit.context?.text.length ?? 0
    if (contexts <= contextCharsMax) kept.push(hit)
    else {
      const { context: _, ...rest } = hit
      kept.push(rest)
    }
  }
  return kept
}

const hitOf = (
  { stored: chunk, scores, score, also }: Found,
  neighbours: number,
  beside: readonly StoredChunk[] = [],
): Hit => {
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
  const around = beside.filter(({ ordinal }) => Math.abs(ordinal - chunk.ordinal) <= neighbours)
  const start = around[0]?.start ?? chunk.start
  const end = around.at(-1)?.end ?? chunk.end
  return { ...hit, context: { start, end, text: text.slice(start, end) } }
}

const order = (a: Candidate, b: Candidate) => b.score - a.score || a.chunk - b.chunk

/**
 * What words that look alike add to a candidate's score; learnt from the texts of the first batch.
 */
const alikeness = (terms: QueryTerms) => {
  const letters = lettersOf(terms)
  const misspelt = alikeTo(terms)
  let score: ((held: LettersHeld) => number) | undefined
  return {
    /** Whether a text that shares no word with the question holds one of its words misspelt. */
    near: ({ holding }: Candidate, text: string): boolean => misspelt(holding, text) >= alikeMin,
    of(found: readonly { candidate: Candidate; stored: StoredChunk }[]): number[] {
      if (letters === undefined) return found.map(({ candidate }) => candidate.holding.held)
      const held = found.map(({ stored: { text, document } }) =>
        letters.count(document.title ?? '', text.slice(0, charsReadMax)),
      )
      score ??= letters.scorer(held)
      return held.map(score)
    },
  }
}

/** Texts of candidates, best first, and what they add to the scores. */
const reader = (
  store: KnowledgeStore,
  namespace: string,
  {
    options,
    weights,
    now,
    alike,
  }: {
    options: SearchOptions
    weights: Weights
    now: number
    alike: ReturnType<typeof alikeness> | undefined
  },
) => {
  const { recency } = options
  const scored = (candidate: Candidate, stored: StoredChunk): Found => {
    if (recency !== undefined)
      candidate.scores.recency =
        0.5 ** (Math.max(0, now - stored.document.updatedAt) / Math.max(1, recency.halfLifeMs))
    candidate.score = fused(candidate.scores, weights)
    return { ...candidate, stored, also: [...(stored.also ?? [])] }
  }
  const isHit = ({ far, stored, ...candidate }: Found): boolean =>
    far !== true ||
    (alike?.near(candidate, `${stored.document.title ?? ''}\n${stored.text.slice(0, charsReadMax)}`) ??
      candidate.scores.alike >= alikeMin)
  const take = (pairs: readonly { given: Candidate; stored: StoredChunk }[]): Found[] => {
    // A chunk that several groups share is a candidate for each.
    const found = pairs.map(({ given, stored }) => ({
      candidate: { ...given, scores: { ...given.scores } },
      stored,
    }))
    for (const [at, value] of alike?.of(found).entries() ?? []) found[at]!.candidate.scores.alike = value
    return found.map(({ candidate, stored }) => scored(candidate, stored))
  }
  return {
    take,
    async read(candidates: readonly Candidate[]): Promise<Found[]> {
      const byNumber = new Map(candidates.map((each) => [each.chunk, each]))
      const { filter = {} } = options
      const stored = await store.chunks(namespace, [...byNumber.keys()], { filter })
      return take(stored.map((each) => ({ given: byNumber.get(each.chunk)!, stored: each }))).filter(isHit)
    },
  }
}

const usedWeights = (options: SearchOptions, wordless: boolean): Weights => {
  const { recency, precise = true } = options
  const close = wordless || !precise ? { sentence: 0, alike: 0, pairs: 0, feedback: 0 } : {}
  return {
    ...defaultWeights,
    ...options.weights,
    ...(wordless ? { lexical: 0 } : {}),
    ...close,
    neighbours: 0,
    recency: recency === undefined ? 0 : (recency.weight ?? 0.2),
  }
}

/**
 * Candidates by words and by vector, fused by score (never by rank: a weak list would count as much as a good one), then neighbours, recency, one for
 * all near-duplicates, diversity. Of the candidates only the best are read as text. Deterministic: ties go to the older chunk.
 */
export const searchKnowledge = async (
  store: KnowledgeStore,
  namespace: string,
  asked: Asked,
  now: number,
  options: SearchOptions = {},
): Promise<Hit[]> => {
  const {
    limit = 10,
    filter = {},
    neighbours = 0,
    diversity = 0,
    precise = true,
    distinct = 'chunk',
  } = options
  if (limit < 1) return []
  const words = questionWords(asked.text ?? '')
  const weights = usedWeights(options, words.stems.length === 0)
  const gathered = await gather(store, namespace, { words, vector: asked.vector }, { limit, filter })
  const candidates = await judge(store, namespace, gathered, weights)
  candidates.sort(order)
  const { take, read } = reader(store, namespace, {
    ...{ options, weights, now },
    alike: weights.alike > 0 && precise ? alikeness(gathered.terms) : undefined,
  })
  const step =
    weights.recency > 0 ? Number.MAX_SAFE_INTEGER : Math.max(readFirst, limit * (diversity > 0 ? 4 : 2))
  const weightOf = neighbourWeight(options.weights?.neighbours)
  let found: Found[] = []
  for (let from = 0; from < candidates.length; from += step) {
    found.push(...(await read(candidates.slice(from, from + step))))
    if (collapse(found, distinct).length >= limit) break
  }
  found.sort(order)
  if (found.some(({ stored }) => weightOf(stored) > 0)) {
    const byNumber = new Map(candidates.map((each) => [each.chunk, each]))
    const taken = (chunk: StoredChunk): Found =>
      take([{ given: byNumber.get(chunk.chunk) ?? gathered.unasked(chunk.chunk), stored: chunk }])[0]!
    await spread(store, namespace, found, taken, weightOf)
    found = found.sort(order)
  }
  const picked = diversified(collapse(found, distinct), limit, diversity)
  const around = await surroundings(store, namespace, picked, neighbours)
  return bounded(picked.map((each) => hitOf(each, neighbours, around.get(each.stored.document.id))))
}
