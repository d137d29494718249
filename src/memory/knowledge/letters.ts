import { isUnspaced } from '../../domain/text/unspaced.ts'
import type { QueryTerms } from './passage.ts'

const size = 4
/** The power to which a word's inverse document frequency is raised before its runs share it. */
const rarity = 1.5
const titleWeight = 2
const saturation = 1.2
const lengthDiscount = 0.75

const edge = 95
const maskSize = 4096

const isWordCode = (code: number): boolean =>
  (code >= 97 && code <= 122) || (code >= 48 && code <= 57) || code > 127

/**
 * Calls back with a number for every run of four characters of every word, its edges included;
 * characters beyond ASCII share numbers.
 */
const eachRun = (lower: string, onRun: (run: number) => void): void => {
  let [run, length] = [0, 0]
  const push = (code: number): void => {
    run = ((run << 7) | (code & 127)) & 0xfffffff
    length++
    if (length >= size) onRun(run)
  }
  for (let at = 0; at <= lower.length; at++) {
    const code = at < lower.length ? lower.charCodeAt(at) : 0
    if (isWordCode(code)) {
      if (length === 0) push(edge)
      push(code)
    } else if (length > 0) {
      push(edge)
      if (length < size) onRun(run)
      ;[run, length] = [0, 0]
    }
  }
}

/** How often a text has each run of the question's letters, and how many runs it has. */
export type LettersHeld = { counts: Uint16Array; length: number }

/**
 * For one question, BM25 over runs of four letters (McNamee and Mayfield, "Character n-gram
 * tokenization for European language text retrieval", 2004), each word's weight shared among its
 * runs: inflammatory counts for most of inflammation. Undefined for scripts without blanks, whose
 * words are pairs of characters.
 */
export const lettersOf = ({ words, weights }: Pick<QueryTerms, 'words' | 'weights'>) => {
  if (words.some(isUnspaced)) return undefined
  const shares = new Map<number, number>()
  for (const [at, word] of words.entries()) {
    const runs = new Set<number>()
    eachRun(word, (run) => runs.add(run))
    for (const run of runs)
      shares.set(run, Math.max(shares.get(run) ?? 0, weights[at]! ** rarity / runs.size))
  }
  const places = new Map([...shares.keys()].map((run, at) => [run, at]))
  const worth = Float64Array.from(shares.values())
  // A filter of one byte per slot: nearly every run of a text is not in the question.
  const mask = new Uint8Array(maskSize)
  for (const run of places.keys()) mask[run % maskSize] = 1

  return {
    count(title: string, text: string): LettersHeld {
      const counts = new Uint16Array(worth.length)
      let length = 0
      let weight = titleWeight
      const onRun = (run: number): void => {
        length += weight
        if (mask[run % maskSize] === 0) return
        const at = places.get(run)
        if (at !== undefined) counts[at]! += weight
      }
      eachRun(title.toLowerCase(), onRun)
      weight = 1
      eachRun(text.toLowerCase(), onRun)
      return { counts, length }
    },
    /** Scores in proportion to the best of these; lengths are compared with their mean. */
    scorer(all: readonly LettersHeld[]): (held: LettersHeld) => number {
      const mean = all.reduce((sum, { length }) => sum + length, 0) / Math.max(1, all.length) || 1
      const scoreOf = ({ counts, length }: LettersHeld): number => {
        const norm = saturation * (1 - lengthDiscount + (lengthDiscount * length) / mean)
        let score = 0
        for (let at = 0; at < worth.length; at++) {
          const count = counts[at]!
          if (count > 0) score += (worth[at]! * count * (saturation + 1)) / (count + norm)
        }
        return score
      }
      const best = Math.max(1e-9, ...all.map(scoreOf))
      return (held) => Math.min(1, scoreOf(held) / best)
    },
  }
}
