import { type Concord, openConcord } from '../src/index.ts'
import type { ResearchOutput } from '../src/teams/research/shapes.ts'
import { interval, mean } from './metrics.ts'
import { type Measured, measured } from './research/measures.ts'
import { type Asked, askedQuestions, bundledPapers, keptApart } from './research/questions.ts'
import { printTable, type Row } from './table.ts'

const measures: [name: keyof Measured, told: string][] = [
  ['judged', 'answered or refused as it should be'],
  ['failed', 'runs that failed'],
  ['coverage', 'reference papers cited'],
  ['precision', 'cited papers on the topic'],
  ['verbatim', 'citations whose quote stands in the paper'],
  ['cited', 'sentences with a citation'],
  ['present', 'a fact in the answer or its table'],
  ['answered', 'facts in the answer or its table'],
  ['facts', 'facts in the whole report'],
  ['limits', 'limits kept'],
]

/** Undefined when the run fails. */
const ask = async (concord: Concord, question: string): Promise<ResearchOutput | undefined> => {
  const run = await concord.run({ text: question, params: { source: 'corpus' } })
  const output: unknown = run.output
  return run.status === 'succeeded' ? (output as ResearchOutput) : undefined
}

const failed: Measured = { failed: 1, judged: 0, coverage: 0, present: 0, answered: 0, facts: 0, limits: 0 }

const valuesOf = (all: readonly Measured[], name: keyof Measured): number[] =>
  all.flatMap((each) => each[name] ?? [])

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

const told = (values: readonly number[]): string =>
  values.length === 0 ? '–' : `${mean(values).toFixed(2)} (${interval(values)}; ${values.length})`

const rowsOf = (seen: readonly Measured[], apart: readonly Measured[]): Row[] => [
  ...measures.map(([name, text]) => ({
    measure: text,
    baseline: told(valuesOf(seen, name)),
    ours: told(valuesOf(apart, name)),
  })),
  ...(['words', 'until'] as const).map((name) => ({
    measure: name === 'words' ? 'words of a report, median' : 'words until the first fact, median',
    baseline: String(median(valuesOf(seen, name))),
    ours: String(median(valuesOf(apart, name))),
  })),
]

/** What is looked at while the team is improved: each question of the three quarters in sight, and what its answer lacks. */
const detail = (asked: Asked, found: Measured, understood: string): string => {
  const values = measures.flatMap(([name]) =>
    found[name] === undefined ? [] : [`${name} ${found[name].toFixed(2)}`],
  )
  return `${asked.id} (${asked.kind}): ${values.join(', ')}, ${found.words ?? 0} words\n  ${asked.question}\n  ${understood}`
}

/**
 * The research team on {@link askedQuestions}, offline, without a model: deterministic, so the intervals (bootstrap over questions, always the same draws) say what
 * another choice of questions would do. `detailed` also prints each question, of those in sight only.
 */
export const evaluateResearch = async (detailed = false): Promise<void> => {
  const papers = new Map(bundledPapers().map((paper) => [paper.id, paper]))
  const concord = await openConcord({ config: { stores: { kind: 'memory' } } })
  const found: { asked: Asked; of: Measured }[] = []
  try {
    for (const asked of askedQuestions()) {
      const output = await ask(concord, asked.question)
      const of = output === undefined ? failed : measured(asked, output, papers)
      found.push({ asked, of })
      if (detailed && !keptApart(asked)) console.log(detail(asked, of, output?.understood ?? 'failed'))
    }
  } finally {
    await concord.close()
  }
  const part = (apart: boolean) => found.filter(({ asked }) => keptApart(asked) === apart)
  const of = (some: typeof found) => some.map((each) => each.of)
  printTable(
    `Research on ${found.length} questions about the bundled papers; mean (interval; questions). "baseline" are the ${part(false).length} in sight, "ours" the ${part(true).length} kept apart`,
    rowsOf(of(part(false)), of(part(true))),
  )
  if (!detailed) return
  const kinds = [...new Set(part(false).map(({ asked }) => asked.kind))]
  for (const kind of kinds) {
    const some = of(part(false).filter(({ asked }) => asked.kind === kind))
    const line = (['coverage', 'precision', 'present', 'facts', 'limits'] as const).map(
      (name) => `${name} ${valuesOf(some, name).length === 0 ? '–' : mean(valuesOf(some, name)).toFixed(2)}`,
    )
    console.log(`${kind.padEnd(10)} ${some.length} ${line.join(', ')}`)
  }
}
