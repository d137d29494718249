import type { Json } from './json.ts'

const inRange = (value: number): boolean => Math.abs(value) <= Number.MAX_SAFE_INTEGER

/**
 * The sum, or undefined where a double would lose what was added: beyond ±(2^53 - 1), and a fraction
 * too small to change the number. Fractions in range are rounded to the nearest double (IEEE 754).
 */
export const exactSum = (value: number, by: number): number | undefined => {
  const sum = value + by
  if (!(inRange(value) && inRange(by) && inRange(sum))) return undefined
  return sum === value && by !== 0 ? undefined : sum
}

/** As long as the shortest integer beyond the safe range: no other text needs a second look. */
export const mayBeTooLong = /\d{16}/
const integer = /^-?\d+$/

const held = (source: string, value: number): boolean =>
  Number.isSafeInteger(value) ||
  String(value) === source ||
  (Number.isFinite(value) && BigInt(source) === BigInt(value))

/** Whether a number holds an integer as it is written. */
export const isHeld = (source: string): boolean => held(source, Number(source))

export const notHeld = (source: string): string =>
  `${source} is an integer that a number cannot hold; give it as text`

/** JSON text as a value; throws RangeError for an integer that would become another number. */
export const parseJson = (text: string): Json => {
  if (!mayBeTooLong.test(text)) return JSON.parse(text) as Json
  const check = (_key: string, value: unknown, context?: { source?: string }): unknown => {
    const source = context?.source
    if (typeof value === 'number' && source !== undefined && integer.test(source) && !held(source, value))
      throw new RangeError(notHeld(source))
    return value
  }
  return JSON.parse(text, check) as Json
}
