import type { Measured } from './measure.ts'
import { short } from './statistics.ts'
import type { SubjectRef } from './subject.ts'

/** The largest value of a fact over a subject's rounds, as text. */
export const factOf = (measured: readonly Measured[], ref: SubjectRef, name: string, factor = 1): string => {
  const one = measured.find((candidate) => candidate.ref === ref)
  if (one === undefined || 'error' in one) return '?'
  const values = one.rounds.flatMap(({ facts }) => (facts[name] === undefined ? [] : [facts[name]]))
  return values.length === 0 ? '?' : short(Math.max(...values) * factor)
}
