import { aspectsIn, conceptsIn, placesIn, topicIn } from './concepts.ts'
import { type Constraints, constraintsIn } from './constraints.ts'
import { kindOf, paperIn, sidesIn } from './kind.ts'
import { inEnglish, languageOf } from './languages.ts'
import { PROBLEMS_MAX, type ResearchParams } from './params.ts'
import type { Concept, Question, QuestionKind } from './question.ts'

const SURVEY_PROBLEMS = 3
const RECENT =
  /\b(?:latest|recent(?:ly)?|newest|current(?:ly)?|state[- ]of[- ]the[- ]art|sota|advances?|progress|new|emerging|this year|trends?|nowadays|today|happened|(?:last|past) (?:\w+ )?(?:days?|weeks?|months?|years?))\b/i
/** Words that make one mention of a name a question about that one thing. */
const ABOUT_ONE =
  /^(?:please )?(?:what is|what's|tell me about|describe|explain|summari[sz]e|introduce|who (?:made|built))\b/i
const CLAUSE = /[,;.?!]\s+(?:and\s+|but\s+)?(?=(?:which|what|how|why|who|where|does|do|is|are|can|should)\b)/i

/** A goal as a question: what it is about, what answers it, what limits it. Params correct what was understood. */
export const understood = (goal: string, params: ResearchParams): Question => {
  const language = languageOf(goal)
  const english = language === 'English' ? goal : inEnglish(goal, language)
  const constraints = constraintsIn(english)
  const asked = constraints.rest
  const subject = params.topic ?? subjectIn(asked)
  const concepts = conceptsIn(subject)
  const one =
    params.kind === undefined || params.kind === 'paper'
      ? (paperIn(asked) ?? oneName(asked, concepts) ?? countedIn(asked, concepts))
      : undefined
  const kind = params.kind ?? (one === undefined ? kindIn(asked, constraints, concepts) : 'paper')
  const sides = kind === 'compare' ? sidesIn(asked) : []
  const problems = params.problems ?? constraints.problems ?? unasked(kind, constraints, params)
  return {
    text: goal,
    topic: params.topic ?? topicIn(subject),
    kind,
    concepts,
    aspects: aspectsIn(asked),
    sides,
    ...(one === undefined ? {} : { paper: one }),
    period: {
      ...constraints.period,
      ...(params.from === undefined ? {} : { since: params.from }),
      ...(params.to === undefined ? {} : { until: params.to }),
    },
    recent: RECENT.test(english),
    exclude: params.exclude ?? constraints.exclude,
    problems: Math.min(PROBLEMS_MAX, problems),
    form: params.form ?? constraints.form ?? 'prose',
    ...limits(params.words ?? constraints.wordsMax, constraints.sentencesMax),
    ...(constraints.itemsMax === undefined ? {} : { itemsMax: constraints.itemsMax }),
    language,
    queries: [],
    by: 'code',
  }
}

/** A survey ends on what is open unless it is to be short. */
const unasked = (
  kind: QuestionKind,
  { form, wordsMax, sentencesMax }: Constraints,
  { words }: ResearchParams,
): number =>
  kind === 'problems' ||
  (kind === 'survey' && form !== 'paragraph' && (words ?? wordsMax ?? sentencesMax) === undefined)
    ? SURVEY_PROBLEMS
    : 0

const limits = (wordsMax?: number, sentencesMax?: number): Pick<Question, 'wordsMax' | 'sentencesMax'> => ({
  ...(wordsMax === undefined ? {} : { wordsMax }),
  ...(sentencesMax === undefined ? {} : { sentencesMax }),
})

/** The clause that says most of the subject, the first of equals; the others ask more about it. */
const subjectIn = (text: string): string => {
  const clauses = text.split(CLAUSE)
  let best = text
  let most = 0
  for (const clause of clauses) {
    const worth = placesIn(clause).reduce((sum, { concept }) => sum + (concept.known ? 2 : 1), 0)
    if (worth > most) [best, most] = [clause, worth]
  }
  return best
}

const kindIn = (
  asked: string,
  { problems, bothSides, form }: Constraints,
  concepts: readonly Concept[],
): QuestionKind => {
  if (bothSides) return 'yes-no'
  const kind = kindOf(asked)
  if (kind !== 'survey') return kind === 'compare' && !comparable(sidesIn(asked)) ? 'which' : kind
  if (form === 'table') return 'which'
  // All that was asked for are open problems: nothing but their subject is left.
  const left = asked.replace(/^[\s;:,.]+/, '')
  const only = problems !== undefined && problems > 0 && concepts.length > 0
  return only && topicIn(left).length >= left.replace(/[\s.?!]+$/, '').length - 4 && asked.includes(';')
    ? 'problems'
    : 'survey'
}

const comparable = (sides: readonly string[]): boolean => sides.some((side) => conceptsIn(side).length > 0)

/**
 * `How many questions does CountQA have?`: what is counted is in the paper of that name, not among
 * papers.
 */
const countedIn = (asked: string, concepts: readonly Concept[]): string | undefined => {
  if (!/^(?:how many|what is the number of)\b/i.test(asked)) return undefined
  if (/^how many (?:\w+ ){0,3}(?:papers|articles|publications|works|studies|surveys)\b/i.test(asked))
    return undefined
  const names = concepts.filter(({ known, text }) => !known && isName(text))
  return names.length === 1 ? names[0]!.text : undefined
}

const isName = (text: string): boolean => /\p{Lu}.*[\p{Lu}\d]|\p{Ll}\p{Lu}/u.test(text)

/** `What is DeepSeek-OCR?`: one name that no glossary knows, with capitals or digits inside. */
const oneName = (asked: string, concepts: readonly Concept[]): string | undefined => {
  const [only, ...more] = concepts.filter(({ field }) => !field)
  if (only === undefined || more.length > 0 || only.known || !ABOUT_ONE.test(asked)) return undefined
  return isName(only.text) ? only.text : undefined
}
