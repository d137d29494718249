import { ConcordError } from '../domain/errors.ts'
import type { KeyMoment } from '../ports/state-store.ts'

const shown = (value: unknown): string => {
  if (value instanceof Date) return 'a Date; write date.getTime()'
  return `${(typeof value === 'object' ? JSON.stringify(value) : String(value)).slice(0, 100)}; give one of them as a number`
}

const fits: { readonly [kind: string]: (value: number) => boolean } = {
  sequence: (value) => Number.isSafeInteger(value) && value >= 0,
  version: (value) => Number.isSafeInteger(value) && value >= 0,
  time: Number.isFinite,
}

/** Refuses what is no moment: callers without types, and types that structure cannot tell apart. Throws `input.invalid`. */
export const checkMoment = (at: KeyMoment): void => {
  const given = typeof at === 'object' && at !== null ? Object.entries(at) : []
  const [kind = '', value] = given[0] ?? []
  if (given.length === 1 && typeof value === 'number' && fits[kind]?.(value) === true) return
  throw new ConcordError(
    'input.invalid',
    `Cannot read the past as a moment is one of sequence, version (of a key) and time (ms since the epoch): ${given.length === 1 && fits[kind] !== undefined ? `${kind} is ${shown(value)}` : shown(at)}`,
  )
}
