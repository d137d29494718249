import { oneLine } from './paper.ts'

/** Elements that end a paragraph. */
export const BLOCKS: ReadonlySet<string> = new Set(
  `ADDRESS ARTICLE ASIDE BLOCKQUOTE BR DD DIV DL DT FIGCAPTION FIGURE FOOTER H1 H2 H3 H4 H5 H6 HEADER HR LI MAIN NAV OL P PRE
  SECTION TABLE TD TH TITLE TR UL`.split(/\s+/),
)

const UNREAD = new Set(['SCRIPT', 'STYLE', 'NOSCRIPT', 'TEMPLATE', 'SVG'])
const TAG = /<(?:!--|\/?([a-z][a-z0-9-]{0,30})(?=[\s/>]))/iy
const ENTITIES: { [name: string]: string } = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  ndash: '–',
  mdash: '—',
  hellip: '…',
  lsquo: '‘',
  rsquo: '’',
  ldquo: '“',
  rdquo: '”',
}

/**
 * The text of a page without building its document, as paragraphs. For pages so long that a document would take minutes; time is
 * proportional to the length whatever stands in it.
 */
export const stripHtml = (html: string): string => {
  const parts: string[] = []
  const lower = html.toLowerCase()
  let at = 0
  for (;;) {
    const open = html.indexOf('<', at)
    parts.push(html.slice(at, open < 0 ? undefined : open).replace(/\s+/g, ' '))
    if (open < 0) break
    TAG.lastIndex = open
    const tag = TAG.exec(html)
    const name = tag?.[1]?.toUpperCase()
    if (!tag) {
      parts.push('<')
      at = open + 1
      continue
    }
    const isOpening = html[open + 1] !== '/'
    const from = name && isOpening && UNREAD.has(name) ? lower.indexOf(`</${name.toLowerCase()}`, open) : open
    const close = from < 0 ? -1 : name ? html.indexOf('>', from) : html.indexOf('-->', open + 4)
    if (close < 0) break
    if (name && BLOCKS.has(name)) parts.push('\n\n')
    at = close + (name ? 1 : 3)
  }
  return paragraphsOf(parts.join('').replace(/&(#x?[0-9a-f]{1,6}|[a-z]{2,8});/gi, decoded))
}

/** Source line breaks are blanks in HTML; only blocks make paragraphs. */
export const paragraphsOf = (text: string): string =>
  text
    .split('\n\n')
    .map(oneLine)
    .filter((part) => part !== '')
    .join('\n\n')

const decoded = (entity: string, body: string): string => {
  if (!body.startsWith('#')) return ENTITIES[body.toLowerCase()] ?? entity
  const code = /^#x/i.test(body) ? Number.parseInt(body.slice(2), 16) : Number.parseInt(body.slice(1), 10)
  return code > 31 && code <= 0x10ffff ? String.fromCodePoint(code) : ' '
}
