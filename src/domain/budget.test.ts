import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { seed } from '../../test/seed.ts'
import { depthMaxDefault, type Limits, limitsProblem, shortageText, withinLimits } from './budget.ts'

const names = ['timeMs', 'tokens', 'money', 'steps', 'depth'] as const

describe('withinLimits', () => {
  const limit = fc.option(fc.double({ min: 0, noNaN: true }), { nil: undefined })
  const limits = fc.record({ timeMs: limit, tokens: limit, money: limit, steps: limit, depth: limit })

  it("never gives more than the operator's limit, and gives the caller's where it is smaller", () => {
    fc.assert(
      fc.property(limits, fc.option(limits, { nil: null }), (operator: Limits, caller) => {
        const effective = withinLimits(operator, caller)
        for (const name of names) {
          const [most, asked, given] = [operator[name], caller?.[name], effective[name]]
          if (most !== undefined) assert.ok(given !== undefined && given <= most)
          if (asked !== undefined) assert.ok(given !== undefined && given <= asked)
          if (most === undefined && asked !== undefined && name !== 'depth') assert.equal(given, asked)
          if (most === undefined && asked === undefined) assert.equal(given, undefined)
        }
      }),
      { seed },
    )
  })

  it('takes the default depth for the operator’s where the operator names none', () => {
    assert.deepEqual(withinLimits(undefined, { depth: 1000 }), { depth: depthMaxDefault })
    assert.deepEqual(withinLimits({ depth: 20 }, { depth: 1000 }), { depth: 20 })
    assert.deepEqual(withinLimits(undefined, {}), {})
  })
})

describe('limitsProblem', () => {
  it('refuses what would limit nothing', () => {
    for (const limits of [
      { token: 1 },
      { tokens: Number.NaN },
      { steps: null },
      { money: '5' },
      { depth: -1 },
    ])
      assert.ok(limitsProblem(limits as Limits), JSON.stringify(limits))
    assert.equal(limitsProblem({ tokens: 0, steps: 3 }), undefined)
  })
})

it('what is short is told with the way out: the time that passed, and what of the tokens is for the answer', () => {
  const time = shortageText({ limit: 'timeMs', allowed: 3000, used: 3005, asked: 0 })
  assert.match(time, /^Cannot continue as the budget allows 3000 ms: 3005 ms have passed; raise the budget/)
  const tokens = shortageText({ limit: 'tokens', allowed: 9000, used: 0, asked: 11_619 }, 8192)
  assert.match(tokens, /^Cannot spend 11619 more tokens .*: 8192 of the tokens are reserved for the answer/)
})
