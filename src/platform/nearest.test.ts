import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { nearest } from '../domain/nearest.ts'

const words = ['run', 'runs', 'resume', 'trace', 'approve', 'agents', 'init']

describe('nearest', () => {
  it('finds the word behind a slip', () => {
    assert.equal(nearest('rnu', words), 'run')
    assert.equal(nearest('aprove', words), 'approve')
    assert.equal(nearest('tarce', words), 'trace')
    assert.equal(nearest('Agents', words), 'agents')
  })

  it('finds the word that is only begun', () => {
    assert.equal(nearest('app', words), 'approve')
  })

  it('finds nothing where nothing is near', () => {
    assert.equal(nearest('frobnicate', words), undefined)
    assert.equal(nearest('x', ['approve']), undefined)
    assert.equal(nearest('run', []), undefined)
  })

  it('finds a word with one letter changed, added, lost or two swapped', () => {
    const word = fc.stringMatching(/^[a-z]{4,12}$/)
    const letter = fc.stringMatching(/^[a-z]$/)
    fc.assert(
      fc.property(word, letter, fc.nat(), fc.integer({ min: 0, max: 3 }), (right, other, place, slip) => {
        const i = place % right.length
        const wrong = [
          right.slice(0, i) + other + right.slice(i + 1),
          right.slice(0, i) + other + right.slice(i),
          right.slice(0, i) + right.slice(i + 1),
          right.slice(0, i) + (right[i + 1] ?? '') + (right[i] ?? '') + right.slice(i + 2),
        ][slip]
        assert.equal(nearest(wrong ?? '', ['0000000000000000', right]), right)
      }),
    )
  })
})
