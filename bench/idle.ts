import { factOf } from './facts.ts'
import { type Measured, measureOnce } from './measure.ts'
import type { Outcome } from './rows.ts'
import { short } from './statistics.ts'
import type { SubjectRef } from './subject.ts'

const count = 10_000
const bytesMost = 2048
const file = new URL('subjects/concord-idle.ts', import.meta.url)

const idleSubject = (label: string, name: string, options: SubjectRef['options'] = {}): SubjectRef => ({
  label,
  file,
  name,
  options: { ...options, count },
  nodeArgs: ['--expose-gc'],
})

const agents = idleSubject(`${count} agents defined in one team`, 'agents')
const waiting = idleSubject(`${count} waiting runs, SQLite`, 'waitingRuns', { kind: 'sqlite' })
const inMemory = idleSubject(`${count} waiting runs, store in memory`, 'waitingRuns', { kind: 'memory' })

const bytesOf = (one: Measured): number =>
  'error' in one ? Number.NaN : (one.rounds[0]?.facts.bytesEach ?? Number.NaN)

/** Bytes that live on for each of ten thousand idle agents. The store in memory is shown and not judged: the log itself is what it keeps. */
export const idle = async (): Promise<Outcome[]> => {
  const measured = await measureOnce([agents, waiting, inMemory])
  console.log(
    '\nidle in one process, bytes each beyond the definition (heap and external, after garbage collection)',
  )
  for (const one of measured)
    console.log(
      `  ${one.ref.label.padEnd(58)} ${'error' in one ? `failed: ${one.error}` : short(bytesOf(one)).padStart(9)}`,
    )
  console.log(
    `  one look of the reconciler over ${count} waiting runs: SQLite ${factOf(measured, waiting, 'reconcileMs')} ms, in memory ${factOf(measured, inMemory, 'reconcileMs')} ms`,
  )
  return measured.slice(0, 2).map((one) => ({
    title: one.ref.label,
    unit: 'bytes each',
    floor: Number.NaN,
    concord: bytesOf(one),
    ratio: Number.NaN,
    target: `<= ${bytesMost} bytes`,
    met: Number.isNaN(bytesOf(one)) ? undefined : bytesOf(one) <= bytesMost,
  }))
}
