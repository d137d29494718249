import { phrasePattern } from '../../../domain/text/phrases.ts'
import type { PaperRecord } from '../shapes.ts'
import { namesOf } from '../understand/concepts.ts'
import type { Concept } from '../understand/question.ts'
import type { Frequency } from './search.ts'

/** How much a mention counts: in the title, several times in the abstract, once. */
const MENTION = { title: 1, often: 0.85, once: 0.6 }
const ABOUT_MIN = MENTION.often
/** No word is so rare that it alone decides, and none but a field's name so common that it does not count. */
const WEIGHT = { field: 0.05, least: 1, max: 4.5 }
/** Share of the concepts' weight that one paper must speak of for the collection to hold the topic. */
const COVERED_MIN = 0.67
/** Without such a paper, what a concept must weigh, and how many titles must name it, to be answered instead. */
const PART = { weight: 0.35, titles: 0.01, titlesMin: 2 }
/** How close a paper must come to the best. */
const CLOSE = { least: 0.4, toBest: 0.55 }

type Text = Pick<PaperRecord, 'title' | 'abstract'>

/** A topic that is nothing but the name of a field, or nothing at all. */
export const isBroad = (concepts: readonly Concept[]): boolean => concepts.every(({ field }) => field)

const mentionOf = (concept: Concept): ((paper: Text) => number) => {
  const pattern = phrasePattern(namesOf(concept), 'giu')
  return ({ title, abstract }) => {
    if (title.search(pattern) >= 0) return MENTION.title
    const count = abstract.match(pattern)?.length ?? 0
    return count > 1 ? MENTION.often : count === 1 ? MENTION.once : 0
  }
}

/** Counted over papers at hand, where a whole collection cannot be counted. */
export const frequencyIn = (concepts: readonly Concept[], papers: readonly Text[]): Frequency => ({
  size: papers.length,
  about: concepts.map((concept) => {
    const mention = mentionOf(concept)
    const found = papers.map(mention)
    return {
      papers: found.filter((each) => each > 0).length,
      titles: found.filter((each) => each === MENTION.title).length,
    }
  }),
})

export type Focus = {
  /** `partly`: no paper is about all of it, but many are about a part; `nothing`: none is about any. */
  holds: 'all' | 'partly' | 'nothing'
  /** 0 to 1 for each paper: how much it is about the topic. */
  scores: number[]
  /** A paper under this is about something else. */
  enough: number
  /** Concepts of which no paper read speaks. */
  missing: Concept[]
}

/**
 * How much each paper is about the concepts, each weighed by its rarity in the collection: a score, so that a question of many words is
 * answered by the papers that hold the telling ones.
 */
export const focusOf = (
  concepts: readonly Concept[],
  papers: readonly Text[],
  { size, about }: Frequency,
): Focus => {
  if (concepts.length === 0)
    return {
      holds: papers.length > 0 ? 'all' : 'nothing',
      scores: papers.map(() => 1),
      enough: 0,
      missing: [],
    }
  const weights = concepts.map(({ field }, at) => {
    const idf = Math.max(0, Math.log((size + 1) / ((about[at]?.papers ?? 0) + 0.5)))
    return Math.min(WEIGHT.max, (field ? WEIGHT.field : WEIGHT.least) + idf)
  })
  const mentions = concepts.map(mentionOf)
  const rows = papers.map((paper) => mentions.map((mention) => mention(paper)))
  const total = sum(weights)
  const present = sum(weights.filter((_, at) => (about[at]?.papers ?? 0) > 0)) || total
  const scores = rows.map((row) => sum(row.map((mention, at) => mention * weights[at]!)) / present)
  const covered = rows.map((row) => sum(row.map((mention, at) => (mention > 0 ? weights[at]! : 0))) / total)
  const central = rows.map((row) => row.some((mention, at) => mention >= ABOUT_MIN && tells(concepts, at)))
  const whole = covered.some((share, at) => share >= COVERED_MIN && central[at]!)
  const partly = concepts.some((concept, at) => {
    const titles = about[at]?.titles ?? 0
    const subject = titles >= Math.max(PART.titlesMin, PART.titles * size)
    return (
      tells(concepts, at) && (concept.known || subject) && titles > 0 && weights[at]! / total >= PART.weight
    )
  })
  const best = Math.max(0, ...scores)
  return {
    holds: whole ? 'all' : partly ? 'partly' : 'nothing',
    scores,
    enough: Math.max(whole ? CLOSE.least : CLOSE.least / 2, CLOSE.toBest * best),
    missing: concepts.filter((_, at) => rows.every((row) => row[at] === 0)),
  }
}

/** A field's name tells nothing where there is anything else to go by. */
const tells = (concepts: readonly Concept[], at: number): boolean =>
  isBroad(concepts) || concepts[at]?.field === false

const sum = (values: readonly number[]): number => values.reduce((total, each) => total + each, 0)
