import { nearDuplicates } from '../../../domain/text/near-duplicates.ts'
import { cosine, idfTable, termVector } from '../../../domain/text/similarity.ts'
import { stems } from '../../../domain/text/tokens.ts'
import { areaOf } from '../area-of.ts'
import type { PaperRecord } from '../shapes.ts'
import type { QuestionKind } from '../understand/question.ts'
import type { Found } from './search.ts'

export type Selection = {
  max: number
  recent: boolean
  /** The topic is a whole field: work on one trade or language stands back, model reports and surveys come forward. */
  broad?: boolean
  kind: QuestionKind
}

const WEIGHTS = { relevance: 0.6, recency: 0.1, substance: 0.2, kind: 0.3 }
const RECENT = { relevance: 0.4, recency: 0.35, substance: 0.2, kind: 0.15 }
const NOVELTY = 0.3
const NOVELTY_BROAD = 0.15
/** What a paper loses for each one of its area that was taken before: a wish for breadth, not a share. */
const AREA_FATIGUE = 0.035
/** What a survey of the whole field gains by a paper of an area it would not go without. */
const PROMINENCE = 0.3
const BREADTH = { narrow: -0.4, wide: 0.15, release: 0.3 }
const NARROW =
  /urban|tennis|engineer|human-centric|autonomous vehicle|medic|clinic|radiolog|patholog|ultrasound|surg(?:ery|ical)|agricultur|remote sensing|arabic|thai|hindi|japan|korean|vietnamese|indic\b|culin|ecolog|biolog|feline|animal|traffic|e-commerce|fashion|food|financ|legal|law\b|educat|student|exam|cultur|driving|uav|drone|chemi|materials|construction|manufactur|industrial|sport|game|puzzle|idiom|meme|emotion|sentiment|astronom|weather|marine|botan|geolocal|hate|fake news|misinformation|sign language|architectural|heritage|music|dance|maritime|nutrition|operating room|historical|ancient|robot|EEG|brain|circuit|aerial|spanish|indonesian|wireless|network-level|electronic|comic|tactile|olfact|insurance/i
const WIDE = /\bsurvey\b|roadmap|foundation|frontier/i
/** A model of which the field speaks by its name. */
const RELEASE =
  /technical report|model card|^(?:Qwen|InternVL|Gemini|Gemma|GPT-|LLaVA|MiniCPM|Kimi|GLM|Seed\d|MiMo|Keye|Ovis|Phi-|EXAONE|SmolVLM|DeepSeek|Skywork-R|PerceptionLM|Eagle)[\w.-]*\s?[\d.]*[\w-]*(?::|$| Technical)/i
/** What a paper that answers a kind of question looks like. */
const BY_KIND: { [kind in QuestionKind]?: RegExp } = {
  evaluated: /bench|evaluat|metric|test set|leaderboard/i,
  cause: /\bwhy\b|cause|understand|analy|mechanis|bias|root|source|dissect|reveal|rethink|origin|prior/i,
  limits: /fail|limit|blind|struggle|gap|bench|cannot|brittle|\?/i,
  problems: /survey|challenge|limit|bench|open|position|fail|analy|stud(?:y|ies)|why|rethink|\?/i,
  which: /outperform|state-of-the-art|surpass|\d%/i,
  disagree: /rethink|revisit|really|myth|contrary|\?|why/i,
}
const DUPLICATES_FROM = 0.5
/** How many papers are compared for each that is taken. */
const SHORTLIST = { perPaper: 3, least: 60 }
const DAY_MS = 86_400_000
const HALF_LIFE_DAYS = 150

/**
 * Relevance, recency, substance (numbers, a named system) and fitness for the kind of question, weighed against likeness to what is
 * chosen already (MMR, Carbonell and Goldstein 1998). Near duplicates are reduced to the most relevant. Deterministic.
 */
export const selectPapers = (
  found: readonly Found[],
  { max, recent, broad = false, kind }: Selection,
): PaperRecord[] => {
  const newest = Math.max(0, ...found.map(({ paper }) => instant(paper.published)))
  const weights = recent ? RECENT : WEIGHTS
  const worthOf = ({ paper, relevance }: Found): number =>
    weights.relevance * relevance +
    weights.recency * recencyOf(paper.published, newest) +
    weights.substance * substanceOf(paper) +
    weights.kind * fitness(paper, kind) +
    (broad ? breadthOf(paper) + PROMINENCE * (areaOf(paper.title, paper.abstract)?.prominence ?? 0) : 0)
  const unique = withoutDoubles(shortlist(found, worthOf, max))
  const terms = unique.map(({ paper }) => stems(`${paper.title} ${paper.title} ${paper.abstract}`))
  const idf = idfTable(terms)
  const vectors = terms.map((list) => termVector(list, idf))
  const worth = unique.map(worthOf)
  const areas = unique.map(({ paper }) => (broad ? areaOf(paper.title, paper.abstract)?.name : undefined))
  const novelty = broad ? NOVELTY_BROAD : NOVELTY
  const likeness = (a: number, b: number): number => novelty * cosine(vectors[a]!, vectors[b]!)
  return inOrder(
    worth.map((each) => (1 - novelty) * each),
    areas,
    likeness,
    max,
  ).map((at) => unique[at]!.paper)
}

/**
 * Comparing papers with each other is what a selection costs: only those are compared that could be
 * taken.
 */
const shortlist = (found: readonly Found[], worthOf: (found: Found) => number, max: number): Found[] =>
  found
    .map((each) => ({ each, worth: worthOf(each) }))
    .sort((a, b) => b.worth - a.worth || (a.each.paper.id < b.each.paper.id ? -1 : 1))
    .slice(0, Math.max(SHORTLIST.least, SHORTLIST.perPaper * max))
    .map(({ each }) => each)
    .sort((a, b) => b.relevance - a.relevance || (a.paper.id < b.paper.id ? -1 : 1))

const inOrder = (
  worth: readonly number[],
  areas: readonly (string | undefined)[],
  likeness: (a: number, b: number) => number,
  max: number,
): number[] => {
  const picked: number[] = []
  const left = new Set(worth.keys())
  const nearest = worth.map(() => 0)
  const taken = new Map<string, number>()
  while (picked.length < max && left.size > 0) {
    let best = -1
    let bestScore = Number.NEGATIVE_INFINITY
    for (const at of left) {
      const tired = AREA_FATIGUE * (taken.get(areas[at] ?? '') ?? 0)
      const score = worth[at]! - nearest[at]! - tired
      if (best < 0 || score > bestScore) [best, bestScore] = [at, score]
    }
    picked.push(best)
    left.delete(best)
    const area = areas[best]
    if (area !== undefined) taken.set(area, (taken.get(area) ?? 0) + 1)
    for (const at of left) nearest[at] = Math.max(nearest[at]!, likeness(best, at))
  }
  return picked
}

const withoutDoubles = (found: readonly Found[]): Found[] =>
  nearDuplicates(
    found.map(({ paper }) => `${paper.title}. ${paper.abstract}`),
    { threshold: DUPLICATES_FROM },
  ).map((group) => found[group[0]!]!)

const instant = (published: string): number => (published === '' ? 0 : Date.parse(published) || 0)

const recencyOf = (published: string, newest: number): number => {
  const at = instant(published)
  return at === 0 ? 0 : 0.5 ** ((newest - at) / DAY_MS / HALF_LIFE_DAYS)
}

const fitness = ({ title, abstract }: PaperRecord, kind: QuestionKind): number => {
  const pattern = BY_KIND[kind]
  return pattern === undefined ? 0 : pattern.test(title) ? 1 : pattern.test(abstract) ? 0.5 : 0
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

export const isRelease = (title: string): boolean => RELEASE.test(title)

const breadthOf = ({ title }: PaperRecord): number =>
  isNarrow(title) ? BREADTH.narrow : isRelease(title) ? BREADTH.release : WIDE.test(title) ? BREADTH.wide : 0
