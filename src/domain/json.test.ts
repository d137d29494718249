import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { runInNewContext } from 'node:vm'
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

  it('refuses by name what would lose its meaning, wherever it stands', () => {
    class Money {
      amount = 5
    }
    class List extends Array<number> {}
    const lost: [unknown, RegExp][] = [
      [new Map([[1, 2]]), /a Map/],
      [new Set([1]), /a Set/],
      [/x/, /a RegExp/],
      [new Error('out of paper'), /an Error \(out of paper\)/],
      [Object.assign(new Error('x'), { toJSON: () => 1 }), /an Error/],
      [new Uint8Array(2), /a Uint8Array/],
      [Buffer.from('x'), /a Buffer/],
      [new DataView(new ArrayBuffer(1)), /a DataView/],
      [new ArrayBuffer(1), /a ArrayBuffer/],
      [new Money(), /a Money/],
      [new Date(Number.NaN), /a Date that is no time/],
      [Promise.resolve(1), /a Promise/],
      [new WeakMap(), /a WeakMap/],
      [Object('boxed'), /a String/],
      [Object.create({ inherited: 1 }), /class instance/],
      [runInNewContext('new Map()'), /a Map/],
      [{ toJSON: () => new Map() }, /a Map/],
    ]
    for (const [value, message] of lost)
      for (const [within, place] of [
        [value, '/'],
        [{ a: [1, value] }, '/a/1'],
      ])
        assert.throws(
          () => copyJson(within),
          (error: Error) => {
            assert.match(error.message, message)
            return error.message.startsWith(`${place} `)
          },
        )
    const plain = [
      Object.create(null),
      runInNewContext('({a: [1]})'),
      List.of(1),
      new URL('https://x.example/'),
    ]
    assert.deepEqual(copyJson(plain), [{}, { a: [1] }, [1], 'https://x.example/'])
  })
})
