/** Verbatim but for white space, the shape of quotation marks and dashes, and an ellipsis that joins two passages in order. */
export function holdsQuote(sentences: readonly string[], quote: string): boolean {
  const text = plainMarks(sentences.join(' '))
  let from = 0
  for (const piece of plainMarks(quote).split(/\s*(?:\[\.\.\.\]|\.\.\.)\s*/)) {
    const at = text.indexOf(piece, from)
    if (at < 0) return false
    from = at + piece.length
  }
  return plainMarks(quote).length > 0
}

function plainMarks(text: string): string {
  return text
    .replace(/…/g, '...')
    .replace(/[‘’‚‛′`´]/g, "'")
    .replace(/[“”„‟″«»]|''/g, '"')
    .replace(/[\u2010-\u2015\u2212]|-{2,3}/g, '-')
    .replace(/[\u00ad\u200b]/g, '')
    .replace(/\s+/g, ' ')
    .trim()
}

const IN_MARKS = /“([^“”]{3,600})”|"([^"]{3,600})"|«([^«»]{3,600})»/g
const WORDS_MIN = 2
const QUOTES_MAX = 20

/** What stands in quotation marks, of two words or more: one word may be a term. */
export function quotesIn(text: string): { text: string; start: number; end: number }[] {
  return Array.from(text.matchAll(IN_MARKS).take(QUOTES_MAX), (match) => ({
    text: (match[1] ?? match[2] ?? match[3] ?? '').replace(/[,.;]$/, ''),
    start: match.index,
    end: match.index + match[0].length,
  })).filter(({ text: words }) => words.trim().split(/\s+/).length >= WORDS_MIN)
}
