import { phrasePattern } from '../../../domain/text/phrases.ts'
import type { PaperRecord } from '../shapes.ts'
import { namesOf, phrasesIn } from '../understand/concepts.ts'
import type { Concept, Question } from '../understand/question.ts'
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

/** How far another name that the glossary knows stands for the question's own words. */
const OTHER_NAME = 0.7
/** Two words of the question side by side, where some papers of the collection have them so. */
const PHRASE = { weight: 0.6, papersMin: 1 }

/**
 * `GPT-4V in radiology`: a paper that speaks of no subject the glossary knows, where the question
 * names one, is on something else.
 */
const WITHOUT_SUBJECT = 0.6

type Topic = Pick<Question, 'concepts' | 'topic'>

/** The question's own words for a concept. */
const ownWords = ({ text, names, known }: Concept): string[] => (known ? [text] : names)

/**
 * What is counted in a collection: each concept by all its names, each by the question's own words,
 * and phrases of the topic.
 */
export const subjectsOf = ({ concepts, topic }: Topic): string[][] => [
  ...concepts.map(namesOf),
  ...concepts.map(ownWords),
  ...phrasesIn(topic).map((phrase) => [phrase]),
]

const mentionOf = (names: readonly string[]): ((paper: Text) => number) => {
  const pattern = phrasePattern(names, 'giu')
  return ({ title, abstract }) => {
    if (title.search(pattern) >= 0) return MENTION.title
    const count = abstract.match(pattern)?.length ?? 0
    return count > 1 ? MENTION.often : count === 1 ? MENTION.once : 0
  }
}

/** Counted over papers at hand, where a whole collection cannot be counted. */
export const frequencyIn = (topic: Topic, papers: readonly Text[]): Frequency => ({
  size: papers.length,
  about: subjectsOf(topic).map((names) => {
    const mention = mentionOf(names)
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
export const focusOf = (topic: Topic, papers: readonly Text[], { size, about }: Frequency): Focus => {
  const { concepts } = topic
  if (concepts.length === 0)
    return {
      holds: papers.length > 0 ? 'all' : 'nothing',
      scores: papers.map(() => 1),
      enough: 0,
      missing: [],
    }
  const weightFor = (field: boolean, count: number): number =>
    Math.min(
      WEIGHT.max,
      (field ? WEIGHT.field : WEIGHT.least) + Math.max(0, Math.log((size + 1) / (count + 0.5))),
    )
  const weights = concepts.map(({ field }, at) => weightFor(field, about[at]?.papers ?? 0))
  const mentions = concepts.map((concept) => mentionOf(namesOf(concept)))
  const rows = papers.map((paper) => mentions.map((mention) => mention(paper)))
  const total = sum(weights)
  const scores = scored(topic, papers, { rows, weights, weightFor, about })
  const covered = rows.map((row) => sum(row.map((mention, at) => (mention > 0 ? weights[at]! : 0))) / total)
  const central = rows.map((row) => row.some((mention, at) => mention >= ABOUT_MIN && tells(concepts, at)))
  const whole = covered.some((share, at) => share >= COVERED_MIN && central[at]!)
  const partly = concepts.some((concept, at) => {
    const titles = about[at]?.titles ?? 0
    const subject = titles >= Math.max(PART.titlesMin, PART.titles * size)
    return (
      tells(concepts, at) && titles > 0 && (concept.known || subject) && weights[at]! / total >= PART.weight
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

type Weighing = {
  /** Mentions of each concept by any of its names, by paper. */
  rows: readonly (readonly number[])[]
  weights: readonly number[]
  weightFor: (field: boolean, count: number) => number
  about: Frequency['about']
}

/**
 * How much each paper is about the topic: the question's own words in full, other names in part,
 * and phrases that the collection knows.
 */
const scored = (
  { concepts, topic }: Topic,
  papers: readonly Text[],
  { rows, weights, weightFor, about }: Weighing,
): number[] => {
  const own = concepts.map((concept, at) => {
    const count = about[concepts.length + at]?.papers ?? 0
    const weight = count > 0 ? weightFor(concept.field, count) : weights[at]!
    // A field has many names for one thing.
    return concept.field
      ? { mention: mentionOf(namesOf(concept)), weight: weights[at]!, other: 1 }
      : { mention: mentionOf(ownWords(concept)), weight, other: OTHER_NAME }
  })
  const phrases = phrasesIn(topic).flatMap((phrase, at) => {
    const count = about[2 * concepts.length + at]?.papers ?? 0
    if (count < PHRASE.papersMin) return []
    return [{ mention: mentionOf([phrase]), weight: PHRASE.weight * weightFor(false, count) }]
  })
  const subjects = concepts.flatMap(({ known, field }, at) => (known && !field ? [at] : []))
  const known = own.map(({ weight }, at) => ((about[at]?.papers ?? 0) > 0 ? weight : 0))
  const most = sum(known) + sum(phrases.map(({ weight }) => weight)) || sum(weights)
  return papers.map((paper, index) => {
    const single = own.map(({ mention, weight, other }, at) =>
      Math.max(mention(paper) * weight, rows[index]![at]! * other * weights[at]!),
    )
    const speaks = subjects.length === 0 || subjects.some((at) => rows[index]![at]! > 0)
    const score = sum(single) + sum(phrases.map(({ mention, weight }) => mention(paper) * weight))
    return (speaks ? score : WITHOUT_SUBJECT * score) / most
  })
}

/** A field's name tells nothing where there is anything else to go by. */
const tells = (concepts: readonly Concept[], at: number): boolean =>
  isBroad(concepts) || concepts[at]?.field === false

const sum = (values: readonly number[]): number => values.reduce((total, each) => total + each, 0)
