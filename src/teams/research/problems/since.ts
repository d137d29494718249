import { monthOf } from '../phrasing.ts'

/** Since when a problem is stated, by the dates of the papers that state it; empty where none has a date. */
export const sinceText = (published: readonly string[]): string => {
  const dates = published.filter((date) => date !== '').sort()
  const [first] = dates
  const last = dates.at(-1)
  if (first === undefined || last === undefined) return ''
  const [from, to] = [monthOf(first), monthOf(last)]
  return from === to
    ? `Among the papers read it is stated in ${from}.`
    : `Among the papers read it is stated from ${from} to ${to}.`
}
