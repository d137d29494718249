import assert from 'node:assert/strict'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, it } from 'node:test'
import { manualClock } from '../testing/clock.ts'
import { processLives, processStart } from './sqlite/process-identity.ts'
import { inFolder, openIn } from './sqlite/temporary.test.ts'

describe('a member', () => {
  it('of this machine is told from another process that was given its pid', () => {
    const started = processStart(process.pid)
    assert.equal(processLives(process.pid, started), true)
    assert.equal(processLives(process.pid, undefined), true)
    if (started === undefined) return
    assert.equal(processLives(process.pid, `${started}0`), false)
    assert.equal(
      processLives(
        process.pid,
        started.replace(/^./, (digit) => (digit === '0' ? '1' : '0')),
      ),
      false,
    )
    assert.notEqual(processStart(process.ppid), started)
  })

  it('whose pid nobody has is dead', () => {
    assert.equal(processLives(2 ** 22 + 1, undefined), false)
    assert.equal(processStart(2 ** 22 + 1), undefined)
  })

  it('of another machine lives as long as it beats, three intervals being too long', () =>
    inFolder(async (folder) => {
      const clock = manualClock()
      const { membership, close } = await openIn(folder, { clock, beatMs: 1000 })
      const db = new DatabaseSync(join(folder, 'concord.db'))
      const add = db.prepare("INSERT INTO members VALUES (?, ?, ?, NULL, 'runner', NULL, ?)")
      add.run('far', 'elsewhere', process.pid, clock.now())
      add.run('near', hostname(), 2 ** 22 + 1, clock.now())
      db.close()
      assert.deepEqual([await membership.isAlive('far'), await membership.isAlive('near')], [true, false])
      clock.advance(2999)
      assert.equal(await membership.isAlive('far'), true)
      clock.advance(1)
      assert.equal(await membership.isAlive('far'), false)
      await membership.join('runner')
      assert.deepEqual(
        (await membership.members()).map(({ id }) => id),
        [membership.self],
        'joining clears away the dead',
      )
      await close()
    }))

  it('does not keep the process alive by beating, nor by listening', () =>
    inFolder(async (folder) => {
      const { log, membership, close } = await openIn(folder)
      await membership.join('runner')
      log.onCommit(() => undefined)
      const active = process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout')
      assert.deepEqual(active, [])
      await close()
    }))
})
