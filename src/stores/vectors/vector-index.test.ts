import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { VectorIndex } from './vector-index.ts'

const dot = (a: Float32Array, b: Float32Array): number =>
  a.reduce((sum, value, at) => sum + value * b[at]!, 0)

/** A small generator of its own, so that a failure repeats: mulberry32 (Ettinger), sums of three as nearly normal values. */
const vectorsOf = (seed: number, count: number, dimensions: number): Float32Array[] => {
  let state = seed
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  return Array.from({ length: count }, () => {
    const vector = Float32Array.from({ length: dimensions }, () => next() + next() + next() - 1.5)
    const length = Math.sqrt(dot(vector, vector))
    return vector.map((value) => value / length)
  })
}

describe('the vector index', () => {
  it('runs as WebAssembly here, and finds the same in plain JavaScript for any number of dimensions', () => {
    for (const dimensions of [3, 64, 100, 128, 512, 1536, 3072, 4100]) {
      const vectors = vectorsOf(dimensions, 60, dimensions)
      const [wasm, plain] = (['wasm', 'plain'] as const).map((kernel) => {
        const index = new VectorIndex({ dimensions, kernel, rescored: 20 })
        for (const [key, vector] of vectors.entries()) index.set(key, vector)
        return index
      })
      assert.deepEqual([wasm!.kernel, plain!.kernel], ['wasm', 'plain'])
      for (const vector of vectorsOf(7, 5, dimensions))
        assert.deepEqual(wasm!.search(vector, 7), plain!.search(vector, 7), `${dimensions} dimensions`)
    }
  })

  it('scores as the cosine, to a ten-thousandth', () => {
    const vectors = vectorsOf(1, 100, 512)
    const index = new VectorIndex({ dimensions: 512 })
    for (const [key, vector] of vectors.entries()) index.set(key, vector)
    const [query] = vectorsOf(2, 1, 512)
    const found = index.search(query!, 100)
    assert.equal(found.length, 100)
    for (const { key, score } of found) assert.ok(Math.abs(score - dot(query!, vectors[key]!)) < 1e-4)
  })

  it('never finds what is deleted or not allowed, whatever was set and deleted before', () => {
    const operation = fc.record({
      key: fc.nat(40),
      kind: fc.constantFrom('set', 'set', 'set', 'delete'),
      seed: fc.nat(1000),
    })
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 120 }), fc.array(fc.nat(40)), (operations, allowed) => {
        const index = new VectorIndex({ dimensions: 32 })
        const model = new Map<number, Float32Array>()
        for (const { key, kind, seed } of operations) {
          if (kind === 'delete') assert.equal(index.delete(key), model.delete(key))
          else {
            const [vector] = vectorsOf(seed, 1, 32)
            index.set(key, vector!)
            model.set(key, vector!)
          }
        }
        const [query] = vectorsOf(5, 1, 32)
        const keys = (found: { key: number }[]) => found.map(({ key }) => key).sort((a, b) => a - b)
        assert.deepEqual(
          keys(index.search(query!, 50)),
          [...model.keys()].sort((a, b) => a - b),
        )
        const only = [...new Set(allowed)].filter((key) => model.has(key)).sort((a, b) => a - b)
        assert.deepEqual(keys(index.search(query!, 50, allowed)), only)
      }),
      { verbose: true },
    )
  })

  it('grows past its first capacity and uses freed slots again', () => {
    const vectors = vectorsOf(3, 2500, 64)
    const index = new VectorIndex({ dimensions: 64 })
    for (const [key, vector] of vectors.entries()) index.set(key, vector)
    const before = index.bytes
    for (let key = 0; key < 2000; key++) index.delete(key)
    for (let key = 0; key < 2000; key++) index.set(10_000 + key, vectors[key]!)
    assert.equal(index.bytes, before)
    assert.equal(index.size, 2500)
    for (const key of [2000, 2400]) assert.equal(index.search(vectors[key]!, 1)[0]?.key, key)
    assert.equal(index.search(vectors[5]!, 1)[0]?.key, 10_005)
  })

  it('takes zero vectors and nothing at all', () => {
    const index = new VectorIndex({ dimensions: 8 })
    assert.deepEqual(index.search(new Float32Array(8), 3), [])
    index.set(1, new Float32Array(8))
    assert.deepEqual(index.search(new Float32Array(8).fill(1), 3), [{ key: 1, score: 0 }])
    assert.deepEqual(index.search(new Float32Array(8).fill(1), 0), [])
  })
})
