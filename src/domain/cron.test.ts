import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { latest, readCron } from './cron.ts'

const next = (text: string, after: string) =>
  new Date(readCron(text).next(Date.parse(after))).toISOString().slice(0, 16)

describe('a schedule', () => {
  const cases: [string, string, string][] = [
    ['* * * * *', '2026-11-22T10:00:00Z', '2026-11-22T10:01'],
    ['*/15 * * * *', '2026-11-22T10:44:59.999Z', '2026-11-22T10:45'],
    ['0 6 * * 1-5', '2026-11-20T06:00:00Z', '2026-11-23T06:00'],
    ['30 23 31 12 *', '2026-11-22T00:00:00Z', '2026-12-31T23:30'],
    ['0 0 29 2 *', '2026-11-22T00:00:00Z', '2028-02-29T00:00'],
    ['0 0 * * 7', '2026-11-22T00:00:00Z', '2026-11-29T00:00'],
    ['0 12 13 * 5', '2026-11-22T00:00:00Z', '2026-11-27T12:00'],
    ['5,10-12 8/4 * * *', '2026-11-22T12:12:00Z', '2026-11-22T16:05'],
  ]
  for (const [text, after, expected] of cases)
    it(`"${text}" after ${after} comes at ${expected}`, () => assert.equal(next(text, after), expected))

  for (const text of ['', '* * * *', '60 * * * *', 'x * * * *', '5-1 * * * *', '*/0 * * * *', '0 0 0 * *'])
    it(`refuses "${text}"`, () => assert.throws(() => readCron(text), { code: 'config.invalid' }))

  it('says when it never comes', () => {
    assert.throws(() => readCron('0 0 30 2 *').next(0), { code: 'config.invalid', message: /never comes/ })
  })

  it('the next instant is later, fits, and nothing between fits', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 59 }),
        fc.integer({ min: 0, max: 23 }),
        fc.integer({ min: 0, max: 6 }),
        fc.integer({ min: 0, max: Date.UTC(2100, 0) }),
        (minute, hour, weekday, after) => {
          const found = readCron(`${minute} ${hour} * * ${weekday}`).next(after)
          const date = new Date(found)
          assert.deepEqual(
            [date.getUTCMinutes(), date.getUTCHours(), date.getUTCDay()],
            [minute, hour, weekday],
          )
          assert.ok(found > after && found - after <= 7 * 86_400_000)
        },
      ),
    )
  })

  it('the latest instant up to another is the last of all that come one after the other', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('* * * * *', '*/7 3 * * *', '0 0 * * 1', '0 0 29 2 *'),
        fc.integer({ min: 0, max: Date.UTC(2100, 0) }),
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 0, max: 60_000 }),
        (text, after, count, more) => {
          const schedule = readCron(text)
          let last: number | undefined
          for (let i = 0; i < count; i++) last = schedule.next(last ?? after)
          const until = Math.min((last ?? after) + more, schedule.next(last ?? after) - 1)
          assert.equal(latest(schedule, after, until), last)
        },
      ),
    )
  })
})
