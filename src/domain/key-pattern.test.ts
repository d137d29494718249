import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { literalPattern, patternMatcher, patternPrefix } from './key-pattern.ts'

describe('a pattern of keys', () => {
  it('matches keys, prefixes and anything between', () => {
    const cases: [pattern: string, text: string, matches: boolean][] = [
      ['stock', 'stock', true],
      ['stock', 'stock:a', false],
      ['stock:*', 'stock:', true],
      ['stock:*', 'stoc', false],
      ['*', '', true],
      ['a*b*c', 'a-b-b-c', true],
      ['a*b*c', 'abc', true],
      ['a*b*c', 'ac', false],
      ['aa*aa', 'aaa', false],
      ['*:done', 'job:1:done', true],
      ['a\\*', 'a*', true],
      ['a\\*', 'ab', false],
    ]
    for (const [pattern, text, matches] of cases)
      assert.equal(patternMatcher(pattern)(text), matches, `${pattern} on ${text}`)
    assert.equal(patternPrefix('a\\*b*c'), 'a*b')
  })

  it('agrees with a regular expression, and a literal matches only itself', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '*', '\\'), maxLength: 8 })
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 6 }), text, (pattern, key) => {
        const expression = new RegExp(`^${pattern.replaceAll('*', '[^]*')}$`)
        assert.equal(patternMatcher(pattern)(key), expression.test(key))
      }),
    )
    fc.assert(
      fc.property(text, text, (one, other) => {
        assert.equal(patternMatcher(literalPattern(one))(other), one === other)
      }),
    )
  })
})
