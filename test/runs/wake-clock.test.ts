import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Concord } from '../../src/index.ts'
import type { WakeOn } from '../../src/runtime/wake-on.ts'
import { type ManualClock, manualClock } from '../../src/testing/clock.ts'
import { concordWith } from './fixture.ts'
import { armed, decided, listener } from './wake-fixture.ts'

const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000]

/** One that listens on a clock that can be set; `pass` lets time go by in steps, as timers of the machine do. */
const listening = async (wakeOn: WakeOn, start = Date.UTC(2026, 0, 1, 12)) => {
  const clock = manualClock(start)
  const { listening, heard, until } = listener(wakeOn)
  const concord = await concordWith({ agents: [listening] }, { clock })
  const timers = clock.pending()
  await concord.watchers.start()
  const instants = () => heard.map(({ params }) => new Date(Number(params.instant)).toISOString())
  /** Lets time go by, a look of the watcher at a time, until its timer is set again. */
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= minute) {
      await armed(clock, timers + 1)
      clock.advance(Math.min(left, minute))
      await quiet()
    }
  }
  return { clock, concord, timers, heard, until, instants, pass }
}

/** Resolves when what was set off has been done: nothing here waits for anything but promises. */
const quiet = async () => {
  for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve))
}

const changed = async (concord: Concord, clock: ManualClock, timers: number, key: string) => {
  await concord.state('global').set(key, 1)
  await armed(clock, timers + 1)
}

describe('a wall clock that is set while an agent waits', () => {
  for (const jump of [-hour, hour])
    it(`does not change how long a debounce waits: set by ${jump} ms`, async () => {
      const { clock, concord, heard, until } = await listening({ state: 'k*', debounceMs: 100 })
      const timers = clock.pending()
      await changed(concord, clock, timers, 'k1')
      clock.jump(jump)
      clock.advance(99)
      await quiet()
      assert.equal(heard.length, 0)
      clock.advance(1)
      await until(1)
      await decided(concord, 't:listener', 1)
      await changed(concord, clock, timers, 'k2')
      clock.advance(100)
      await until(2)
    })

  it('does not stop an interval when set back, nor repeat it when set right again', async () => {
    const { clock, heard, until, pass } = await listening({ schedule: { everyMs: minute } })
    await pass(3 * minute)
    await until(3)
    clock.jump(-day)
    await pass(5 * minute)
    await until(8)
    clock.jump(day)
    await pass(2 * minute)
    await until(10)
    assert.equal(heard.length, 10)
  })

  it('set forward, brings neither an interval nor a schedule more than one run for what was skipped', async () => {
    for (const schedule of [{ everyMs: minute }, '* * * * *']) {
      const { clock, heard, until, pass } = await listening({ schedule })
      await pass(2 * minute)
      await until(2)
      clock.jump(3650 * day)
      await pass(minute)
      await until(3)
      assert.equal(heard.length, 3)
      await pass(2 * minute)
      await until(5)
      assert.equal(heard.length, 5)
    }
  })

  it('set by less than an interval, leaves the time between two runs as it is', async () => {
    const { clock, heard, pass } = await listening({ schedule: { everyMs: minute } })
    for (const [i, jump] of [0, 59 * second, -59 * second, 30 * second, -61 * second].entries()) {
      clock.jump(jump)
      await pass(59_999)
      assert.equal(heard.length, i)
      await pass(1)
      assert.equal(heard.length, i + 1)
    }
  })

  it('set forward, is noticed by a schedule within a minute', async () => {
    const { clock, instants, until, pass } = await listening({ schedule: '0 0 * * *' }, Date.UTC(2026, 0, 1))
    await pass(1000)
    clock.jump(13 * hour)
    await pass(10 * hour)
    assert.deepEqual(instants(), [])
    clock.jump(58 * minute)
    await pass(2 * minute)
    await until(1)
    assert.deepEqual(instants(), ['2026-01-02T00:00:00.000Z'])
  })

  it('set back, starts no tick again that ran, and goes on with those that did not', async () => {
    const { clock, concord, instants, until, pass } = await listening({ schedule: '*/2 * * * *' })
    await pass(2 * minute)
    await until(1)
    // A mistake of eight minutes, noticed after the tick there has run.
    clock.jump(8 * minute)
    await pass(minute)
    await until(2)
    clock.jump(-9 * minute)
    await pass(11 * minute)
    await until(6)
    await quiet()
    assert.deepEqual(
      instants().map((instant) => instant.slice(11, 16)),
      ['12:02', '12:10', '12:04', '12:06', '12:08', '12:12'],
    )
    assert.equal((await concord.runs()).length, 6)
  })

  for (const moved of [-day, -30 * second, 0, day])
    it(`moved by ${moved} ms while nobody was up, makes nobody wait longer than the interval`, async () => {
      const { clock, concord, heard, until, pass } = await listening({ schedule: { everyMs: hour } })
      await pass(hour)
      await until(1)
      await concord.watchers.stop()
      clock.jump(moved)
      await concord.watchers.start()
      await pass(hour)
      await until(2)
      assert.ok(heard.length <= 3)
    })
})
