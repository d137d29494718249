import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { seed } from '../../test/seed.ts'
import { copyJson } from './json.ts'

describe('a copy of JSON', () => {
  it('equals what JSON.stringify and JSON.parse make of any value that JSON holds', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) =>
        assert.deepEqual(copyJson(value), JSON.parse(JSON.stringify(value))),
      ),
      { seed },
    )
    const odd = { date: new Date(0), gone: undefined, list: [undefined], ['__proto__']: { polluted: true } }
    assert.deepEqual(copyJson(odd), JSON.parse(JSON.stringify(odd)))
    assert.equal(Object.hasOwn(copyJson(JSON.parse('{"__proto__":{"a":1}}')) as object, '__proto__'), true)
  })

  it('shares nothing that could be changed', () => {
    const value = { a: { b: [1] } }
    const copy = copyJson(value)
    value.a.b.push(2)
    assert.deepEqual(copy, { a: { b: [1] } })
  })

  it('names the place of what JSON cannot hold', () => {
    const cyclic: { self?: unknown } = {}
    cyclic.self = cyclic
    for (const [value, message] of [
      [{ a: [1, () => 1] }, /\/a\/1 is a function/],
      [{ n: Number.NaN }, /\/n is NaN/],
      [1n, /\/ is a bigint/],
      [cyclic, /refers to itself/],
    ] as const)
      assert.throws(() => copyJson(value), message)
  })
})
