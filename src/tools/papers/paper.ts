/** A paper or document, wherever it came from. */
export type Paper = {
  /** arXiv papers: the id without version (`2401.12345`, `astro-ph/0601001`). Local documents: the path within the corpus. */
  id: string
  title: string
  abstract: string
  authors: string[]
  categories: string[]
  /** ISO date or instant, UTC; empty when the source does not say. */
  published: string
  updated?: string
  /** Page a person can open. */
  url: string
  pdfUrl?: string
  comment?: string
  /** Where the record was obtained: `arxiv`, `bundled`, or the corpus it was loaded from. */
  source: string
  fullText?: string
}

export type DateRange = { from: string; to: string }

export type ArxivId = { id: string; version?: number }

const NEW_ID = /^(\d{4}\.\d{4,5})(?:v(\d{1,3}))?$/
const OLD_ID = /^([a-z][a-z-]{1,20})(?:\.[A-Z]{2})?\/(\d{7})(?:v(\d{1,3}))?$/
const PREFIX =
  /^(?:https?:\/\/)?(?:[\w.-]*\barxiv\.org\/(?:abs|pdf|html)\/|(?:doi\.org\/)?10\.48550\/arxiv\.|arxiv:\s*)/i

/**
 * The id in `2401.12345v2`, `arXiv:2401.12345`, an abs, pdf or DOI address, or an identifier from before 2007
 * (`math.GT/0309136`, whose subject class is no part of the id); undefined when there is none.
 */
export const parseArxivId = (text: string): ArxivId | undefined => {
  const bare = text
    .trim()
    .replace(PREFIX, '')
    .replace(/[?#].*$/, '')
    .replace(/\.pdf$/i, '')
  const modern = NEW_ID.exec(bare)
  if (modern) return withVersion(modern[1]!, modern[2])
  const legacy = OLD_ID.exec(bare)
  return legacy ? withVersion(`${legacy[1]}/${legacy[2]}`, legacy[3]) : undefined
}

const withVersion = (id: string, version?: string): ArxivId =>
  version === undefined ? { id } : { id, version: Number(version) }

export const arxivPage = (id: string): string => `https://arxiv.org/abs/${id}`
export const arxivPdf = (id: string): string => `https://arxiv.org/pdf/${id}`

/** One line: runs of white space, line breaks included, become one blank. */
export const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim()

const titleKey = (title: string): string => title.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '')

/** Short titles (`Introduction`) say too little to prove two documents the same. */
const TITLE_KEY_CHARS_MIN = 16

/** Keeps the first of every paper, in order: the same id, or the same title but for case and punctuation. */
export const dedupePapers = (papers: readonly Paper[]): Paper[] => {
  const ids = new Set<string>()
  const titles = new Set<string>()
  return papers.filter((paper) => {
    const key = titleKey(paper.title)
    const known = ids.has(paper.id) || (key.length >= TITLE_KEY_CHARS_MIN && titles.has(key))
    ids.add(paper.id)
    titles.add(key)
    return !known
  })
}

/** First and last day of publication (`YYYY-MM-DD`); empty strings when no paper has a date. */
export const dateRange = (papers: readonly Paper[]): DateRange => {
  let from = ''
  let to = ''
  for (const { published } of papers) {
    const day = published.slice(0, 10)
    if (day === '') continue
    if (from === '' || day < from) from = day
    if (day > to) to = day
  }
  return { from, to }
}

const DAY = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?:T.*)?$/

/**
 * `2025`, `2025-03`, `2025-03-18` or an ISO instant as the first or last day meant; undefined when it is no date of the
 * calendar.
 */
export const dayOf = (text: string, edge: 'first' | 'last'): string | undefined => {
  const match = DAY.exec(text.trim())
  if (!match) return undefined
  const [year, month, day] = [Number(match[1]), Number(match[2] ?? 0), Number(match[3] ?? 0)]
  const instant =
    edge === 'first'
      ? Date.UTC(year, Math.max(month, 1) - 1, Math.max(day, 1))
      : day > 0
        ? Date.UTC(year, month - 1, day)
        : Date.UTC(month > 0 ? year : year + 1, month, 0)
  const found = new Date(instant).toISOString().slice(0, 10)
  const asked = [match[1], match[2], match[3]].filter((part) => part !== undefined).join('-')
  return found.startsWith(asked) ? found : undefined
}
