import { ConcordError } from '../domain/errors.ts'
import { attemptsMaxDefault, type QueueEntry } from '../ports/queue.ts'
import { checkName } from './drafts.ts'

const whole = (what: string, value: number, least: number): number => {
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new ConcordError(
    'input.invalid',
    `Cannot enqueue as ${what} is a whole number${least === Number.MIN_SAFE_INTEGER ? '' : ` from ${least}`}: ${value}; correct the caller`,
  )
}

/** A time that may have a fraction, such as one made from a monotonic clock. */
const duration = (what: string, value: number): number => {
  if (typeof value === 'number' && value >= 0 && value <= 1e14) return Math.ceil(value)
  throw new ConcordError(
    'input.invalid',
    `Cannot use the queue as ${what} is a number of ms from 0: ${value}; correct the caller`,
  )
}

/** An entry with its defaults. Throws `input.invalid`. */
export const prepareEntry = (entry: QueueEntry): Required<QueueEntry> => ({
  queue: checkName('enqueue', 'a queue', entry.queue),
  id: checkName('enqueue', 'an id', entry.id),
  key: checkName('enqueue', 'a key', entry.key ?? entry.id),
  delayMs: duration('delayMs', entry.delayMs ?? 0),
  priority: whole('priority', entry.priority ?? 0, Number.MIN_SAFE_INTEGER),
  attemptsMax: whole('attemptsMax', entry.attemptsMax ?? attemptsMaxDefault, 1),
})

/** A lease of no time could be taken by two at once. */
export const checkVisibility = (visibilityMs: number): number => {
  const checked = duration('visibilityMs', visibilityMs)
  if (checked > 0) return checked
  throw new ConcordError(
    'input.invalid',
    'Cannot take from the queue as visibilityMs is positive: 0; correct the caller',
  )
}

export const checkDelay = (delayMs: number): number => duration('delayMs', delayMs)
