import { hashTerm, sentenceEnd, type TermSequence } from '../../domain/text/term-sequence.ts'

/** A question's content words with what each weighs. */
export type QueryTerms = {
  words: readonly string[]
  stems: readonly string[]
  /** Inverse document frequency of each stem, in the same order. */
  weights: readonly number[]
}

/** What of a question a passage holds. */
export type Holding = {
  /** How often each term stands in the title, and in the passage. */
  title: Uint16Array
  body: Uint16Array
  /** By weight, from 0 to 1: the terms that stand there at all, ... */
  held: number
  /** ... those of the best sentence, ... */
  sentence: number
  /** ... and of those that follow each other in the question, the pairs that do so there. */
  pairs: number
}

const maskSize = 1024

/** For one question, a function of passages: one look at each of their terms. */
export const holdingOf = ({ stems, weights }: Pick<QueryTerms, 'stems' | 'weights'>) => {
  const count = stems.length
  const hashes = Uint32Array.from(stems, hashTerm)
  // Nearly every term of a passage is none of the question's: one byte says so.
  const mask = new Uint8Array(maskSize)
  for (const hash of hashes) mask[hash % maskSize] = 1
  const total = weights.reduce((sum, weight) => sum + weight, 0) || 1
  const pairWeights = Float64Array.from(
    { length: Math.max(0, count - 1) },
    (_, at) => (weights[at]! + weights[at + 1]!) / 2,
  )
  const pairTotal = pairWeights.reduce((sum, weight) => sum + weight, 0) || 1
  const seenIn = new Int32Array(count)
  const pairSeen = new Uint8Array(pairWeights.length)

  return (terms: TermSequence): Holding => {
    const title = new Uint16Array(count)
    const body = new Uint16Array(count)
    let into = title
    seenIn.fill(0)
    pairSeen.fill(0)
    let [sentence, here, best, pairs, before] = [1, 0, 0, 0, -1]
    for (const hash of terms) {
      if (hash === sentenceEnd) {
        if (here > best) best = here
        sentence++
        here = 0
        into = body
        before = -1
      } else if (mask[hash % maskSize] === 0) before = -1
      else {
        const at = hashes.indexOf(hash)
        if (at >= 0) {
          into[at]!++
          if (seenIn[at] !== sentence) here += weights[at]!
          seenIn[at] = sentence
          if (before >= 0 && at === before + 1 && pairSeen[before] === 0) {
            pairSeen[before] = 1
            pairs += pairWeights[before]!
          }
        }
        before = at
      }
    }
    let held = 0
    for (let at = 0; at < count; at++) if (title[at]! + body[at]! > 0) held += weights[at]!
    return { title, body, held: held / total, sentence: best / total, pairs: pairs / pairTotal }
  }
}
