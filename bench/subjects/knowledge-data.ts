/** Mulberry32 (Ettinger): the same numbers in every subject. */
export const chance = (seed: number) => {
  let state = seed
  return (): number => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const normal = (next: () => number): number => next() + next() + next() + next() - 2

const unit = (vector: Float32Array): Float32Array => {
  const length = Math.hypot(...vector)
  return vector.map((value) => value / length)
}

/** Synthetic: around one of 200 centres each, as the embeddings of a collection with topics are; queries are drawn likewise. */
export const clusteredVectors = (count: number, dimensions: number, seed = 1): Float32Array[] => {
  const centre = chance(7)
  const centres = Array.from({ length: 200 }, () =>
    unit(Float32Array.from({ length: dimensions }, () => normal(centre))),
  )
  const next = chance(seed)
  return Array.from({ length: count }, () => {
    const around = centres[Math.floor(next() * centres.length)]!
    return unit(around.map((value) => value + (normal(next) * 1.2) / Math.sqrt(dimensions)))
  })
}

/** Synthetic English-like texts: words by Zipf's law over 30,000, so that three terms have posting lists of every length. */
export const zipfTexts = (count: number): { title: string; body: string }[] => {
  const next = chance(3)
  const word = () => `w${Math.floor(30_000 ** next()).toString(36)}`
  const words = (length: number) => Array.from({ length }, word).join(' ')
  return Array.from({ length: count }, () => ({ title: words(9), body: words(110) }))
}

/** Three terms each: not the most common ones, as questions hold. */
export const zipfQuestions = (count: number): string[] => {
  const next = chance(5)
  const word = () => `w${Math.floor(30_000 ** (0.35 + next() * 0.65)).toString(36)}`
  return Array.from({ length: count }, () => `${word()} ${word()} ${word()}`)
}
