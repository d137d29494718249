import { synonyms } from './lexicon.ts'
import type { Reading, Word } from './reading.ts'

/** A run of the claim's content words against the run of the source's that stands at the same place. */
export interface Gap {
  claim: readonly Word[]
  source: readonly Word[]
}

/** Two texts laid side by side: words that agree in the same order, and what stands between them. */
export interface Alignment {
  /** Words that agree, in order. */
  pairs: readonly (readonly [Word, Word])[]
  gaps: readonly Gap[]
  /** Share of the claim's content words that the source holds in the same order. */
  ordered: number
  /** Share that it holds in any order. */
  held: number
  /** Share of the source's words, between the first and the last that agree, that the claim repeats. */
  dense: number
}

const SYNONYM = 0.75
const PREFIX = 0.6
const PREFIX_CHARS = 5

/** 1 for the same word, less for a synonym or for the same beginning, 0 for none. */
export function likeness(a: Word, b: Word): number {
  if (a.stem === b.stem) return 1
  if (/\d/.test(a.norm) || /\d/.test(b.norm)) return 0
  if (synonyms(a.stem, b.stem)) return SYNONYM
  return sharedStart(a.stem, b.stem) ? PREFIX : 0
}

function sharedStart(a: string, b: string): boolean {
  const least = Math.min(a.length, b.length)
  if (least < PREFIX_CHARS) return false
  let shared = 0
  while (shared < least && a[shared] === b[shared]) shared += 1
  return shared >= PREFIX_CHARS && shared >= 0.6 * Math.max(a.length, b.length)
}

/** The longest common subsequence of the content words, weighted by likeness (Hirschberg 1977 states the recurrence). */
export function align(claim: Reading, source: Reading): Alignment {
  const a = claim.content
  const b = source.content
  const width = b.length + 1
  const best = new Float32Array((a.length + 1) * width)
  const like = new Float32Array(a.length * b.length)
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      const match = likeness(a[i]!, b[j]!)
      like[i * b.length + j] = match
      best[i * width + j] = Math.max(
        best[(i + 1) * width + j]!,
        best[i * width + j + 1]!,
        match > 0 ? match + best[(i + 1) * width + j + 1]! : 0,
      )
    }
  }
  const pairs: [Word, Word][] = []
  const gaps: Gap[] = []
  let i = 0
  let j = 0
  let gap: { claim: Word[]; source: Word[] } = { claim: [], source: [] }
  while (i < a.length && j < b.length) {
    const match = like[i * b.length + j]!
    const here = best[i * width + j]!
    if (match > 0 && here === Math.fround(match + best[(i + 1) * width + j + 1]!)) {
      if (gap.claim.length > 0 || gap.source.length > 0) gaps.push(gap)
      gap = { claim: [], source: [] }
      pairs.push([a[i++]!, b[j++]!])
    } else if (here === best[(i + 1) * width + j]) gap.claim.push(a[i++]!)
    else gap.source.push(b[j++]!)
  }
  gap.claim.push(...a.slice(i))
  gap.source.push(...b.slice(j))
  if (gap.claim.length > 0 || gap.source.length > 0) gaps.push(gap)
  const total = Math.max(1, a.length)
  let held = 0
  for (let at = 0; at < a.length; at += 1) {
    let most = 0
    for (let to = 0; to < b.length; to += 1) most = Math.max(most, like[at * b.length + to]!)
    held += most
  }
  const [first, last] = [pairs[0]?.[1], pairs.at(-1)?.[1]]
  const between = first && last ? b.indexOf(last) - b.indexOf(first) + 1 : 1
  return { pairs, gaps, ordered: best[0]! / total, held: held / total, dense: pairs.length / between }
}
