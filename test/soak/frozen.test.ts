import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { frozenPair, repeated } from '../kill/frozen.ts'
import { seeded } from '../seed.ts'

const trials = 20

/** Whether a stopped process holds the lock of the database: then nobody can write, and nothing can be replaced. */
const isLocked = (directory: string): boolean => {
  const db = new DatabaseSync(join(directory, 'concord.db'), { timeout: 0 })
  try {
    db.exec('BEGIN IMMEDIATE; ROLLBACK')
    return false
  } catch {
    return true
  } finally {
    db.close()
  }
}

const ended = (line: string): boolean => line.startsWith('{')

describe('an owner that stands still', () => {
  it('is replaced wherever it is stopped, and does nothing when it is continued', async (t) => {
    if (!existsSync('/proc/self/stat')) return t.skip('there is no /proc to tell a stopped process by')
    const random = seeded()
    let again = 0
    let locked = 0
    for (let trial = 0; trial < trials; trial++) {
      const pair = await frozenPair()
      try {
        const owner = pair.start('start')
        // It waits for a run that is there.
        await pair.reached(owner.pid, 1)
        const other = pair.start('beside')
        await pair.reached(owner.pid, 5)
        await delay(random() * 2000)
        owner.child.kill('SIGSTOP')
        if (isLocked(pair.directory)) {
          locked++
          continue
        }
        await pair.reached(other.pid, 10)
        const before = pair.effects().filter(({ pid }) => pid === owner.pid).length
        owner.child.kill('SIGCONT')
        assert.equal(await owner.line(ended), '{"code":"run.owned"}')
        assert.equal(await other.line(ended), '{"status":"succeeded","output":"done"}')
        const effects = pair.effects()
        assert.equal(effects.filter(({ pid }) => pid === owner.pid).length, before)
        assert.ok(repeated(effects).length <= 1, repeated(effects).join())
        again += repeated(effects).length
      } finally {
        await pair.close()
      }
    }
    t.diagnostic(`${trials} trials, ${locked} with the lock held, ${again} effects under way done again`)
    assert.ok(locked < trials / 2)
  })

  it('keeps its run while it computes for 25 s', async (t) => {
    const pair = await frozenPair()
    t.after(pair.close)
    const owner = pair.start('start', '25000')
    await pair.reached(owner.pid, 1)
    const other = pair.start('beside')
    assert.equal(await owner.line(ended), '{"status":"succeeded","output":"done"}')
    await other.line(ended)
    assert.deepEqual(repeated(pair.effects()), [])
    assert.equal(pair.effects().filter(({ pid }) => pid === other.pid).length, 0)
  })

  it('is replaced when it does not come back for 70 s, and does nothing when it does', async (t) => {
    const pair = await frozenPair()
    t.after(pair.close)
    const owner = pair.start('start', '70000')
    await owner.line((line) => line === 'half')
    const other = pair.start('beside')
    await pair.reached(other.pid, 10)
    const before = pair.effects().filter(({ pid }) => pid === owner.pid).length
    assert.equal(await owner.line(ended), '{"code":"run.owned"}')
    assert.equal(await other.line(ended), '{"status":"succeeded","output":"done"}')
    assert.equal(pair.effects().filter(({ pid }) => pid === owner.pid).length, before)
    assert.ok(repeated(pair.effects()).length <= 1)
  })
})
