import type { DateRange } from '../shapes.ts'
import type { Period } from '../understand/question.ts'

const DAY_MS = 86_400_000
const RECENT_DAYS = 365

export type Days = { from?: string; to?: string }

const back = (day: string, days: number): string =>
  new Date(Date.parse(day) - days * DAY_MS).toISOString().slice(0, 10)

/**
 * The days a question means. Lengths of time count back from `newest`: today for arXiv, the newest paper for a collection, which has
 * an end. A wish for the latest means a year.
 */
export const daysOf = (
  { since, until, lastDays, thisYear }: Period,
  recent: boolean,
  newest: string,
): Days => {
  const day = newest === '' ? undefined : newest.padEnd(10, '-01').slice(0, 10)
  const from =
    since ??
    (day === undefined
      ? undefined
      : thisYear === true
        ? day.slice(0, 4)
        : lastDays !== undefined
          ? back(day, lastDays)
          : recent && until === undefined
            ? back(day, RECENT_DAYS)
            : undefined)
  return { ...(from === undefined ? {} : { from }), ...(until === undefined ? {} : { to: until }) }
}

/** What to tell of a length of time that was counted back from a collection's end. */
export const periodNote = ({ lastDays, thisYear }: Period, days: Days, dates: DateRange): string[] =>
  (lastDays === undefined && thisYear !== true) || days.from === undefined || dates.to === ''
    ? []
    : [
        `The collection ends on ${dates.to}, so the time asked for was counted back from there: from ${days.from}.`,
      ]
