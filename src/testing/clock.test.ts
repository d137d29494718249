import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sleep } from '../ports/clock.ts'
import { manualClock } from './clock.ts'

describe('the manual clock', () => {
  it('stands still until told, and moves both times alike', () => {
    const clock = manualClock(1000)
    assert.deepEqual([clock.now(), clock.monotonic()], [1000, 0])
    clock.advance(5)
    assert.deepEqual([clock.now(), clock.monotonic()], [1005, 5])
  })

  it('runs what is due in order of time, then of scheduling, each at its own time', () => {
    const clock = manualClock(0)
    const ran: [string, number][] = []
    const at = (delay: number, name: string) => clock.schedule(delay, () => ran.push([name, clock.now()]))
    at(20, 'c')
    at(10, 'a')
    at(10, 'b')
    const cancel = at(15, 'cancelled')
    at(99, 'later')
    cancel()
    clock.schedule(12, () => at(3, 'from within'))
    clock.advance(50)
    assert.deepEqual(ran, [
      ['a', 10],
      ['b', 10],
      ['from within', 15],
      ['c', 20],
    ])
    assert.equal(clock.now(), 50)
    assert.equal(clock.pending(), 1)
  })

  it('ends a sleep when its time has come, and one that is aborted at once', async () => {
    const clock = manualClock()
    const slept = sleep(clock, 1000)
    clock.advance(1000)
    await slept
    const abort = new AbortController()
    const aborted = sleep(clock, 1000, abort.signal)
    abort.abort(new Error('enough'))
    await assert.rejects(aborted, /enough/)
    assert.equal(clock.pending(), 0)
  })
})
