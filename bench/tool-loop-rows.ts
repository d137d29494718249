import { ratioTo } from './report.ts'
import type { Row } from './rows.ts'
import { median } from './statistics.ts'
import type { SubjectRef } from './subject.ts'

const file = (name: string): URL => new URL(`subjects/${name}.ts`, import.meta.url)
const turnsFew = 25
const turnsMany = 400
/** How much dearer a turn of the long conversation may be and still count as flat: what noise makes of two equal figures here. */
const flatMost = 1.25

const looped = (
  label: string,
  subject: string,
  turns: number,
  options: SubjectRef['options'],
): SubjectRef => ({
  label: `${label}, ${turns} turns`,
  file: file(subject),
  name: 'toolLoop',
  options: { ...options, turns },
  perWork: turns,
})

const row = (
  title: string,
  label: string,
  options: NonNullable<SubjectRef['options']>,
  most: number,
): Row => {
  const { kind = 'memory' } = options
  const least =
    kind === 'sqlite'
      ? 'floor: two calls a turn, each answer durable before the next'
      : 'floor: a list and two calls a turn'
  const floor = looped(least, 'floor-tool-loop', turnsFew, { kind })
  const floorMany = looped(least, 'floor-tool-loop', turnsMany, { kind })
  const few = looped(label, 'concord-tool-loop', turnsFew, options)
  const many = looped(label, 'concord-tool-loop', turnsMany, options)
  return {
    title,
    unit: 'us a turn',
    perWork: 1,
    scale: 1000,
    floor,
    others: [floorMany, few],
    concord: many,
    target: { most },
    also: (figures) => {
      const ratio = ratioTo(figures(many), figures(few))
      return [
        {
          title: `${title}: ${turnsMany} turns against ${turnsFew}`,
          unit: 'us a turn',
          floor: median(figures(few)),
          concord: median(figures(many)),
          ratio,
          target: `flat, <= ${flatMost}x`,
          met: Number.isNaN(ratio) ? undefined : ratio <= flatMost,
        },
      ]
    },
  }
}

export const toolLoopRows = (): Row[] => [
  row('tool loop in memory', 'Concord, store in memory', { kind: 'memory' }, 60),
  row('tool loop on SQLite', 'Concord on SQLite, NORMAL', { kind: 'sqlite' }, 60),
  row(
    'tool loop in memory, tokens limited',
    'Concord, each call reserved against a budget',
    { kind: 'memory', metered: true },
    60,
  ),
]
