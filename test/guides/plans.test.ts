import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { programsOf } from './programs.ts'

describe('the guide to plans with types', () => {
  const { programs, remove } = programsOf('plans.md')
  after(remove)

  it('has two programs', () => assert.equal(programs.length, 2))

  it('reads, adds and tells', async () => {
    assert.equal(await programs[0]?.run(), "[ 'PAGE START: 6 WORDS', 'PAGE START: 7 WORDS' ]\n")
  })

  it('answers what the team’s schema says', async () => {
    assert.equal(await programs[1]?.run(), '12.00 EUR\n')
  })
})
