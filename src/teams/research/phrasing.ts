const SMALL = [
  'no',
  'one',
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
  'eleven',
  'twelve',
]
const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
)

/** Numbers up to twelve in words, as prose has them. */
export const numberWord = (value: number): string => SMALL[value] ?? String(value)

export const upperFirst = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
export const lowerFirst = (text: string): string =>
  /^(?:\p{Lu}\p{Ll}+(?=[\s,.:;)]|$)|\p{Lu}\p{Ll}+-\p{Ll}|A )/u.test(text)
    ? text.charAt(0).toLowerCase() + text.slice(1)
    : text

/** `a`, `a and b`, `a, b and c`; with another mark where the items hold commas. */
export const listed = (items: readonly string[], mark = ','): string =>
  items.length < 2
    ? (items[0] ?? '')
    : `${items.slice(0, -1).join(`${mark} `)}${mark === ',' ? '' : mark} and ${items.at(-1)}`

export const counted = (value: number, one: string, many = `${one}s`): string =>
  `${numberWord(value)} ${value === 1 ? one : many}`

/** `May 2026`; the year alone where the month is not known. */
export const monthOf = (published: string): string => {
  const [, year, month] = /^(\d{4})(?:-(\d{2}))?/.exec(published) ?? []
  if (year === undefined) return ''
  return month === undefined ? year : `${MONTHS[Number(month) - 1] ?? ''} ${year}`.trim()
}

/** `from March to August 2026`, `from November 2025 to May 2026`, `in May 2026`; empty without dates. */
export const span = (days: readonly string[]): string => {
  const known = days.filter((day) => day !== '').sort()
  const first = monthOf(known[0] ?? '')
  const last = monthOf(known.at(-1) ?? '')
  if (first === '') return ''
  if (first === last) return `in ${first}`
  const [month, year] = first.split(' ')
  return year !== undefined && last.endsWith(year) ? `from ${month} to ${last}` : `from ${first} to ${last}`
}
