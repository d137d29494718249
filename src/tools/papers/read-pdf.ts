import { type Draft, isoDate, splitAuthors, tidyTitle } from './document-text.ts'
import { lazily } from './lazy.ts'
import { parseArxivId } from './paper.ts'

type Line = { text: string; size: number; page: number }

const STAMP = /arXiv:(\d{4}\.\d{4,5}(?:v\d+)?|[a-z-]+(?:\.[A-Z]{2})?\/\d{7}(?:v\d+)?)\s+\[[\w.-]+\]/
const NO_TITLE = /^(?:untitled|title|microsoft word|document\d*|.*\.(?:docx?|tex|pdf|dvi|indd)$)/i
const PAGE_NUMBER = /^\W{0,3}(?:page\s+)?\d{1,5}(?:\s*(?:of|\/)\s*\d{1,5})?\W{0,3}$/i
/** Characters of text in one document. */
const TEXT_CHARS_MAX = 5_000_000
/** Pages on which a line must be repeated to be a running head. */
const RUNNING_PAGES_MIN = 3

/**
 * Text of a PDF in reading order as the file gives it: lines joined to paragraphs, words divided at line ends mended, page numbers
 * and running heads left out. Bounded by pages and characters.
 */
export const readPdf = async (bytes: Uint8Array, { pagesMax }: { pagesMax: number }): Promise<Draft> => {
  const { getDocumentProxy, getMeta } = await lazily('read PDF files', 'unpdf', () => import('unpdf'))
  // A copy, since the parser takes the memory over; verbosity 0 keeps its warnings off the console.
  const pdf = await getDocumentProxy(new Uint8Array(bytes), { verbosity: 0 })
  try {
    const lines: Line[] = []
    let size = 0
    for (let page = 1; page <= Math.min(pdf.numPages, pagesMax) && size < TEXT_CHARS_MAX; page += 1) {
      for (const line of linesOf((await (await pdf.getPage(page)).getTextContent()).items, page)) {
        lines.push(line)
        size += line.text.length
      }
    }
    const { info } = await getMeta(pdf)
    return draftOf(lines, info)
  } finally {
    await pdf.loadingTask.destroy()
  }
}

const draftOf = (lines: readonly Line[], info: { [key: string]: unknown }): Draft => {
  const field = (name: string): string => (typeof info[name] === 'string' ? info[name].trim() : '')
  const body = bodySize(lines)
  const text = joined(withoutRunningHeads(lines), body)
  const stamp = STAMP.exec(
    lines
      .filter(({ page }) => page === 1)
      .map(({ text }) => text)
      .join('\n'),
  )
  const named = field('Title')
  const arxivId = stamp ? parseArxivId(stamp[1]!)?.id : undefined
  return {
    text,
    title: tidyTitle(named.includes(' ') && !NO_TITLE.test(named) ? named : largestLine(lines, body)),
    authors: splitAuthors(field('Author')),
    published: isoDate(field('CreationDate')),
    ...(arxivId ? { arxivId } : {}),
  }
}

const linesOf = (items: readonly object[], page: number): Line[] => {
  const lines: Line[] = []
  let text = ''
  // Of the longest piece: one large symbol in a line makes no heading.
  let size = 0
  let most = 0
  let lastY = 0
  const flush = () => {
    const trimmed = text.replace(/\s+/g, ' ').trim()
    if (trimmed !== '') lines.push({ text: trimmed, size, page })
    text = ''
    size = 0
    most = 0
  }
  for (const item of items) {
    if (!('str' in item) || typeof item.str !== 'string') continue
    const y = 'transform' in item && Array.isArray(item.transform) ? Number(item.transform[5]) : lastY
    // Upwards: another column, or the body after a footer that some files draw first.
    if (text !== '' && y > lastY + 2 * Math.max(size, 6)) flush()
    lastY = y
    text += item.str
    const characters = item.str.trim().length
    if (characters > most && 'height' in item && typeof item.height === 'number') {
      size = item.height
      most = characters
    }
    if ('hasEOL' in item && item.hasEOL === true) flush()
  }
  flush()
  return lines
}

const rounded = (size: number): number => Math.round(size * 2) / 2

/** The size in which most characters are set. */
const bodySize = (lines: readonly Line[]): number => {
  const counts = new Map<number, number>()
  for (const { text, size } of lines)
    counts.set(rounded(size), (counts.get(rounded(size)) ?? 0) + text.length)
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 0
}

/** Consecutive lines in the largest type of the first page. */
const largestLine = (lines: readonly Line[], body: number): string | undefined => {
  const first = lines.filter(({ page, text }) => page === 1 && /\p{L}{3}/u.test(text) && !STAMP.test(text))
  const largest = Math.max(0, ...first.map(({ size }) => rounded(size)))
  if (largest <= body) return undefined
  const at = first.findIndex(({ size }) => rounded(size) === largest)
  let end = at
  while (end < first.length && rounded(first[end]!.size) === largest && end - at < 5) end += 1
  const title = mended(
    first.slice(at, end).map(({ text }) => text),
    new Set(),
  )
  return title.length >= 4 && title.length <= 300 ? title : undefined
}

const withoutRunningHeads = (lines: readonly Line[]): Line[] => {
  const pages = new Map<string, Set<number>>()
  const key = (text: string): string => text.replace(/\d+/g, '#')
  for (const { text, page } of lines) pages.set(key(text), (pages.get(key(text)) ?? new Set()).add(page))
  return lines.filter(
    ({ text }) =>
      !PAGE_NUMBER.test(text) &&
      !STAMP.test(text) &&
      (text.length < 12 || pages.get(key(text))!.size < RUNNING_PAGES_MIN),
  )
}

const HEADING =
  /^(?:(?:\d{1,2}(?:\.\d{1,2}){0,3}\.?|[IVX]{1,4}\.|[A-Z]\.?\d?)\s+\p{Lu}[^.]{2,80}|abstract|introduction|references|conclusions?|acknowledge?ments?|related work)$/iu

/**
 * Lines as paragraphs: headings stand alone, a short line that ends a sentence ends its paragraph, and smaller type (footnotes,
 * captions) waits until the paragraph that it interrupts has ended.
 */
const joined = (lines: readonly Line[], body: number): string => {
  const compounds = new Set(
    lines.flatMap(({ text }) => text.match(/\p{L}+-\p{L}+/gu) ?? []).map((word) => word.toLowerCase()),
  )
  const lengths = lines.map(({ text }) => text.length).sort((a, b) => a - b)
  const usual = lengths[Math.floor(lengths.length * 0.6)] ?? 0
  const parts: string[] = []
  let open: string[] = []
  let notes: string[] = []
  const close = () => {
    if (open.length > 0) parts.push(mended(open, compounds))
    if (notes.length > 0) parts.push(mended(notes, compounds))
    open = []
    notes = []
  }
  for (const { text, size } of lines) {
    if ((size > body * 1.08 && text.length < 120) || (HEADING.test(text) && text.length < 90)) {
      close()
      parts.push(text)
    } else if (size < body * 0.93) notes.push(text)
    else {
      open.push(text)
      if (text.length < usual * 0.75 && /[.!?]["'”’)\]]*$/.test(text)) close()
    }
  }
  close()
  return parts.join('\n\n')
}

/**
 * `repre-` + `sentation` and `SCI-` + `DOCS` are one word; `vision-` + `language` keeps its hyphen where the text elsewhere writes
 * it so, and `Jimeno-` + `Yepes` always.
 */
const mended = (lines: readonly string[], compounds: ReadonlySet<string>): string => {
  let text = lines[0] ?? ''
  for (const line of lines.slice(1)) {
    const head = /(\p{L}+)-$/u.exec(text)
    const tail = /^\p{L}+/u.exec(line)
    if (!head || !tail) text += ` ${line}`
    else if (isOneWord(head[1]!, tail[0], compounds)) text = text.slice(0, -1) + line
    else text += line
  }
  return text
}

const isOneWord = (head: string, tail: string, compounds: ReadonlySet<string>): boolean =>
  !compounds.has(`${head}-${tail}`.toLowerCase()) &&
  (/^\p{Ll}/u.test(tail) || (/^\p{Lu}{2,}$/u.test(head) && /^\p{Lu}{2,}$/u.test(tail)))
