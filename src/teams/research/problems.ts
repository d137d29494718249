import { areaOf } from './area-of.ts'
import { attributionOf, withYear } from './attribution.ts'
import { problemIn } from './problem-in.ts'
import type { Claim, OpenProblem, Questions, Reading, Statement } from './shapes.ts'

type Gap = {
  reading: Reading
  statement: Statement
  field: string
  problem: { title: string; question: string } | undefined
  worth: number
}

const SUPPORT_MAX = 2

/** Open problems, each from gaps that papers state in their own words; at most one a field as long as there are fields enough. */
export const findProblems = (
  readings: readonly Reading[],
  count: number,
  avoided: readonly string[],
): Questions => {
  const gaps = readings
    .flatMap((reading) => gapsOf(reading, avoided))
    .sort((a, b) => b.worth - a.worth || (a.statement.id < b.statement.id ? -1 : 1))
  const chosen: OpenProblem[] = []
  const fields = new Set<string>()
  const used = new Set<string>()
  for (const strict of [true, false])
    for (const gap of gaps) {
      if (chosen.length >= count) break
      if (gap.problem === undefined || used.has(gap.reading.id) || (strict && fields.has(gap.field))) continue
      const support = gaps
        .filter(
          (each) =>
            each.field === gap.field && each.reading.id !== gap.reading.id && !used.has(each.reading.id),
        )
        .slice(0, SUPPORT_MAX)
      fields.add(gap.field)
      for (const each of [gap, ...support]) used.add(each.reading.id)
      chosen.push(problemOf(gap, support))
    }
  const notes =
    chosen.length < count
      ? [
          `The papers read state gaps plainly enough for ${chosen.length} of the ${count} open problems asked for.`,
        ]
      : []
  return { problems: chosen, notes, avoided: [...avoided], method: 'classical' }
}

const gapsOf = (reading: Reading, avoided: readonly string[]): Gap[] =>
  reading.statements
    .filter(({ kind, id }) => kind === 'gap' && !avoided.includes(id))
    .map((statement) => {
      const problem = problemIn(statement.sentence)
      return {
        reading,
        statement,
        field:
          areaOf('', statement.sentence)?.name ?? areaOf(reading.title, statement.sentence)?.name ?? 'other',
        problem,
        worth: statement.score + (problem === undefined ? 0 : 0.3),
      }
    })

const problemOf = (gap: Gap, support: readonly Gap[]): OpenProblem => {
  const { title, question } = gap.problem!
  return {
    title,
    claims: [
      quoted(gap, `${withYear(attributionOf(gap.reading))} ${verb(gap, 'write')}`),
      ...support.map((each, at) =>
        quoted(
          each,
          `${at === 0 ? 'Likewise, ' : ''}${withYear(attributionOf(each.reading))} ${verb(each, at === 0 ? 'note' : 'report')}`,
        ),
      ),
      { id: `${gap.statement.id}/question`, kind: 'frame', text: question, citations: [] },
    ],
  }
}

const verb = ({ reading }: Gap, plain: string): string =>
  attributionOf(reading).plural ? plain : `${plain}s`

const quoted = ({ reading, statement }: Gap, opening: string): Claim => ({
  id: statement.id,
  kind: 'quote',
  text: `${opening}: “${statement.sentence}”`,
  citations: [{ paper: reading.id, quote: statement.sentence }],
})
