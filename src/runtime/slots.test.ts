import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { seed } from '../../test/seed.ts'
import { slots } from './slots.ts'

describe('slots', () => {
  it('hold what a Map would, whatever comes and goes', () => {
    const operation = fc.record({
      what: fc.constantFrom('set', 'delete'),
      id: fc.constantFrom('a', 'b', 'c', '__proto__', '1'),
    })
    fc.assert(
      fc.property(fc.array(operation), (operations) => {
        const ours = slots<{ n: number }>()
        const map = new Map<string, { n: number }>()
        for (const [n, { what, id }] of operations.entries()) {
          if (what === 'set') {
            ours.set(id, { n })
            map.set(id, { n })
          } else {
            ours.delete(id)
            map.delete(id)
          }
          assert.equal(ours.has(id), map.has(id))
          assert.deepEqual(ours.get(id), map.get(id))
        }
        const sorted = (values: Iterable<{ n: number }>) => [...values].sort((a, b) => a.n - b.n)
        assert.deepEqual(sorted(ours.values()), sorted(map.values()))
      }),
      { seed },
    )
  })
})
