import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { manualClock } from '../testing/clock.ts'
import { processLives, processStart, processState } from './sqlite/process-identity.ts'
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

  it('that stands still is gone when others watched it miss its beats: soon when it is stopped, late while it may compute', () =>
    inFolder(async (folder) => {
      const clock = manualClock()
      const { membership, close } = await openIn(folder, { clock, beatMs: 1000 })
      await membership.join('runner')
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
      try {
        await once(child, 'spawn')
        const pid = child.pid ?? assert.fail('no child')
        const db = new DatabaseSync(join(folder, 'concord.db'))
        const add = db.prepare("INSERT INTO members VALUES (?, ?, ?, ?, 'runner', NULL, ?)")
        add.run('silent', hostname(), process.pid, processStart(process.pid) ?? null, clock.now())
        add.run('stopped', hostname(), pid, processStart(pid) ?? null, clock.now())
        add.run('beating', hostname(), pid, processStart(pid) ?? null, clock.now())
        const knowsStopped = processState(pid, undefined) !== undefined && existsSync('/proc/self/stat')
        child.kill('SIGSTOP')
        while (knowsStopped && processState(pid, undefined) !== 'stopped') await turn()
        const touch = db.prepare("UPDATE members SET beat_at = ? WHERE id = 'beating'")
        const living: { [id: string]: number } = { silent: 0, stopped: 0, beating: 0 }
        for (let beats = 1; beats <= 25; beats++) {
          touch.run(clock.now())
          clock.advance(1000)
          // Committed after the beat that the clock has just made.
          await membership.join('runner')
          for (const id of Object.keys(living)) if (await membership.isAlive(id)) living[id] = beats
        }
        db.close()
        assert.deepEqual(living, { silent: 20, stopped: knowsStopped ? 3 : 20, beating: 25 })
      } finally {
        child.kill('SIGKILL')
        await close()
      }
    }))

  it('is not gone because this process stood still, nor because the clock was set', () =>
    inFolder(async (folder) => {
      const clock = manualClock()
      const { membership, close } = await openIn(folder, { clock, beatMs: 1000 })
      await membership.join('runner')
      const db = new DatabaseSync(join(folder, 'concord.db'))
      const add = db.prepare("INSERT INTO members VALUES (?, ?, ?, NULL, 'runner', NULL, ?)")
      add.run('far', 'elsewhere', 1, clock.now())
      await membership.beat()
      clock.jump(3_600_000)
      await membership.beat()
      assert.equal(await membership.isAlive('far'), true)
      clock.jump(-7_200_000)
      // Beats that were due while the process was stopped or the store was locked are made at once.
      for (let i = 0; i < 10; i++) await membership.beat()
      assert.equal(await membership.isAlive('far'), true)
      db.close()
      await close()
    }))

  it('that was taken for gone lists itself again, and knows that its beat lapsed', () =>
    inFolder(async (folder) => {
      const clock = manualClock()
      const { membership, close } = await openIn(folder, { clock, beatMs: 1000 })
      assert.equal(membership.lapses, 0)
      await membership.join('server', 'http://127.0.0.1:1')
      const db = new DatabaseSync(join(folder, 'concord.db'))
      db.exec('DELETE FROM members')
      await membership.beat()
      const [self] = await membership.members()
      assert.deepEqual([self?.id, self?.role, self?.url], [membership.self, 'server', 'http://127.0.0.1:1'])
      assert.equal(membership.lapses, 0)
      // A machine that slept: its elapsed time stood still.
      clock.jump(60_000)
      assert.equal(membership.lapses, 1)
      assert.equal(membership.lapses, 1, 'one lapse is counted once')
      await membership.beat()
      assert.equal(membership.lapses, 1)
      db.close()
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
