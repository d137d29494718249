/** A part of a text: `text.slice(start, end)`. */
export interface Clause {
  text: string
  start: number
  end: number
}

/** Where a clause may end: a mark, or a comma and a word that opens another statement. */
const BREAK =
  /;\s{1,4}|\s[—–-]\s|[.?!]\s{1,4}(?=\p{Lu})|,?\s{1,4}(?=(?:whereas|while|although|though|but|yet|because|thereby|thus|hence|therefore|so that|even though)\s)|,\s{1,4}(?=(?:and|or|which|who|with|making|leading|resulting|showing|suggesting|indicating|highlighting|allowing|enabling|achieving|reducing|outperforming|surpassing|improving)\s)|\s{1,4}and\s{1,4}(?=(?:has|have|is|are|was|were|can|will|does|do|did|it|they|we|that|thereby|thus|therefore)\s)/gu
const WORDS_MIN = 3
const CLAUSES_MAX = 40

/** Splits a statement into clauses that can be true or false by themselves; pieces of fewer than three words stay with their neighbours. */
export function clauses(text: string): Clause[] {
  const cuts = [
    0,
    ...Array.from(text.matchAll(BREAK), (match) => match.index + match[0].length).slice(0, CLAUSES_MAX - 1),
    text.length,
  ]
  const found: Clause[] = []
  for (const [at, start] of cuts.slice(0, -1).entries()) {
    const end = cuts[at + 1]!
    const last = found.at(-1)
    if (last && (wordsIn(text, start, end) < WORDS_MIN || wordsIn(text, last.start, last.end) < WORDS_MIN)) {
      found[found.length - 1] = { text: text.slice(last.start, end), start: last.start, end }
    } else found.push({ text: text.slice(start, end), start, end })
  }
  return found.map(({ start, end }) => trimmed(text, start, end)).filter((clause) => clause.text !== '')
}

function wordsIn(text: string, start: number, end: number): number {
  return text.slice(start, end).match(/[\p{L}\p{N}]+/gu)?.length ?? 0
}

function trimmed(text: string, from: number, to: number): Clause {
  let start = from
  let end = to
  while (start < end && /[\s,;:—–-]/.test(text[start]!)) start += 1
  while (end > start && /[\s,;:—–-]/.test(text[end - 1]!)) end -= 1
  return { text: text.slice(start, end), start, end }
}
