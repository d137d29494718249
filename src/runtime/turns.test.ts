import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { manualClock } from '../testing/clock.ts'
import { Turns, turnsOf } from './turns.ts'

const never = new AbortController().signal

/** Asks for turns and notes who was given one, in order. */
const queue = (limits: ConstructorParameters<typeof Turns>[1]) => {
  const clock = manualClock()
  const turns = new Turns(clock, limits)
  const given: string[] = []
  const ask = async (run: string, signal = never): Promise<void> => {
    const turn = turns.take(run, signal)
    if (turn !== undefined) await turn
    given.push(run)
  }
  return { clock, turns, given, ask }
}

const settle = () => new Promise((resolve) => setImmediate(resolve))

describe('turns at a provider', () => {
  it('are given at once below the limit, without a promise', () => {
    const { turns } = queue({ callsMax: 2, callsPerMinuteMax: 2 })
    assert.equal(turns.take('a', never), undefined)
    assert.equal(turns.take('a', never), undefined)
    assert.ok(turns.take('a', never) instanceof Promise)
  })

  it('alternate between runs, in order within a run', async () => {
    const { turns, given, ask } = queue({ callsMax: 1 })
    const asked = ['busy 1', 'busy 2', 'busy 3', 'busy 4'].map(() => ask('busy'))
    asked.push(ask('other'), ask('third'), ask('other'))
    for (let i = 0; i < 7; i++) {
      await settle()
      turns.end()
    }
    await Promise.all(asked)
    assert.deepEqual(given, ['busy', 'busy', 'other', 'third', 'busy', 'other', 'busy'])
  })

  it('keep every window of a minute within the limit', async () => {
    const { clock, turns, ask } = queue({ callsPerMinuteMax: 3 })
    const times: number[] = []
    const asked = Array.from({ length: 10 }, async () => {
      await ask('a')
      times.push(clock.monotonic())
      turns.end()
    })
    for (let i = 0; i < 60; i++) {
      await settle()
      clock.advance(5_000)
    }
    await Promise.all(asked)
    assert.deepEqual(times, [0, 0, 0, 60_000, 60_000, 60_000, 120_000, 120_000, 120_000, 180_000])
    assert.equal(clock.pending(), 0)
  })

  it('are not given while the provider is to be left alone', async () => {
    const { clock, turns, given, ask } = queue({ callsMax: 2 })
    await ask('a')
    await ask('b')
    const waiting = ask('c')
    turns.end(30_000)
    turns.end()
    const late = ask('d')
    clock.advance(29_000)
    await settle()
    assert.deepEqual(given, ['a', 'b'])
    clock.advance(1_000)
    await Promise.all([waiting, late])
    assert.deepEqual(given, ['a', 'b', 'c', 'd'])
  })

  it('try again after an hour where a provider asks for longer', async () => {
    const { clock, turns, given, ask } = queue({ callsMax: 1 })
    await ask('a')
    turns.end(30 * 86_400_000)
    const waiting = ask('b')
    clock.advance(3_600_000)
    await waiting
    assert.deepEqual(given, ['a', 'b'])
  })

  it('leave nothing of those who give up', async () => {
    const { clock, turns, given, ask } = queue({ callsPerMinuteMax: 1 })
    await ask('a')
    turns.end()
    const stop = new AbortController()
    const gone = Array.from({ length: 3 }, () => ask('b', stop.signal))
    assert.equal(clock.pending(), 1)
    stop.abort(new Error('enough'))
    for (const each of gone) await assert.rejects(each, /enough/)
    await assert.rejects(ask('b', stop.signal), /enough/)
    assert.equal(clock.pending(), 0)
    clock.advance(60_000)
    await ask('c')
    assert.deepEqual(given, ['a', 'c'])
  })

  it('exist for providers with limits only', () => {
    const clock = manualClock()
    assert.equal(turnsOf(clock, {}), undefined)
    assert.equal(turnsOf(clock, { a: {} }), undefined)
    const turns = turnsOf(clock, { a: { callsMax: 1 }, b: {} })
    assert.ok(turns?.('a/x/y') instanceof Turns)
    assert.equal(turns?.('a/x/y'), turns?.('a/z'))
    assert.equal(turns?.('b/x'), undefined)
  })
})
