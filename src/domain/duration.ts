import { ConcordError } from './errors.ts'

/** Half of what a Date can hold: from any instant of today on, there is one to wait for. */
const msMax = 8.64e15 / 2

/** Why something is no time to wait in milliseconds; undefined when it is one. */
export const durationProblem = (ms: unknown): string | undefined =>
  typeof ms === 'number' && ms >= 0 && ms <= msMax
    ? undefined
    : `a duration is a finite number of milliseconds from 0: ${typeof ms === 'string' ? JSON.stringify(ms.slice(0, 100)) : String(ms)}`

/** Throws `input.invalid` for what is no time to wait: `Infinity`, NaN, text, what is below zero. */
export const checkDuration = (what: string, ms: unknown): void => {
  const problem = durationProblem(ms)
  if (problem !== undefined)
    throw new ConcordError('input.invalid', `Cannot ${what} as ${problem}; give milliseconds as a number`)
}
