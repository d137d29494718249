import { cosine, type Idf, idfTable, termVector } from '../../domain/text/similarity.ts'
import { stems } from '../../domain/text/tokens.ts'
import { areaOf } from './area-of.ts'
import { attributionOf, withYear } from './attribution.ts'
import { startFor } from './first-study.ts'
import { type Problem, problemIn } from './problem-in.ts'
import { type Quotable, quotable } from './quotable.ts'
import { ofField, telling } from './relevance.ts'
import { isNarrow } from './select.ts'
import type { Claim, OpenProblem, Questions, Reading, Statement } from './shapes.ts'
import { singular } from './verbs.ts'

type Gap = {
  reading: Reading
  statement: Statement
  field: string
  problem: Problem | undefined
  quote: Quotable
  worth: number
}

const WORTH = { problem: 0.4, narrow: -0.3, short: 0.1 }
const TITLE_WORDS_SHORT = 9
/** Likeness of two gaps from which they are told as one problem; less will do within a field. */
const LIKE_MIN = { field: 0.1, elsewhere: 0.22 }
/** How plainly a sentence must state a gap to be taken without a title of its own. */
const PLAIN_MIN = 0.9

/** Open problems, each from gaps that papers state in their own words; at most one a field as long as there are fields enough. */
export const findProblems = (
  readings: readonly Reading[],
  count: number,
  avoided: readonly string[],
  topic = '',
): Questions => {
  const known = new Set(telling(topic))
  const gaps = readings
    .flatMap((reading) => gapsOf(reading, avoided))
    .map((gap) =>
      saysMore(gap, known) ? gap : { ...gap, problem: undefined, worth: gap.worth - WORTH.problem },
    )
    .sort((a, b) => b.worth - a.worth || (a.statement.id < b.statement.id ? -1 : 1))
  const idf = idfTable(readings.map((reading) => stems(`${reading.title} ${textOf(reading)}`)))
  const chosen: Gap[] = []
  // First one a field, then more of a field, then gaps whose wording gives no title of its own.
  for (const pass of ['field', 'worded', 'any'])
    for (const gap of gaps) {
      if (chosen.length >= count) break
      const taken = chosen.some(
        (each) => each.reading.id === gap.reading.id || (pass === 'field' && each.field === gap.field),
      )
      if (!taken && (gap.problem !== undefined || (pass === 'any' && gap.statement.score >= PLAIN_MIN)))
        chosen.push({ ...gap, problem: gap.problem ?? unworded(gap) })
    }
  const used = new Set(chosen.map(({ reading }) => reading.id))
  const problems = chosen.map((gap, at) => problemOf(gap, at, { gaps, readings, idf, used, avoided }))
  const notes =
    problems.length < count && readings.length > 0
      ? [
          `The papers read state gaps plainly enough for ${problems.length} of the ${count} open problems asked for.`,
        ]
      : []
  return { problems, notes, avoided: [...avoided], method: 'classical' }
}

/** A title that only repeats the topic is none. */
const saysMore = ({ problem }: Gap, known: ReadonlySet<string>): boolean =>
  problem !== undefined && telling(problem.title).some((term) => !known.has(term))

const unworded = ({ reading }: Gap): Problem => ({
  title: `What ${reading.name ?? `“${reading.title}”`} leaves open`,
  questions: ['What would close the gap, and by which measurement would one know that it is closed?'],
})

const questionOn = ({ statement }: Pick<Gap, 'statement'>): string => `${statement.id}/question`

const textOf = ({ statements }: Reading): string => statements.map(({ sentence }) => sentence).join(' ')

const gapsOf = (reading: Reading, avoided: readonly string[]): Gap[] =>
  reading.statements
    .filter(
      (statement) =>
        statement.kind === 'gap' &&
        !avoided.includes(statement.id) &&
        !avoided.includes(questionOn({ statement })),
    )
    .flatMap((statement) => {
      const quote = quotable(statement.sentence)
      if (quote === undefined) return []
      const problem = problemIn(quote.quote)
      const short = problem !== undefined && problem.title.split(' ').length <= TITLE_WORDS_SHORT
      const worth =
        statement.score +
        (problem === undefined ? 0 : WORTH.problem) +
        (short ? WORTH.short : 0) +
        (isNarrow(reading.title) ? WORTH.narrow : 0)
      return [{ reading, statement, field: fieldOf(reading, statement), problem, quote, worth }]
    })

const fieldOf = (reading: Reading, { sentence }: Statement): string =>
  areaOf(reading.title, sentence)?.name ?? reading.id

type Surroundings = {
  gaps: readonly Gap[]
  readings: readonly Reading[]
  idf: Idf
  used: Set<string>
  avoided: readonly string[]
}

const problemOf = (gap: Gap, at: number, around: Surroundings): OpenProblem => {
  const { title, questions: onModels, plain = onModels } = gap.problem!
  const questions = ofField({ title: gap.reading.title, abstract: textOf(gap.reading) }) ? onModels : plain
  const support = supportFor(gap, around)
  if (support !== undefined) around.used.add(support.reading.id)
  const claims: Claim[] = [
    quoted(gap, ''),
    ...(support === undefined ? [] : [quoted(support, 'In a related observation, ')]),
    {
      id: questionOn(gap),
      kind: 'frame',
      text: questions[at % questions.length] ?? title,
      citations: [],
    },
  ]
  const { readings, idf, avoided } = around
  const id = `problem-${at + 1}/start`
  const start = avoided.includes(id)
    ? undefined
    : startFor(id, `${title} ${gap.quote.quote}`, gap.reading, readings, idf)
  return { title, claims: start === undefined ? claims : [...claims, start] }
}

/** The gap of another paper that is most like this one. */
const supportFor = (gap: Gap, { gaps, idf, used }: Surroundings): Gap | undefined => {
  const own = termVector(stems(gap.quote.quote), idf)
  let best: { gap: Gap; likeness: number } | undefined
  for (const each of gaps) {
    if (used.has(each.reading.id) || each.reading.id === gap.reading.id) continue
    const likeness = cosine(own, termVector(stems(each.quote.quote), idf))
    const enough = each.field === gap.field ? LIKE_MIN.field : LIKE_MIN.elsewhere
    if (likeness >= enough && likeness > (best?.likeness ?? 0)) best = { gap: each, likeness }
  }
  return best?.gap
}

const quoted = ({ reading, statement, quote }: Gap, opening: string): Claim => {
  const attribution = attributionOf(reading)
  const [first = '', ...more] = quote.verb.split(' ')
  const verb = [attribution.plural ? first : singular(first), ...more].join(' ')
  const says = quote.opening === 'that' ? `${verb} that` : quote.opening === 'object' ? verb : `${verb}:`
  return {
    id: statement.id,
    kind: 'quote',
    text: `${opening}${withYear(attribution)} ${says} “${quote.quote}”.`,
    citations: [{ paper: reading.id, quote: quote.quote }],
  }
}
