import type { Measured } from './measure.ts'
import type { Outcome, Row } from './rows.ts'
import { median, short } from './statistics.ts'
import type { SubjectRef } from './subject.ts'

export type Line = {
  label: string
  median: number
  low: number
  high: number
  ratio: number
  cpu?: { median: number; ratio: number }
}

const verdicts = new Map<Outcome['met'], string>([
  [true, 'met'],
  [false, 'NOT MET'],
  ['shown', 'shown, not judged'],
])

const pad = (text: string, width: number): string => text.padEnd(width)
const left = (text: string, width: number): string => text.padStart(width)

/** The ratio is the median of the rounds' ratios: a round's subjects ran one after the other, under the same noise. */
export const ratioTo = (values: readonly number[], floor: readonly number[]): number =>
  median(values.flatMap((value, i) => (floor[i] === undefined ? [] : [value / floor[i]])))

export const printLines = (lines: readonly Line[]): void => {
  for (const { label, median, low, high, ratio, cpu } of lines)
    console.log(
      `  ${pad(label, 58)} ${left(short(median), 9)}  ${pad(`${short(low)} - ${short(high)}`, 19)} ${left(short(ratio), 7)}x ${cpu === undefined ? '' : `${left(short(cpu.median), 9)} ${left(short(cpu.ratio), 7)}x`}`,
    )
}

export const printTitle = (title: string, unit: string): void => {
  console.log(`\n${title}, in ${unit}`)
  console.log(
    `  ${pad('', 58)} ${left('median', 9)}  ${pad('min - max', 19)} ${left('of floor', 8)} ${left('CPU time', 9)} ${left('of floor', 8)}`,
  )
}

export const printTarget = ({ target, met }: Outcome): void =>
  console.log(`  target ${target}: ${verdicts.get(met) ?? 'not measured'}`)

/** The line of an error's text that says what it is. */
export const problemLine = (text: string): string =>
  (/^.*Error\b.*$/m.exec(text)?.[0] ?? text.trim().split('\n')[0] ?? '').trim().slice(0, 300)

const inUnit = (ms: number, row: Row, ref: SubjectRef): number =>
  (ms * row.scale) / (ref.perWork ?? row.perWork)

const judge = ({ target, unit }: Row, line: Line | undefined): Pick<Outcome, 'target' | 'met'> => {
  if (target === undefined) return { target: 'none', met: line && 'shown' }
  return 'timesFloor' in target
    ? { target: `<= ${target.timesFloor}x`, met: line && line.ratio <= target.timesFloor }
    : { target: `<= ${target.most} ${unit}`, met: line && line.median <= target.most }
}

/** Prints a measured row; what failed is said, not left out. */
export const printRow = (row: Row, measured: readonly Measured[]): Outcome[] => {
  printTitle(row.title, row.unit)
  const figures = measured.map((one) =>
    'error' in one
      ? []
      : one.rounds.map(({ perUnitMs }) => (perUnitMs * row.scale) / (one.ref.perWork ?? row.perWork)),
  )
  const cpu = measured.map((one) =>
    'error' in one ? [] : one.rounds.map(({ cpuPerUnitMs }) => inUnit(cpuPerUnitMs, row, one.ref)),
  )
  const floor = figures[0] ?? []
  const lines = measured.map((one, i): Line | undefined => {
    const values = figures[i]!
    if ('error' in one || values.length === 0) {
      const problem = 'error' in one ? problemLine(one.error) : 'no rounds'
      console.log(`  ${pad(one.ref.label, 58)} failed: ${problem}`)
      return undefined
    }
    const line = {
      label: one.ref.label,
      median: median(values),
      low: Math.min(...values),
      high: Math.max(...values),
      ratio: ratioTo(values, floor),
      cpu: { median: median(cpu[i] ?? []), ratio: ratioTo(cpu[i] ?? [], cpu[0] ?? []) },
    }
    printLines([line])
    return line
  })
  const concord = lines[measured.findIndex(({ ref }) => ref === row.concord)]
  const outcome = {
    title: row.title,
    unit: row.unit,
    floor: lines[0]?.median ?? Number.NaN,
    concord: concord?.median ?? Number.NaN,
    ratio: concord?.ratio ?? Number.NaN,
    ...judge(row, concord),
  }
  const outcomes = [
    outcome,
    ...(row.also?.((ref) => figures[measured.findIndex((one) => one.ref === ref)] ?? []) ?? []),
  ]
  for (const each of outcomes) printTarget(each)
  for (const note of row.notes?.(measured) ?? []) console.log(`  ${note}`)
  return outcomes
}

export const printSummary = (outcomes: readonly Outcome[]): void => {
  const width = Math.max(20, ...outcomes.map(({ title }) => title.length))
  console.log(
    `\n${pad('row', width)} ${left('floor', 9)} ${left('Concord', 9)} ${pad('unit', 20)} ${left('ratio', 7)}  ${pad('target', 24)} met`,
  )
  for (const { title, floor, concord, unit, ratio, target, met } of outcomes)
    console.log(
      `${pad(title, width)} ${left(short(floor), 9)} ${left(short(concord), 9)} ${pad(unit, 20)} ${left(`${short(ratio)}x`, 7)}  ${pad(target, 24)} ${met === undefined ? '-' : met === 'shown' ? 'shown' : met ? 'yes' : 'NO'}`,
    )
}
