import { ConcordError } from '../../../domain/errors.ts'
import type { Json } from '../../../domain/json.ts'
import { nearest } from '../../../domain/nearest.ts'
import { isObject } from '../../../domain/reference.ts'
import { FORMS, type Form, QUESTION_KINDS, type QuestionKind } from './question.ts'

export type ResearchParams = {
  /** `corpus` keeps away from the network. Default: arXiv, and the corpus when it cannot be reached. */
  source?: string
  /** A file or folder to search instead of the bundled corpus. */
  corpus?: string
  /** Papers to read. Default 40. */
  max?: number
  /** First and last day of publication. */
  from?: string
  to?: string
  /** Read whole documents: by default those of a folder, with true also PDFs from arXiv, with false only abstracts. */
  fullText?: boolean
  /** What the question is about, its kind and form, where they were understood wrongly. */
  topic?: string
  kind?: QuestionKind
  form?: Form
  /** Open problems; 0 for none. */
  problems?: number
  /** What to leave out, separated by commas. */
  exclude?: string[]
  /** Words of the answer at most. */
  words?: number
}

const NAMES = [
  'source',
  'corpus',
  'max',
  'from',
  'to',
  'fullText',
  'topic',
  'kind',
  'form',
  'problems',
  'exclude',
  'words',
] as const

export const PAPERS = { default: 40, max: 120 }
export const PROBLEMS_MAX = 12
const WORDS = { min: 20, max: 5000 }

/** The goal's params, each checked; an unknown one is refused, as a misspelt limit would silently not hold. */
export const readParams = (given: Json | undefined): ResearchParams => {
  const params = isObject(given) ? given : {}
  for (const name of Object.keys(params)) if (!NAMES.some((known) => known === name)) throw unknown(name)
  const text = (name: string): string | undefined => {
    const value = params[name]
    if (value === undefined || value === null || value === '') return undefined
    if (typeof value === 'string') return value
    if (typeof value === 'number') return String(value)
    throw invalid(name, 'text', value)
  }
  const oneOf = <Value extends string>(name: string, values: readonly Value[]): Value | undefined => {
    const value = text(name)
    if (value === undefined) return undefined
    const found = values.find((each) => each === value)
    if (found !== undefined) return found
    throw invalid(name, values.map((each) => `"${each}"`).join(' or '), value)
  }
  const whole = (name: string, min: number, max: number): number | undefined => {
    const value = params[name]
    if (value === undefined || value === null || value === '') return undefined
    const number = Number(value)
    if (Number.isInteger(number) && number >= min && number <= max) return number
    throw invalid(name, `a whole number from ${min} to ${max}`, value)
  }
  const exclude = Array.isArray(params.exclude)
    ? params.exclude.map(String)
    : text('exclude')?.split(/\s*,\s*/)
  return defined({
    source: oneOf('source', ['arxiv', 'corpus']),
    corpus: text('corpus'),
    max: whole('max', 1, PAPERS.max),
    from: dated('from', text('from')),
    to: dated('to', text('to')),
    fullText: truth('fullText', params.fullText),
    topic: text('topic'),
    kind: oneOf('kind', QUESTION_KINDS),
    form: oneOf('form', FORMS),
    problems: whole('problems', 0, PROBLEMS_MAX),
    exclude: exclude?.filter((each) => each.trim() !== ''),
    words: whole('words', WORDS.min, WORDS.max),
  })
}

type Optional = { [name in keyof ResearchParams]: ResearchParams[name] | undefined }

const defined = (params: Optional): ResearchParams =>
  Object.fromEntries(Object.entries(params).filter(([, value]) => value !== undefined))

const truth = (name: string, value: Json | undefined): boolean | undefined => {
  if (value === undefined || value === null || value === '') return undefined
  if (value === false || value === 'false') return false
  if (value === true || value === 'true') return true
  throw invalid(name, 'true or false', value)
}

const dated = (name: string, value: string | undefined): string | undefined => {
  if (value === undefined || /^\d{4}(?:-\d{2}(?:-\d{2})?)?$/.test(value)) return value
  throw invalid(name, 'a date such as 2026, 2026-03 or 2026-03-18', value)
}

const unknown = (name: string): ConcordError => {
  const meant = nearest(name, NAMES)
  const hint = meant === undefined ? `params are ${NAMES.join(', ')}` : `did you mean "${meant}"?`
  return new ConcordError('input.invalid', `Cannot plan the research as it has no param "${name}"; ${hint}`)
}

const invalid = (name: string, rule: string, value: Json | undefined): ConcordError =>
  new ConcordError(
    'input.invalid',
    `Cannot plan the research as param "${name}" is ${rule}: it is ${JSON.stringify(value)}; correct it or leave it out`,
  )
