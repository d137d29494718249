import { parseJson } from '../../domain/exact.ts'
import { cut } from '../../domain/text/cut.ts'
import type { Skipped } from './corpus-files.ts'
import { guessTitle, isoDate, opening, splitAuthors, tidyTitle, upTo } from './document-text.ts'
import { arxivPage, oneLine, type Paper, parseArxivId } from './paper.ts'

type Fields = { [key: string]: unknown }

/** Longer lines are no record of a paper. */
const RECORD_CHARS_MAX = 5_000_000
/** An abstract is indexed whole: what is longer is text. */
const ABSTRACT_CHARS_MAX = 10_000

const ID = ['id', 'paper_id', 'arxiv_id', '_id', 'doc_id', 'docid', 'corpusid', 'doi']
const TITLE = ['title', 'name', 'headline']
const ABSTRACT = ['abstract', 'summary', 'abstract_text', 'description']
const TEXT = ['fulltext', 'full_text', 'text', 'body', 'content', 'contents']
const AUTHORS = ['authors', 'author', 'authors_parsed', 'creators']
const CATEGORIES = ['categories', 'category', 'tags', 'subjects', 'fields', 'topics']
const DATE = [
  'published',
  'publication_date',
  'publicationdate',
  'date',
  'created',
  'listed',
  'submitted',
  'update_date',
  'year',
]
const URL_FIELDS = ['url', 'abs', 'link', 'abs_url', 'source_url']
const PDF = ['pdfurl', 'pdf_url', 'pdf']

/**
 * Papers from JSON Lines: one object a line, with the names that datasets use for the fields. A line that is no record with
 * words in it is skipped with its number and the reason.
 */
export const readJsonl = (
  text: string,
  path: string,
  recordsMax: number,
): { papers: Paper[]; skipped: Skipped[] } => {
  const papers: Paper[] = []
  const skipped: Skipped[] = []
  let number = 0
  for (let start = 0; start < text.length; ) {
    const found = text.indexOf('\n', start)
    const end = found < 0 ? text.length : found
    const line = text.slice(start, end).trim()
    start = end + 1
    number += 1
    if (line === '' || line === '\uFEFF') continue
    if (papers.length >= recordsMax) {
      skipped.push({
        path: `${path}:${number}`,
        reason: `more than ${recordsMax} records: the rest is left out`,
      })
      break
    }
    const read = readRecord(line, path, number)
    if (typeof read === 'string') skipped.push({ path: `${path}:${number}`, reason: read })
    else papers.push(read)
  }
  return { papers, skipped }
}

const readRecord = (line: string, path: string, number: number): Paper | string => {
  if (line.length > RECORD_CHARS_MAX)
    return `a record of ${line.length} characters, more than the ${RECORD_CHARS_MAX} allowed`
  let value: unknown
  try {
    value = parseJson(line.replace(/^\uFEFF/, ''))
  } catch (error) {
    return `not JSON (${oneLine(error instanceof Error ? error.message : String(error)).slice(0, 120)})`
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'not a JSON object'
  return paperOf(
    new Map(Object.entries(value).map(([key, field]) => [key.toLowerCase(), field])),
    path,
    number,
  )
}

const paperOf = (fields: Map<string, unknown>, path: string, number: number): Paper | string => {
  const pick = (names: string[]): unknown => {
    for (const name of names) {
      const value = fields.get(name)
      if (value !== undefined && value !== null && value !== '') return value
    }
    return undefined
  }
  const fullText = wordsOf(pick(TEXT))
  const abstract =
    upTo(oneLine(wordsOf(pick(ABSTRACT))), ABSTRACT_CHARS_MAX) || (fullText ? opening(fullText) : '')
  const given = tidyTitle(wordsOf(pick(TITLE)))
  if (!given && !abstract) return 'a record without title, abstract and text'
  const rawId = wordsOf(pick(ID)).trim()
  const arxiv = parseArxivId(rawId)
  const pdfUrl = webAddress(pick(PDF))
  const comment = oneLine(wordsOf(pick(['comment', 'comments'])))
  return {
    id: arxiv?.id ?? (cut(rawId, 200) || `${path}:${number}`),
    title: given ?? guessTitle(fullText || abstract, `${path}:${number}`),
    abstract,
    authors: authorsOf(pick(AUTHORS)),
    categories: categoriesOf(pick(CATEGORIES)),
    published: isoDate(pick(DATE)) ?? '',
    url: webAddress(pick(URL_FIELDS)) ?? (arxiv ? arxivPage(arxiv.id) : ''),
    ...(pdfUrl ? { pdfUrl } : {}),
    ...(comment ? { comment } : {}),
    source: path,
    ...(fullText ? { fullText } : {}),
  }
}

/** Strings and numbers as they are, lists of sentences joined; anything else has no words. */
const wordsOf = (value: unknown): string => {
  if (typeof value === 'string') return value
  if (typeof value === 'number' && Number.isFinite(value)) return String(value)
  return Array.isArray(value) ? value.filter((part) => typeof part === 'string').join(' ') : ''
}

const authorsOf = (value: unknown): string[] => {
  if (typeof value === 'string') return splitAuthors(value)
  return Array.isArray(value) ? value.map(nameOf).filter((name) => name !== '') : []
}

const nameOf = (value: unknown): string => {
  if (typeof value === 'string') return oneLine(value)
  // arXiv's own dumps: [last, first, suffix].
  if (Array.isArray(value))
    return oneLine([value[1], value[0], value[2]].filter((part) => typeof part === 'string').join(' '))
  if (typeof value !== 'object' || value === null) return ''
  const { name, first, last, given, family } = value as Fields
  return oneLine(
    typeof name === 'string'
      ? name
      : [first ?? given, last ?? family].filter((part) => typeof part === 'string').join(' '),
  )
}

const categoriesOf = (value: unknown): string[] => {
  if (Array.isArray(value)) return value.filter((part) => typeof part === 'string').flatMap(categoriesOf)
  return typeof value === 'string' ? value.split(/[\s,;]+/).filter((part) => part !== '') : []
}

const webAddress = (value: unknown): string | undefined =>
  typeof value === 'string' && /^https?:\/\//i.test(value) && URL.canParse(value) ? value : undefined
