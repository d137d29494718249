import { VectorIndex } from '../../src/stores/vectors/vector-index.ts'
import type { Subject, SubjectOptions } from '../subject.ts'
import { clusteredVectors } from './knowledge-data.ts'

const [dimensions, top, asked] = [512, 10, 100] as const

const nearestExactly = (vectors: readonly Float32Array[], query: Float32Array): number[] => {
  const scores = vectors.map((vector, key) => {
    let score = 0
    for (let at = 0; at < dimensions; at++) score += vector[at]! * query[at]!
    return { key, score }
  })
  return scores
    .sort((a, b) => b.score - a.score)
    .slice(0, top)
    .map(({ key }) => key)
}

/** Every vector compared in plain JavaScript, the best ten kept. */
export const exactScan = async ({ count }: SubjectOptions): Promise<Subject> => {
  const all = new Float32Array(Number(count) * dimensions)
  for (const [at, vector] of clusteredVectors(Number(count), dimensions).entries())
    all.set(vector, at * dimensions)
  const queries = clusteredVectors(asked, dimensions, 2)
  let next = 0
  return {
    async run(times) {
      for (let i = 0; i < times; i++) {
        const query = queries[next++ % asked]!
        const best = new Float64Array(top).fill(Number.NEGATIVE_INFINITY)
        for (let from = 0; from < all.length; from += dimensions) {
          let score = 0
          for (let at = 0; at < dimensions; at++) score += all[from + at]! * query[at]!
          if (score <= best[top - 1]!) continue
          best[top - 1] = score
          best.sort().reverse()
        }
      }
    },
  }
}

/** The index as the stores use it, without and with a filter of one vector in ten. */
export const index = async ({ count, kernel, filtered }: SubjectOptions): Promise<Subject> => {
  const vectors = clusteredVectors(Number(count), dimensions)
  const found = new VectorIndex({ dimensions, kernel: kernel === 'plain' ? 'plain' : 'wasm' })
  for (const [key, vector] of vectors.entries()) found.set(key, vector)
  const queries = clusteredVectors(asked, dimensions, 2)
  const allowed =
    filtered === true
      ? vectors
          .keys()
          .filter((key) => key % 10 === 0)
          .toArray()
      : undefined
  let hits = 0
  const judged = queries.slice(0, 30)
  for (const query of judged) {
    const exact = new Set(nearestExactly(vectors, query))
    for (const { key } of found.search(query, top)) if (exact.has(key)) hits++
  }
  let next = 0
  return {
    async run(times) {
      for (let i = 0; i < times; i++) found.search(queries[next++ % asked]!, top, allowed)
    },
    facts: () => ({ recall: hits / (judged.length * top), megabytes: found.bytes / 2 ** 20 }),
  }
}
