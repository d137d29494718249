import { stem, stems, tokens } from './tokens.ts'

/** Stem of a short form to the stems of what it stands for. */
export type Abbreviations = ReadonlyMap<string, readonly string[]>

const BRACKET = /\(([\p{L}\d][\p{L}\d+/.-]{0,10}[\p{L}\d+])[);,]/gu
const LOOK_BACK_CHARS = 160

/**
 * Short forms defined in the texts as `long form (SF)`: the algorithm of Schwartz and Hearst, "A simple algorithm for identifying
 * abbreviation definitions in biomedical text", PSB 2003. Where texts disagree the most frequent long form wins, then the first.
 */
export function abbreviations(texts: Iterable<string>): Abbreviations {
  const votes = new Map<string, Map<string, number>>()
  for (const text of texts) {
    for (const match of text.matchAll(BRACKET)) {
      const short = match[1]!
      if (!/\p{Lu}/u.test(short)) continue
      const long = longForm(
        short.replace(/(?<=\p{Lu})s$/u, ''),
        text.slice(Math.max(0, match.index - LOOK_BACK_CHARS), match.index),
      )
      if (long === undefined) continue
      const expanded = stems(long)
      const key = stem(
        tokens(short.replace(/(?<=\p{Lu})s$/u, ''))
          .map(({ norm }) => norm)
          .join(''),
      )
      if (expanded.length < 2 || expanded.includes(key)) continue
      const counts = votes.get(key) ?? new Map<string, number>()
      votes.set(key, counts.set(expanded.join(' '), (counts.get(expanded.join(' ')) ?? 0) + 1))
    }
  }
  return new Map(
    Array.from(votes, ([key, counts]) => {
      const [best] = Array.from(counts).reduce((a, b) => (b[1] > a[1] ? b : a))
      return [key, best.split(' ')]
    }),
  )
}

/** The words before the bracket that spell the short form, read from the right; its first letter opens a word. */
function longForm(short: string, before: string): string | undefined {
  const words = before.trimEnd().split(/\s+/)
  const candidate = words.slice(-Math.min(short.length + 5, short.length * 2)).join(' ')
  const letters = short.toLowerCase()
  const text = candidate.toLowerCase()
  let at = text.length - 1
  for (let index = letters.length - 1; index >= 0; index -= 1) {
    const letter = letters[index]!
    if (!/[\p{L}\d]/u.test(letter)) continue
    while (at >= 0 && (text[at] !== letter || (index === 0 && at > 0 && /[\p{L}\d]/u.test(text[at - 1]!))))
      at -= 1
    if (at < 0) return undefined
    at -= 1
  }
  return candidate.slice(at + 1)
}
