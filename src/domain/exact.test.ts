import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { exactSum, parseJson } from './exact.ts'

const most = Number.MAX_SAFE_INTEGER

describe('a sum', () => {
  it('of whole numbers is exact, or there is none', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.maxSafeInteger(), (a, b) => {
        const sum = exactSum(a, b)
        const real = BigInt(a) + BigInt(b)
        if (sum === undefined) assert.ok(real > BigInt(most) || real < -BigInt(most))
        else assert.equal(BigInt(sum), real)
      }),
    )
  })

  it('ends at the range of safe integers, whichever side leaves it', () => {
    assert.equal(exactSum(most - 1, 1), most)
    assert.equal(exactSum(most, 0), most)
    for (const [value, by] of [
      [most, 1],
      [-most, -1],
      [2 ** 53, 0],
      [0, 2 ** 53],
      [2 ** 60, -1],
      [1e300, 1],
    ] as const)
      assert.equal(exactSum(value, by), undefined, `${value} + ${by}`)
  })

  it('of fractions is the nearest double, and never the number it began from', () => {
    assert.equal(exactSum(0.1, 0.2), 0.1 + 0.2)
    assert.equal(exactSum(1, 1e-20), undefined)
  })
})

describe('JSON text', () => {
  it('with an integer that a number cannot hold is refused, wherever it stands', () => {
    for (const text of ['9007199254740993', '-9007199254740993', '{"a":[{"b":12345678901234567890}]}'])
      assert.throws(() => parseJson(text), RangeError, text)
  })

  it('keeps what a number can hold, and texts that look like numbers', () => {
    const values = [most, -most, 2 ** 60, 2 ** 69, 1e21, 0.12345678901234568, '9007199254740993', { a: [] }]
    for (const value of values) assert.deepEqual(parseJson(JSON.stringify(value)), value)
    assert.equal(parseJson('1.00000000000000000000'), 1)
  })
})
