import type { Holding, QueryTerms } from './passage.ts'

const gramSize = 4

const gramsOf = (word: string): Set<string> => {
  const padded = `_${word}_`
  const grams = new Set<string>()
  for (let at = 0; at + gramSize <= padded.length; at++) grams.add(padded.slice(at, at + gramSize))
  return grams
}

const dice = (a: ReadonlySet<string>, b: ReadonlySet<string>): number => {
  let shared = 0
  for (const gram of a) if (b.has(gram)) shared++
  return (2 * shared) / (a.size + b.size)
}

const isWordCode = (code: number): boolean =>
  (code >= 97 && code <= 122) || (code >= 48 && code <= 57) || code > 127

/** The word of `text` around `at`. */
const wordAround = (text: string, at: number): { word: string; end: number } => {
  let [start, end] = [at, at]
  while (start > 0 && isWordCode(text.charCodeAt(start - 1))) start--
  while (end < text.length && isWordCode(text.charCodeAt(end))) end++
  return { word: text.slice(start, end), end }
}

/** How alike (Dice's coefficient of runs of four letters) the most alike word of a lower-case text is to one word. */
const likenessTo = (asked: string) => {
  const grams = gramsOf(asked)
  const inner = [...grams].filter((gram) => !gram.includes('_'))
  const known = new Map<string, number>()
  return (text: string): number => {
    let best = 0
    for (const gram of inner)
      for (let at = text.indexOf(gram); at >= 0; ) {
        const { word, end } = wordAround(text, at)
        const likeness = known.get(word) ?? dice(grams, gramsOf(word))
        known.set(word, likeness)
        if (likeness > best) best = likeness
        // A run of letters may begin with what ends a word, as in 3.14159.
        at = text.indexOf(gram, Math.max(end, at + 1))
      }
    return Math.min(1, best)
  }
}

/**
 * For one question, a function of passages: what of it stands there, by weight from 0 to 1, counting in part the words that only look alike (inflammatory,
 * inflammation). Looks in the text for parts of the words that are missing; does not cut it up.
 */
export const alikeTo = ({ words, weights }: QueryTerms) => {
  const total = weights.reduce((sum, weight) => sum + weight, 0) || 1
  const likenesses = words.map(likenessTo)
  return ({ title, body, held }: Holding, text: string): number => {
    let sum = held * total
    let lower: string | undefined
    for (const [at, weight] of weights.entries())
      if (title[at]! + body[at]! === 0) {
        lower ??= text.toLowerCase()
        sum += weight * likenesses[at]!(lower)
      }
    return sum / total
  }
}
