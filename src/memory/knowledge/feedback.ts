import { sentenceEnd, type TermSequence } from '../../domain/text/term-sequence.ts'

/** A candidate as feedback reads it: its terms, and its score so far. */
export type Judged = { terms: TermSequence; score: number }

const believed = 20
const steepness = 8
const titleWeight = 2.5
const titleBelieved = 2
const saturation = 1.2
const lengthDiscount = 0.75

/** Every distinct term of all sequences as a small number; slot 0 is the end of a sentence. Open addressing in flat arrays. */
const numbered = (all: readonly Judged[]): { slots: Uint32Array[]; distinct: number } => {
  const total = all.reduce((sum, { terms }) => sum + terms.length, 0)
  let size = 1024
  while (size < total * 2) size *= 2
  const keys = new Uint32Array(size)
  const numbers = new Uint32Array(size)
  let distinct = 0
  const slots = all.map(({ terms }) => {
    const own = new Uint32Array(terms.length)
    for (let at = 0; at < terms.length; at++) {
      const hash = terms[at]!
      if (hash === sentenceEnd) continue
      let place = hash & (size - 1)
      while (keys[place] !== hash && keys[place] !== 0) place = (place + 1) & (size - 1)
      if (keys[place] === 0) {
        keys[place] = hash
        numbers[place] = ++distinct
      }
      own[at] = numbers[place]!
    }
    return own
  })
  return { slots, distinct }
}

const lengthOf = (slots: Uint32Array): number => slots.length + (titleWeight - 1) * slots.indexOf(0)

/**
 * How well each candidate's terms fit those of the best candidates, from 0 to 1: pseudo-relevance feedback (RM3 of Lavrenko and Croft, SIGIR 2001, as
 * Abdul-Jaleel et al., TREC 2004, mix it with the question) that only reorders. A term weighs by its share in candidates whose score is near the best
 * one's, and by how few of all candidates hold it.
 */
export const feedback = (all: readonly Judged[]): number[] => {
  const { slots, distinct } = numbered(all)
  const holders = new Uint32Array(distinct + 1)
  const lastIn = new Uint32Array(distinct + 1)
  for (const [index, own] of slots.entries())
    for (const slot of own) {
      if (lastIn[slot] === index + 1) continue
      lastIn[slot] = index + 1
      holders[slot]!++
    }
  const weights = modelOf(all, slots, distinct)
  weights[0] = 0
  for (let slot = 1; slot <= distinct; slot++)
    if (weights[slot]! > 0)
      weights[slot]! *= Math.log(1 + (all.length - holders[slot]! + 0.5) / (holders[slot]! + 0.5))
  const mean = slots.reduce((sum, own) => sum + lengthOf(own), 0) / Math.max(1, slots.length) || 1
  const counts = new Float64Array(distinct + 1)
  const scores = slots.map((own) => fitOf(own, weights, counts, mean))
  const best = Math.max(1e-9, ...scores)
  return scores.map((score) => score / best)
}

/** What each term weighs: its share in the best candidates. */
const modelOf = (all: readonly Judged[], slots: readonly Uint32Array[], distinct: number): Float64Array => {
  const weights = new Float64Array(distinct + 1)
  const order = [...all.keys()].sort((a, b) => all[b]!.score - all[a]!.score || a - b).slice(0, believed)
  const top = all[order[0] ?? 0]?.score ?? 0
  if (top <= 0) return weights
  for (const index of order) {
    const own = slots[index]!
    const ends = own.indexOf(0)
    const share = (Math.max(0, all[index]!.score) / top) ** steepness / (own.length + ends)
    for (let at = 0; at < own.length; at++) weights[own[at]!]! += at < ends ? share * titleBelieved : share
  }
  return weights
}

/** BM25 with these weights. `counts` are zeros, before and after. */
const fitOf = (own: Uint32Array, weights: Float64Array, counts: Float64Array, mean: number): number => {
  const norm = saturation * (1 - lengthDiscount + (lengthDiscount * lengthOf(own)) / mean)
  const ends = own.indexOf(0)
  for (let at = 0; at < own.length; at++) counts[own[at]!]! += at < ends ? titleWeight : 1
  let score = 0
  for (const slot of own) {
    const count = counts[slot]!
    if (count === 0) continue
    counts[slot] = 0
    score += (weights[slot]! * count * (saturation + 1)) / (count + norm)
  }
  return score
}
