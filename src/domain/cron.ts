import { ConcordError } from './errors.ts'

// Five fields of cron, in UTC: minute, hour, day of the month, month, day of the week (0 and 7 are Sunday); each *, a-b, a,b, */n or a-b/n.
/** When a schedule comes next. */
export type Cron = { next(after: number): number }

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs
/** A date that never comes (30 February) is given up after this many days: the 29th of February on a given weekday comes every 28 years at the latest, 40 around 2100. */
const daysMax = 366 * 41

const ranges = [
  { name: 'minute', from: 0, to: 59 },
  { name: 'hour', from: 0, to: 23 },
  { name: 'day of the month', from: 1, to: 31 },
  { name: 'month', from: 1, to: 12 },
  { name: 'day of the week', from: 0, to: 7 },
] as const

/** The last instant in (`after`, `until`]; undefined when there is none. Looks at some forty instants, however many lie between. */
export const latest = (schedule: Cron, after: number, until: number): number | undefined => {
  if (schedule.next(after) > until) return undefined
  let [low, high] = [Math.floor(after), Math.ceil(until)]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (schedule.next(middle) > until) high = middle
    else low = middle
  }
  return schedule.next(low)
}

const invalid = (text: string, problem: string): ConcordError =>
  new ConcordError(
    'config.invalid',
    `Cannot use schedule "${text}" as ${problem}; write five fields (minute hour day month weekday, UTC), for example "0 6 * * 1-5"`,
  )

const fieldOf = (text: string, field: string, { name, from, to }: (typeof ranges)[number]): Set<number> => {
  const values = new Set<number>()
  for (const part of field.split(',')) {
    const [, range = '', step = '1'] = /^(\*|\d+(?:-\d+)?)(?:\/(\d+))?$/.exec(part) ?? []
    const [low = Number.NaN, high] = range === '*' ? [from, to] : range.split('-').map(Number)
    const end = high ?? (part.includes('/') ? to : low)
    const every = Number(step)
    if (range === '' || low < from || end > to || low > end || every < 1)
      throw invalid(text, `the ${name} is from ${from} to ${to}: ${part}`)
    for (let value = low; value <= end; value += every) values.add(value)
  }
  return values
}

/** Reads a schedule. Throws `config.invalid`. */
export const readCron = (text: string): Cron => {
  const fields = text.trim().split(/\s+/)
  if (fields.length !== ranges.length) throw invalid(text, `it has ${fields.length} fields`)
  const [minutes, hours, days, months, weekdays] = ranges.map((range, i) =>
    fieldOf(text, fields[i] ?? '', range),
  ) as [Set<number>, Set<number>, Set<number>, Set<number>, Set<number>]
  if (weekdays.has(7)) weekdays.add(0)
  // As cron does: when both days are restricted, either will do.
  const either = fields[2] !== '*' && fields[4] !== '*'
  const fits = (day: Date): boolean => {
    if (!months.has(day.getUTCMonth() + 1)) return false
    const inMonth = days.has(day.getUTCDate())
    const inWeek = weekdays.has(day.getUTCDay())
    return either ? inMonth || inWeek : inMonth && inWeek
  }
  const firstAt = (from: number): number | undefined => {
    const start = new Date(from)
    for (let hour = start.getUTCHours(); hour < 24; hour++) {
      if (!hours.has(hour)) continue
      for (let minute = hour === start.getUTCHours() ? start.getUTCMinutes() : 0; minute < 60; minute++)
        if (minutes.has(minute)) return Math.floor(from / dayMs) * dayMs + (hour * 60 + minute) * minuteMs
    }
    return undefined
  }
  return {
    /** The first instant after one, ms since the epoch. Throws `config.invalid` when there is none. */
    next(after) {
      let from = (Math.floor(after / minuteMs) + 1) * minuteMs
      for (let day = 0; day < daysMax; day++) {
        if (fits(new Date(from))) {
          const found = firstAt(from)
          if (found !== undefined) return found
        }
        from = (Math.floor(from / dayMs) + 1) * dayMs
      }
      throw invalid(text, 'it never comes')
    },
  }
}
