import type { AgentContext } from '../../../agent/context.ts'
import type { JsonObject } from '../../../domain/json.ts'
import { cut } from '../../../domain/text/cut.ts'
import { askModel, because } from '../model/ask.ts'
import { conceptsIn } from './concepts.ts'
import { PROBLEMS_MAX, type ResearchParams } from './params.ts'
import {
  type Concept,
  FORMS,
  type Form,
  QUESTION_KINDS,
  type Question,
  type QuestionKind,
} from './question.ts'

const QUERIES_MAX = 4
const TEXT_CHARS_MAX = 200
const CONCEPTS_MAX = 6
const NAMES_MAX = 8
const DATE = /^\d{4}(?:-\d{2}(?:-\d{2})?)?$/

const texts = { type: 'array', items: { type: 'string' } }
const schema = {
  type: 'object',
  required: ['topic', 'kind', 'concepts', 'queries'],
  additionalProperties: false,
  properties: {
    topic: { type: 'string' },
    kind: { enum: QUESTION_KINDS },
    concepts: {
      type: 'array',
      items: {
        type: 'object',
        required: ['text', 'names'],
        additionalProperties: false,
        properties: { text: { type: 'string' }, names: texts },
      },
    },
    sides: texts,
    aspects: texts,
    exclude: texts,
    since: { type: 'string' },
    until: { type: 'string' },
    problems: { type: 'integer' },
    form: { enum: FORMS },
    wordsMax: { type: 'integer' },
    queries: texts,
  },
}

type Answer = {
  topic: string
  kind: QuestionKind
  concepts: { text: string; names: string[] }[]
  sides?: string[]
  aspects?: string[]
  exclude?: string[]
  since?: string
  until?: string
  problems?: number
  form?: Form
  wordsMax?: number
  queries: string[]
}

/** The question as a model understands it, where there is one: it has the last word on all but what params say. */
export const refined = async (
  context: AgentContext,
  coded: Question,
  params: ResearchParams,
): Promise<{ question: Question; notes: string[] }> => {
  const { answer, unusable } = await askModel<Answer>(context, {
    name: 'understanding',
    schema,
    instructions: `You read a question for a team that searches research papers. Say in English what it is about ("topic", a few words), what kind of answer it wants
("kind"), the concepts a paper must be about, each with its usual other names ("concepts"), what a comparison compares ("sides"), words that single out sentences that answer
("aspects"), what to leave out ("exclude"), dates as 2026, 2026-03 or 2026-03-18 ("since", "until"), how many open problems are asked for ("problems", 0 for none), the form, and up to
${QUERIES_MAX} short queries of technical terms. "asRead" is how code understood it: correct it where it is wrong.`,
    input: { question: coded.text, asRead: asRead(coded) },
    check: problemsOf,
  })
  if (answer === undefined)
    return {
      question: coded,
      notes: [
        `The model’s understanding of the question could not be used${because(unusable)}; code understood it.`,
      ],
    }
  return { question: decided(coded, answer, params), notes: [] }
}

const asRead = ({ topic, kind, concepts, sides, aspects, exclude, period, problems, form }: Question) => ({
  topic,
  kind,
  concepts: concepts.map(({ text }) => text),
  sides,
  aspects,
  exclude,
  ...period,
  problems,
  form,
})

const decided = (coded: Question, answer: Answer, params: ResearchParams): Question => {
  const concepts =
    params.topic === undefined ? answer.concepts.slice(0, CONCEPTS_MAX).map(conceptOf) : coded.concepts
  const { lastDays, thisYear, ...fixed } = coded.period
  const since = params.from ?? answer.since ?? fixed.since
  const until = params.to ?? answer.until ?? fixed.until
  const counted = answer.since === undefined && params.from === undefined
  return {
    ...coded,
    topic: params.topic ?? short(answer.topic),
    kind: params.kind ?? answer.kind,
    concepts: concepts.length > 0 ? concepts : coded.concepts,
    sides: answer.kind === 'compare' && answer.sides?.length === 2 ? answer.sides.map(short) : coded.sides,
    aspects: [...new Set([...coded.aspects, ...(answer.aspects ?? []).map(short)])].slice(0, CONCEPTS_MAX),
    exclude: params.exclude ?? (answer.exclude ?? coded.exclude).map(short),
    period: {
      ...(counted && lastDays !== undefined ? { lastDays } : {}),
      ...(counted && thisYear !== undefined ? { thisYear } : {}),
      ...(since === undefined ? {} : { since }),
      ...(until === undefined ? {} : { until }),
    },
    problems: params.problems ?? Math.max(0, Math.min(PROBLEMS_MAX, answer.problems ?? coded.problems)),
    form: params.form ?? answer.form ?? coded.form,
    ...(params.words === undefined && answer.wordsMax !== undefined && answer.wordsMax > 0
      ? { wordsMax: answer.wordsMax }
      : {}),
    queries: answer.queries
      .filter((query) => query.trim() !== '')
      .slice(0, QUERIES_MAX)
      .map(short),
    by: 'model',
  }
}

/** A concept of the model keeps what the glossary knows of it. */
const conceptOf = ({ text, names }: { text: string; names: string[] }): Concept => {
  const [known] = conceptsIn(text)
  const own = [short(text), ...names.map(short)].filter((name) => name !== '').slice(0, NAMES_MAX)
  return known?.known === true && known.text.length >= text.length / 2
    ? { ...known, names: [...new Set([...known.names, ...own])] }
    : { text: short(text), names: own, field: false, known: false }
}

const short = (text: string): string => cut(text.trim(), TEXT_CHARS_MAX)

const isTexts = (value: unknown): boolean =>
  value === undefined || (Array.isArray(value) && value.every((each) => typeof each === 'string'))

const problemsOf = (answer: Answer & JsonObject): string[] => [
  ...(typeof answer.topic === 'string' && answer.topic.trim() !== ''
    ? []
    : ['"topic" must say what it is about']),
  ...(QUESTION_KINDS.includes(answer.kind) ? [] : [`"kind" must be one of ${QUESTION_KINDS.join(', ')}`]),
  ...(Array.isArray(answer.concepts) &&
  answer.concepts.every(
    (each) => typeof each?.text === 'string' && Array.isArray(each.names) && isTexts(each.names),
  )
    ? []
    : ['"concepts" must be a list of {text, names}']),
  ...(isTexts(answer.queries) && answer.queries !== undefined ? [] : ['"queries" must be a list of texts']),
  ...(isTexts(answer.exclude) && isTexts(answer.sides) && isTexts(answer.aspects)
    ? []
    : ['"exclude", "sides" and "aspects" must be lists of texts']),
  ...[answer.since, answer.until]
    .filter((date) => date !== undefined && !DATE.test(date))
    .map((date) => `${JSON.stringify(date)} is not a date such as 2026, 2026-03 or 2026-03-18`),
  ...(answer.problems === undefined || Number.isInteger(answer.problems)
    ? []
    : ['"problems" must be a whole number']),
  ...(answer.wordsMax === undefined || Number.isInteger(answer.wordsMax)
    ? []
    : ['"wordsMax" must be a whole number']),
  ...(answer.form === undefined || FORMS.includes(answer.form)
    ? []
    : [`"form" must be one of ${FORMS.join(', ')}`]),
]
