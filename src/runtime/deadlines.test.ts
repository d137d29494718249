import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { manualClock } from '../testing/clock.ts'
import { deadlines } from './deadlines.ts'

const act = fc.oneof(
  fc.record({ add: fc.integer({ min: 1_000, max: 3_000 }), cancelsOther: fc.boolean() }),
  fc.record({ remove: fc.nat(20) }),
  fc.record({ pass: fc.integer({ min: 1, max: 700 }) }),
)

describe('deadlines', () => {
  it('calls each once, at most a tick late, and none that was taken out', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
        const clock = manualClock(0)
        const limits = deadlines(clock)
        const due: { at: number; called?: number; out: boolean }[] = []
        const stops: (() => void)[] = []
        const take = (i: number) => {
          const one = due[i % Math.max(1, due.length)]
          if (one === undefined) return
          if (one.called === undefined) one.out = true
          stops[due.indexOf(one)]?.()
        }
        for (const one of acts) {
          if ('pass' in one) clock.advance(one.pass)
          else if ('remove' in one) take(one.remove)
          else {
            const mine: (typeof due)[number] = { at: clock.monotonic() + one.add, out: false }
            const place = due.push(mine) - 1
            stops.push(
              limits.after(one.add, () => {
                assert.equal(mine.called, undefined, 'called twice')
                assert.equal(mine.out, false, 'called though taken out')
                mine.called = clock.monotonic()
                if (one.cancelsOther) take(place + 1)
              }),
            )
          }
        }
        clock.advance(4_000)
        for (const { at, called, out } of due) {
          if (out) continue
          assert.ok(called !== undefined && called >= at && called <= at + 100, `${at}: ${called}`)
        }
      }),
    )
  })
})
