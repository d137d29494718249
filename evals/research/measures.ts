import { sentences as split } from '../../src/domain/text/sentences.ts'
import type { Report, ReportPart, ResearchOutput } from '../../src/teams/research/shapes.ts'
import { type Asked, type CorpusPaper, comparable } from './questions.ts'

/** What one answer is worth, each from 0 to 1 but for the words; undefined where a question does not ask for it. */
export type Measured = {
  /** Reference papers that are cited. */
  coverage?: number
  /** Cited papers that are on the topic. */
  precision?: number
  /** Citations whose quote stands in the paper word for word. */
  verbatim?: number
  /** Sentences of the answer and the themes that cite, of all but the open problems' list of titles. */
  cited?: number
  /** Facts that stand in the report, and in the answer or its table. */
  facts?: number
  answered?: number
  /** 1 when at least one fact stands in the answer or its table. */
  present?: number
  /** Limits that are kept, of those the question sets. */
  limits?: number
  /** 1 when what the corpus does not hold is refused, and what it holds is not. */
  judged: number
  /** 1 where the run itself failed. */
  failed?: number
  words?: number
  /** Words that are read until the first fact, where there is one. */
  until?: number
}

const withoutMarks = (text: string): string => text.replaceAll(/\s*\[[\d, –]+\]/g, '')
const sentencesOf = (text: string): string[] => split(text).map((each) => each.text)
const wordsOf = (text: string): string[] => withoutMarks(text).split(/\s+/).filter(Boolean)
const tableText = ({ table }: Report): string =>
  (table?.rows ?? []).map(({ cells }) => cells.join(' | ')).join('\n')
const share = (count: number, of: number): number | undefined => (of === 0 ? undefined : count / of)
const set = <T>(entries: { [name: string]: T | undefined }): { [name: string]: T } =>
  Object.fromEntries(Object.entries(entries).filter((entry): entry is [string, T] => entry[1] !== undefined))

const partsOf = (report: Report): ReportPart[] => [
  report.answer,
  ...report.themes.flatMap(({ paragraphs }) => paragraphs),
]

/** The limits that a question sets, each kept or not. */
const limitsOf = (asked: Asked, { report, notes }: ResearchOutput): boolean[] => {
  const { since, until, exclude, form, words, sentences: most, count, problems, language } = asked
  const cited = report.references
  const checks: [unknown, () => boolean][] = [
    [since, () => cited.every(({ published }) => published >= since!)],
    [until, () => cited.every(({ published }) => published <= until!)],
    [exclude, () => cited.every(({ title }) => !new RegExp(exclude!, 'i').test(title))],
    [
      words,
      () =>
        wordsOf(
          partsOf(report)
            .map(({ text }) => text)
            .join(' '),
        ).length <=
        words! * 1.05,
    ],
    [most, () => report.themes.length === 0 && sentencesOf(withoutMarks(report.answer.text)).length <= most!],
    [problems, () => report.openProblems.length === problems],
    [count, () => namedIn(report) === count],
    [form === 'table' || undefined, () => (report.table?.rows.length ?? 0) >= 3],
    [form === 'list' || undefined, () => namedIn(report) >= 3],
    [language, () => notes.some((note) => /English/.test(note))],
  ]
  return checks.filter(([asks]) => asks !== undefined).map(([, kept]) => kept())
}

/** Items of a list: rows of its table, or papers that the answer cites. */
const namedIn = (report: Report): number =>
  report.table?.rows.length ?? new Set(report.answer.citations.map(({ paper }) => paper)).size

/** Everything that is counted of one answer. */
export const measured = (
  asked: Asked,
  output: ResearchOutput,
  papers: ReadonlyMap<string, CorpusPaper>,
): Measured => {
  const { report } = output
  const nothing = output.status === 'nothing-found'
  const judged = Number(nothing === (asked.refused === true))
  if (asked.refused === true) return { judged }
  const cited = new Set(report.references.map(({ id }) => id))
  const topic = asked.topic === undefined ? undefined : new RegExp(asked.topic, 'i')
  const onTopic = (id: string): boolean => {
    const { title = '', abstract = '' } = papers.get(id) ?? {}
    return asked.papers.includes(id) || topic?.test(`${title} ${abstract}`) === true
  }
  const parts = partsOf(report)
  const citations = [
    ...parts.flatMap((part) => part.citations),
    ...(report.table?.rows ?? []).map(({ citation }) => citation),
  ]
  const stands = citations.filter(({ paper, quote }) => {
    const { title = '', abstract = '' } = papers.get(paper) ?? {}
    return `${title}\n${abstract}`.includes(quote)
  })
  const stated = parts
    .flatMap(({ text }) => sentencesOf(text))
    .filter((text) => !/^Open problems:/.test(text))
  const first = comparable(withoutMarks(`${report.answer.text}\n${tableText(report)}`))
  const themes = comparable(
    withoutMarks(report.themes.flatMap(({ paragraphs }) => paragraphs.map(({ text }) => text)).join('\n')),
  )
  const whole = `${first}\n${themes}`
  const holds = (text: string) => asked.facts.filter((fact) => text.includes(comparable(fact.text)))
  const places = holds(whole).map((fact) => whole.indexOf(comparable(fact.text)))
  const limits = limitsOf(asked, output)
  return {
    judged,
    ...set({
      coverage: share(asked.papers.filter((id) => cited.has(id)).length, asked.papers.length),
      precision: share([...cited].filter(onTopic).length, cited.size),
      verbatim: share(stands.length, citations.length),
      cited: share(stated.filter((text) => /\[\d[\d, –]*\]/.test(text)).length, stated.length),
      facts: share(holds(whole).length, asked.facts.length),
      answered: share(holds(first).length, asked.facts.length),
      present: asked.facts.length === 0 ? undefined : Number(holds(first).length > 0),
      limits: share(limits.filter(Boolean).length, limits.length),
      words: wordsOf(whole).length,
      until: places.length === 0 ? undefined : wordsOf(whole.slice(0, Math.min(...places))).length,
    }),
  }
}
