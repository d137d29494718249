import { cutRange } from '../../../domain/text/cut.ts'
export type Section = {
  /** `results`, `limitations`, ...: what it is for, whatever its heading says. */
  role: 'results' | 'limitations' | 'conclusion' | 'captions'
  heading: string
  text: string
  start: number
}

const NUMBERING = '(?:#{1,4}\\s*)?(?:(?:\\d{1,2}|[IVX]{1,4}|[A-Z])(?:\\.\\d{1,2})*[.)]?\\s+)?'
const ROLES: readonly [Section['role'], string][] = [
  [
    'limitations',
    '(?:limitations?(?: and [\\w ]{3,30})?|threats to validity|future work|open (?:problems|questions|challenges)|[\\w ]{3,20} and limitations?)',
  ],
  [
    'conclusion',
    '(?:conclusions?(?: and [\\w ]{3,30})?|concluding remarks|summary|discussion(?: and [\\w ]{3,30})?)',
  ],
  [
    'results',
    '(?:(?:main |experimental |empirical |quantitative )?results?(?: and [\\w ]{3,30})?|experiments?(?: and [\\w ]{3,30})?|evaluation|findings|analysis|ablation(?:s| study| studies)?|experimental evaluation)',
  ],
]
const ANY_HEADING =
  /\n[^\S\n]*(?:#{1,4}\s*)?(?:(?:(?:\d{1,2}|[IVX]{1,4}|[A-Z])(?:\.\d{1,2}){0,3}\.?)[^\S\n]+\p{Lu}[^.\n]{2,80}|references|bibliography|acknowledge?ments?|appendix|funding|ethics statement|conclusions?|limitations?|discussion|future work)[^\S\n]*\n/giu
const CAPTION = /^(?:table|figure|fig\.)\s*\d{1,3}\s*[.:|]\s*\S.{15,}$/gim
const SECTION_CHARS_MAX = 12_000
const SECTIONS_MAX = 8
const CAPTIONS_MAX = 12

/**
 * The parts of a document that say what was found and what is left open, with their place in the text, and the captions of its tables and
 * figures. Parsers keep headings as lines of their own; a document without headings has no sections.
 */
export const sectionsIn = (text: string): Section[] => {
  const found: Section[] = []
  for (const [role, names] of ROLES) {
    const heading = new RegExp(
      `(?:^|\\n)[^\\S\\n]*${NUMBERING}(${names})[^\\S\\n]*[.:]?[^\\S\\n]*(?=\\n)`,
      'gi',
    )
    for (const match of text.matchAll(heading)) {
      const start = match.index + match[0].length
      const piece = cutRange(text, start, start + SECTION_CHARS_MAX)
      ANY_HEADING.lastIndex = 0
      const end = ANY_HEADING.exec(piece)?.index ?? piece.length
      const body = piece.slice(0, end)
      if (
        body.trim().length > 40 &&
        found.every((each) => start < each.start || start >= each.start + each.text.length)
      )
        found.push({ role, heading: match[1]!.trim(), text: body, start })
    }
  }
  const captions = [...text.matchAll(CAPTION)].slice(0, CAPTIONS_MAX).map(
    (match): Section => ({
      role: 'captions',
      heading: match[0].split(/[.:|]/)[0]!.trim(),
      text: match[0],
      start: match.index,
    }),
  )
  return [...found.sort((a, b) => a.start - b.start).slice(-SECTIONS_MAX), ...captions]
}
