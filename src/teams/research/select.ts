import { nearDuplicates } from '../../domain/text/near-duplicates.ts'
import { cosine, idfTable, mmr, termVector } from '../../domain/text/similarity.ts'
import { stems } from '../../domain/text/tokens.ts'
import type { PaperRecord } from './shapes.ts'

export type Found = {
  paper: PaperRecord /** 0 to 1: by rank in the searches that found it. */
  relevance: number
}

export type Selection = {
  max: number
  recent: boolean
  /** The topic is a whole field: work on one trade or language stands back, model reports and surveys come forward. */
  broad?: boolean
}

const WEIGHTS = { relevance: 0.55, recency: 0.2, substance: 0.25 }
const RECENT = { relevance: 0.4, recency: 0.35, substance: 0.25 }
const DIVERSITY = 0.3
const BREADTH = { narrow: -0.4, wide: 0.12 }
const NARROW =
  /urban|tennis|engineer|human-centric|autonomous vehicle|medic|clinic|radiolog|patholog|ultrasound|surg(?:ery|ical)|agricultur|remote sensing|arabic|thai|hindi|japanese|korean|vietnamese|indic\b|culin|ecolog|biolog|feline|animal|traffic|e-commerce|fashion|food|financ|legal|law\b|educat|student|exam|cultur|driving|uav|drone|chemi|materials|construction|manufactur|industrial|sport|game|puzzle|idiom|meme|emotion|sentiment|astronom|weather|marine|botan|geolocal|hate|fake news|misinformation|sign language|architectural|heritage|music|dance|maritime|nutrition|operating room|historical|ancient|robot/i
const WIDE =
  /technical report|\bsurvey\b|\bQwen|\bInternVL|\bGemini|\bGPT-|\bLLaVA|\bMiniCPM|\bKimi|\bGLM|roadmap|foundation/i
const DUPLICATES_FROM = 0.5
const DAY_MS = 86_400_000
const HALF_LIFE_DAYS = 150

/**
 * Relevance, recency and substance (numbers, a named system, a full abstract) weighed against likeness to what is chosen
 * already (MMR). Near duplicates are reduced to the most relevant. Deterministic: equal scores go by id.
 */
export const selectPapers = (
  found: readonly Found[],
  { max, recent, broad = false }: Selection,
): PaperRecord[] => {
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
      weights.substance * substanceOf(paper) +
      (broad ? breadthOf(paper) : 0),
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

/** A finding on what models cannot do: what open problems are made of. */
const LIMITS =
  /\b(?:find|found|show|reveal|results|demonstrate|evaluat|experiments|analysis)\w*[^.]{0,160}\b(?:struggl|fail|fall short|lag|gap|far from|below human|limitation|brittle|prone|vulnerab|degrad|deficit|bottleneck)/i

const substanceOf = ({ title, abstract }: PaperRecord): number =>
  0.3 * Number(LIMITS.test(abstract)) +
  0.3 * Number(/\d+(?:\.\d+)?\s*\\?%|\d+(?:\.\d+)?x\b|\b\d{1,3}(?:,\d{3})+\b/.test(abstract)) +
  0.2 * Number(/^[\w.+-]*\p{Lu}[\w.+ -]{1,24}:/u.test(title)) +
  0.2 * Number(/\bwe (?:\w+ )?(?:propose|introduce|present|find|show|develop)/i.test(abstract))

/** Work on one trade, language or material rather than on the field. */
export const isNarrow = (title: string): boolean => NARROW.test(title)

const breadthOf = ({ title }: PaperRecord): number =>
  (isNarrow(title) ? BREADTH.narrow : 0) + (WIDE.test(title) ? BREADTH.wide : 0)
