export type TextPart = { text: string; start: number }

const HEADING =
  /^[^\S\n]*(?:#{1,4}\s*)?(?:(?:\d{1,2}|[IVX]{1,4}|[A-Z])(?:\.\d{1,2})*[.)]?\s+)?(?:conclusions?|discussion|limitations?|future work|conclusions? and (?:future work|limitations?|discussion)|limitations? and future work|discussion and (?:conclusions?|limitations?)|open (?:problems|questions|challenges)|summary)[^\S\n]*[.:]?[^\S\n]*$/gim
const NEXT =
  /\n[^\S\n]*(?:#{1,4}\s*)?(?:references|bibliography|acknowledge?ments?|appendix|funding|ethics statement)\b/i
const PART_CHARS_MAX = 4000
const PARTS_MAX = 3

/** Where papers say what they found and what they leave open: the sections that close them, with their place in the text. */
export const closingParts = (text: string): TextPart[] =>
  [...text.matchAll(HEADING)].slice(-PARTS_MAX).map((match) => {
    const start = match.index + match[0].length
    const piece = text.slice(start, start + PART_CHARS_MAX)
    const end = NEXT.exec(piece)?.index ?? piece.length
    return { text: piece.slice(0, end), start }
  })
