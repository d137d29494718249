import { cosine, type Idf, idfTable, termVector } from '../../../domain/text/similarity.ts'
import { stems } from '../../../domain/text/tokens.ts'
import { claimOf, toldAs } from '../answer/claims.ts'
import { BEARS, note } from '../answer/notes.ts'
import { approachOf } from '../approaches.ts'
import { upperFirst } from '../phrasing.ts'
import { quotable } from '../quotable.ts'
import { isMultimodal, telling } from '../relevance.ts'
import { isNarrow } from '../retrieve/select.ts'
import type { Claim, OpenProblem, Questions, Reading, Statement } from '../shapes.ts'
import { textOf } from '../themes.ts'
import type { Question } from '../understand/question.ts'
import { needsOf } from './needs.ts'
import { type Problem, problemIn } from './problem-in.ts'
import { sinceText } from './since.ts'

type Gap = {
  reading: Reading
  statement: Statement
  problem: Problem
  quote: string
  worth: number
}

const WORTH = { narrow: -0.3, short: 0.1, unworded: -0.25, fit: 0.5, lookingOn: 0.15 }
const TITLE_WORDS_SHORT = 9
/** Share of two titles' telling words from which they name one problem. */
const SAME_MIN = 0.5
/** Likeness of two gaps from which one bears out the other, and of a paper from which it bears on a problem. */
const LIKE_MIN = { gap: 0.2, paper: 0.09 }
const BEARS_SHARED_MIN = 2
const BEARS_MAX = 2

/**
 * Open problems from what papers state as their limits, as failures they found and as future work; each once, with who says so, since
 * when, which papers read bear on it, and what an experiment would need. Fewer than asked for where the papers state no more.
 */
export const findProblems = (
  question: Question,
  readings: readonly Reading[],
  avoided: readonly string[],
): Questions => {
  const count = question.problems
  if (count === 0)
    return {
      problems: [],
      notes: [],
      repairs: [],
      doubts: [],
      judged: 0,
      avoided: [...avoided],
      method: 'classical',
    }
  const known = new Set(telling(question.topic))
  const gaps = readings
    .flatMap((reading) => gapsOf(reading, avoided))
    .filter(({ problem }) => telling(problem.title).some((term) => !known.has(term)))
    .sort((a, b) => b.worth - a.worth || (a.statement.id < b.statement.id ? -1 : 1))
  const chosen: Gap[] = []
  for (const gap of gaps) {
    if (chosen.length >= count) break
    if (!chosen.some((each) => each.reading.id === gap.reading.id || same(each.problem, gap.problem)))
      chosen.push(gap)
  }
  const idf = idfTable(readings.map((reading) => stems(`${reading.title} ${textOf(reading)}`)))
  const used = new Set(chosen.map(({ reading }) => reading.id))
  const problems = chosen.map((gap, at) => problemOf(gap, at, { gaps, readings, idf, used, avoided }))
  const notes =
    problems.length < count && readings.length > 0
      ? [
          `${problems.length === 0 ? 'None' : `Only ${problems.length}`} of the ${count} open problems asked for could be found: the papers read state no more limits, failures or future work plainly enough.`,
        ]
      : []
  return { problems, notes, repairs: [], doubts: [], judged: 0, avoided: [...avoided], method: 'classical' }
}

const same = (a: Problem, b: Problem): boolean => {
  const [first, second] = [new Set(telling(a.title)), new Set(telling(b.title))]
  const shared = [...first].filter((term) => second.has(term)).length
  return shared >= SAME_MIN * Math.min(first.size, second.size)
}

const gapsOf = (reading: Reading, avoided: readonly string[]): Gap[] => {
  const { key } = approachOf(
    reading.title,
    reading.statements.filter(({ kind }) => kind === 'contribution').map(({ sentence }) => sentence),
  )
  const lookingOn = key === 'survey' || key === 'analysis' || key === 'benchmark'
  const { statements } = reading
  return statements
    .filter(({ kind, id }) => kind === 'gap' && !avoided.includes(id))
    .flatMap((statement) => {
      const quote = quotable(statement.sentence)?.quote
      // What cannot be quoted alone may have been retold as a finding.
      const sibling = statements.find(({ id }) => `${id}g` === statement.id)
      const words = quote ?? sibling?.text.replace(ATTRIBUTED, '')
      const worded = words === undefined ? undefined : problemIn(words)
      const problem = worded ?? (words === undefined ? undefined : statedAs(words))
      if (words === undefined || problem === undefined) return []
      const short = problem.title.split(' ').length <= TITLE_WORDS_SHORT
      const worth =
        statement.score +
        WORTH.fit * statement.fit +
        (short ? WORTH.short : 0) +
        (worded === undefined ? WORTH.unworded : 0) +
        (lookingOn ? WORTH.lookingOn : 0) +
        (isNarrow(reading.title) ? WORTH.narrow : 0)
      return [
        { reading, statement: quote === undefined ? sibling! : statement, problem, quote: words, worth },
      ]
    })
}

const ATTRIBUTED =
  /^.{3,80}?\b(?:find|report|observe|reveal|show|demonstrate|note|identify|suggest|indicate)s? (?:that )?/
const STATED = { min: 5, max: 16 }
const CLAUSE_END =
  /[;:–]|, (?:and|but|while|which|with|yielding|suggesting|indicating|highlighting|revealing|even|despite|though|although)\b/
const VERB =
  /\b(?:is|are|do|does|cannot|remains?|fails?|struggles?|exhibits?|shows?|causes?|drops?|degrades?|lacks?|lags?|suffers?|collapses?|rely|relies|neglects?|tends?|leads?|reduces?|hallucinates?|misleads?|erodes?|amplify|amplifies|worsens?|depends?|ignores?|overlooks?)\b/i
const FAILS =
  /\b(?:fail|struggl|cannot|can not|unable|not|no|degrad|drop|declin|limit|lag|below|prone|vulnerab|brittle|gap|worse|poor|weak|insufficient|inconsisten|disagree|bottleneck|challeng|remain|neglect|collaps|erode|mislead|hallucinat|bias)\w*/i

/** The problem as the paper states it, where its wording gives no shorter name. */
const statedAs = (quote: string): Problem | undefined => {
  const clause = quote
    .replace(/^(?:while|although|though|despite)\b[^,]*, /i, '')
    .split(CLAUSE_END)[0]!
    .trim()
  const size = clause.split(/\s+/).length
  const plain =
    !/[()[\]\d]|\b(?:two|three|four|several|the following|results?|findings?|analysis|benchmark) (?:\w+ ){0,3}(?:modes?|factors?|limitations?|weaknesses|shows?|reveals?|exposes?)\b/i.test(
      clause,
    )
  if (size < STATED.min || size > STATED.max || !FAILS.test(clause) || !VERB.test(clause) || !plain)
    return undefined
  return {
    title: upperFirst(clause.replace(/\.$/, '')),
    questions: [
      'What would have to change for this no longer to hold, and which measurement would show it?',
      'Is this a matter of data, of training or of the architecture, and how could the three be told apart?',
      'Does it hold beyond the setting in which it was found, and what would remove it?',
    ],
  }
}

type Surroundings = {
  gaps: readonly Gap[]
  readings: readonly Reading[]
  idf: Idf
  used: Set<string>
  avoided: readonly string[]
}

const problemOf = (gap: Gap, at: number, around: Surroundings): OpenProblem => {
  const { title, questions: onModels, plain = onModels } = gap.problem
  const inField = isMultimodal({ title: gap.reading.title, abstract: textOf(gap.reading) })
  const questions = inField ? onModels : plain
  const also = supportFor(gap, around)
  if (also !== undefined) around.used.add(also.reading.id)
  const stating = [gap, ...(also === undefined ? [] : [also])]
  const place = `problem-${at + 1}`
  const bears = bearingOn(gap, around)
  const claims: Claim[] = [
    ...stating.flatMap((each) => toldAs(each) ?? []),
    ...since(place, stating),
    ...(bears.length > 0 ? bears : [note('nothingBears')]),
    {
      id: `${place}/question`,
      kind: 'frame',
      text: questions[at % questions.length] ?? title,
      citations: [],
    },
    needsOf(place, gap.reading),
  ]
  return { title, claims: claims.filter(({ id }) => !around.avoided.includes(id)) }
}

const since = (place: string, stating: readonly Gap[]): Claim[] => {
  const text = sinceText(stating.map(({ reading }) => reading.published))
  if (text === '') return []
  const citations = stating.map(({ reading }) => ({ paper: reading.id, quote: reading.title }))
  return [{ id: `${place}/since`, kind: 'since', text, citations }]
}

/** The gap of another paper that is most like this one. */
const supportFor = (gap: Gap, { gaps, idf, used }: Surroundings): Gap | undefined => {
  const own = termVector(stems(gap.quote), idf)
  let best: { gap: Gap; likeness: number } | undefined
  for (const each of gaps) {
    if (used.has(each.reading.id) || each.reading.id === gap.reading.id) continue
    const likeness = cosine(own, termVector(stems(each.quote), idf))
    if (likeness >= LIKE_MIN.gap && likeness > (best?.likeness ?? 0)) best = { gap: each, likeness }
  }
  return best?.gap
}

/** Papers read whose own contribution is about the problem: they share its telling words, not only its field. */
const bearingOn = (gap: Gap, { readings, idf, avoided }: Surroundings): Claim[] => {
  const terms = new Set(telling(`${gap.problem.title} ${gap.quote}`))
  const own = termVector(stems(`${gap.problem.title} ${gap.quote}`), idf)
  return readings
    .flatMap((reading) => {
      const statement = reading.statements.find(
        ({ kind, id }) => kind === 'contribution' && !avoided.includes(id),
      )
      if (statement === undefined || reading.id === gap.reading.id) return []
      const text = `${reading.title} ${statement.sentence}`
      const shared = telling(text).filter((term) => terms.has(term)).length
      const likeness = cosine(own, termVector(stems(text), idf))
      return shared >= BEARS_SHARED_MIN && likeness >= LIKE_MIN.paper
        ? [{ reading, statement, likeness }]
        : []
    })
    .sort((a, b) => b.likeness - a.likeness || (a.reading.id < b.reading.id ? -1 : 1))
    .slice(0, BEARS_MAX)
    .map((told, at) => ({
      ...claimOf(told),
      text: at === 0 ? `${BEARS} ${claimOf(told).text}` : claimOf(told).text,
    }))
}
