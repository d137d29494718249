import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { copyJson } from '../json.ts'
import { cut, cutRange } from './cut.ts'
import { wellFormed } from './well-formed.ts'

test('a cut of well-formed text is well-formed, a prefix, and at most one unit shorter than asked', () => {
  const text = fc.string({ unit: 'binary' }).map((any) => any.toWellFormed())
  fc.assert(
    fc.property(text, fc.integer({ min: -2, max: 30 }), fc.nat(30), (any, max, from) => {
      const part = cut(any, max)
      assert.ok(part.isWellFormed() && any.startsWith(part))
      assert.ok(part.length <= Math.max(0, max) && part.length >= Math.min(any.length, Math.max(0, max)) - 1)
      const range = cutRange(any, from, Math.max(from, max))
      assert.ok(range.isWellFormed() && any.includes(range))
    }),
  )
  assert.equal(cut('a😀b', 2), 'a')
  assert.equal(cut('a😀b', 3), 'a😀')
  assert.equal(cutRange('a😀b', 2, 4), 'b')
})

test('half a pair is replaced wherever it stands, and what has none stays the very value', () => {
  const half = '😀'[0]!
  const value = { text: `a${half}`, list: [half, 1, null], [`k${half}`]: { deep: half } }
  const expected = { text: 'a\ufffd', list: ['\ufffd', 1, null], 'k\ufffd': { deep: '\ufffd' } }
  assert.deepEqual(wellFormed(value), expected)
  const fine = { text: 'a😀', bytes: new Uint8Array(2), list: [1] }
  assert.equal(wellFormed(fine), fine)
  assert.deepEqual(copyJson({ text: `a${half}` }), { text: 'a\ufffd' })
})
