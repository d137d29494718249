import { ConcordError } from '../../domain/errors.ts'
import { dayOf } from './paper.ts'

export type ArxivQuery = {
  /**
   * Free text. Words and "phrases" must all appear; `OR` (or `|`) joins its two neighbours, a leading `-` excludes. Nothing else
   * in it has a meaning, field prefixes and brackets included. Function words are left out.
   */
  query: string
  /** arXiv categories, any of which will do: `cs.CL`, `cs.*`. */
  categories?: readonly string[]
  /** First and last day of submission, UTC: `2025`, `2025-03` or `2025-03-18`. */
  from?: string
  to?: string
}

/** More words than this narrow an AND search to nothing and overflow the address. */
const TERMS_MAX = 16
const CATEGORY = /^[a-z]+(?:-[a-z]+)*(?:\.(?:[A-Za-z]{2}|[a-z]+(?:-[a-z]+)+|\*))?$/
const FUNCTION_WORDS = new Set(
  `a about an and are as at be by do does for from how in into is it its of on or s that the their there these this those to
  was were what when where which who why will with`.split(/\s+/),
)

type Term = { text: string; excluded: boolean }

/**
 * The `search_query` of arXiv's API (its user manual, section 5.1): every word as a field term of its own, quoted when it is
 * more than letters and digits, so that no text a person or model wrote can add a field, an operator or close a quote.
 *
 * @throws ConcordError `input.invalid` when nothing is left to search for, or a category or date is none.
 */
export const arxivSearchQuery = ({ query, categories = [], from, to }: ArxivQuery): string => {
  const parts: string[] = []
  const { wanted, excluded } = groupsOf(query)
  parts.push(...wanted.map(anyOf))
  if (categories.length > 0) parts.push(anyOf(categories.map((name) => `cat:${categoryOf(name)}`)))
  if (from !== undefined || to !== undefined) parts.push(submitted(from, to))
  if (parts.length === 0)
    throw new ConcordError(
      'input.invalid',
      `Cannot search arXiv as a search needs words, a category or dates: the query is ${JSON.stringify(query.slice(0, 80))}; name the topic in a few words`,
    )
  return parts.join(' AND ') + excluded.map((term) => ` ANDNOT ${term}`).join('')
}

const anyOf = (terms: readonly string[]): string =>
  terms.length === 1 ? terms[0]! : `(${terms.join(' OR ')})`

const groupsOf = (query: string): { wanted: string[][]; excluded: string[] } => {
  const wanted: string[][] = []
  const excluded: string[] = []
  let joining = false
  let count = 0
  for (const piece of query.normalize('NFC').matchAll(/-?"[^"]*"?|[^\s"]+/g)) {
    if (piece[0] === 'OR' || piece[0] === '|') {
      joining = wanted.length > 0
      continue
    }
    for (const [at, term] of termsOf(piece[0]).entries()) {
      if (count >= TERMS_MAX) return { wanted, excluded }
      count += 1
      if (term.excluded) excluded.push(term.text)
      else if (joining && at === 0) wanted.at(-1)?.push(term.text)
      else wanted.push([term.text])
      joining = false
    }
  }
  return { wanted, excluded }
}

const termsOf = (piece: string): Term[] => {
  const excluded = piece.startsWith('-')
  const isPhrase = /^-?"/.test(piece)
  // Hyphens, slashes and dots hold a term together (vision-language, GPT-4.1); every other sign separates words.
  const words = piece.match(/[\p{L}\p{M}\p{N}]+(?:[-./'’+][\p{L}\p{M}\p{N}]+)*/gu) ?? []
  if (isPhrase) return words.length === 0 ? [] : [{ text: field(words.join(' ')), excluded }]
  return words
    .filter((word) => !FUNCTION_WORDS.has(word.toLowerCase()))
    .map((word) => ({ text: field(word), excluded }))
}

/** Upper case AND, OR, NOT and ANDNOT would be operators: they are quoted like everything that is not one plain word. */
const field = (text: string): string =>
  /^[\p{L}\p{M}\p{N}]+$/u.test(text) && !/^(?:AND|OR|NOT|ANDNOT|TO)$/.test(text)
    ? `all:${text}`
    : `all:"${text}"`

const categoryOf = (name: string): string => {
  const trimmed = name.trim()
  if (CATEGORY.test(trimmed)) return trimmed
  throw new ConcordError(
    'input.invalid',
    `Cannot search arXiv as categories read like cs.CL, eess.IV or cs.*: got ${JSON.stringify(name.slice(0, 40))}; see https://arxiv.org/category_taxonomy`,
  )
}

const submitted = (from?: string, to?: string): string => {
  const first = from === undefined ? '1991-01-01' : day(from, 'first')
  const last = to === undefined ? '2999-12-31' : day(to, 'last')
  if (first > last)
    throw new ConcordError(
      'input.invalid',
      `Cannot search arXiv as the first day must not be after the last: ${first} is after ${last}; swap from and to`,
    )
  return `submittedDate:[${first.replaceAll('-', '')}0000 TO ${last.replaceAll('-', '')}2359]`
}

const day = (text: string, edge: 'first' | 'last'): string => {
  const found = dayOf(text, edge)
  if (found !== undefined) return found
  throw new ConcordError(
    'input.invalid',
    `Cannot search arXiv as dates read 2025, 2025-03 or 2025-03-18: got ${JSON.stringify(text.slice(0, 40))}; write it so`,
  )
}
