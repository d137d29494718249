import { nearDuplicates } from '../../domain/text/near-duplicates.ts'
import { cosine, idfTable, mmr, termVector } from '../../domain/text/similarity.ts'
import { stems } from '../../domain/text/tokens.ts'
import type { PaperRecord } from './shapes.ts'

export type Found = {
  paper: PaperRecord /** 0 to 1: by rank in the searches that found it. */
  relevance: number
}

export type Selection = { max: number; recent: boolean }

const WEIGHTS = { relevance: 0.6, recency: 0.25, substance: 0.15 }
const RECENT = { relevance: 0.45, recency: 0.4, substance: 0.15 }
const DIVERSITY = 0.3
const DUPLICATES_FROM = 0.5
const DAY_MS = 86_400_000
const HALF_LIFE_DAYS = 150

/**
 * Relevance, recency and substance (numbers, a named system, a full abstract) weighed against likeness to what is chosen
 * already (MMR). Near duplicates are reduced to the most relevant. Deterministic: equal scores go by id.
 */
export const selectPapers = (found: readonly Found[], { max, recent }: Selection): PaperRecord[] => {
  const unique = withoutDoubles(
    [...found].sort((a, b) => b.relevance - a.relevance || (a.paper.id < b.paper.id ? -1 : 1)),
  )
  const terms = unique.map(({ paper }) => stems(`${paper.title} ${paper.title} ${paper.abstract}`))
  const idf = idfTable(terms)
  const vectors = terms.map((list) => termVector(list, idf))
  const newest = Math.max(0, ...unique.map(({ paper }) => instant(paper.published)))
  const weights = recent ? RECENT : WEIGHTS
  const worth = unique.map(
    ({ paper, relevance }) =>
      weights.relevance * relevance +
      weights.recency * recencyOf(paper.published, newest) +
      weights.substance * substanceOf(paper),
  )
  const order = mmr(worth, (a, b) => cosine(vectors[a]!, vectors[b]!), {
    count: max,
    relevanceWeight: 1 - DIVERSITY,
  })
  return order.map((at) => unique[at]!.paper)
}

const withoutDoubles = (found: readonly Found[]): Found[] =>
  nearDuplicates(
    found.map(({ paper }) => `${paper.title} ${paper.abstract}`),
    { threshold: DUPLICATES_FROM },
  ).map((group) => found[group[0]!]!)

const instant = (published: string): number => Date.parse(published) || 0

const recencyOf = (published: string, newest: number): number => {
  const at = instant(published)
  return at === 0 ? 0 : 0.5 ** ((newest - at) / DAY_MS / HALF_LIFE_DAYS)
}

const substanceOf = ({ title, abstract }: PaperRecord): number =>
  0.4 * Number(/\d+(?:\.\d+)?\s*\\?%|\d+(?:\.\d+)?x\b|\b\d{1,3}(?:,\d{3})+\b/.test(abstract)) +
  0.3 * Number(/^[\w.+-]*\p{Lu}[\w.+ -]{1,24}:/u.test(title)) +
  0.3 * Number(/\bwe (?:\w+ )?(?:propose|introduce|present|find|show|develop)/i.test(abstract))
