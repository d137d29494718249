import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { systemClock } from '../../src/platform/system.ts'
import { openConnection } from '../../src/stores/sqlite/connection.ts'
import { applicationId, migrations } from '../../src/stores/sqlite/schema.ts'
import { held, publicKey, unpack } from '../fixtures/store-0.1/open.ts'
import { openFixture } from '../fixtures/store-0.1/team.ts'
import { decide } from '../runs/fixture.ts'
import { query, tamper, withAudit, withStores, workshop } from './fixture.ts'

const shop = await workshop()
const store = () => unpack(shop.fresh())
const verify = (directory: string) =>
  withAudit(directory, null, (audit) => audit.verify({ held: [held], publicKeys: publicKey }))

/** The instant at which the fixture's timer has run out. */
const later = { ...systemClock, now: () => held.at + 2 * 3_600_000 }

describe('a store that 0.1 wrote', () => {
  it('verifies against the checkpoint that 0.1 signed', async () => {
    const report = await verify(store())
    assert.deepEqual(report.findings, [])
    assert.equal(report.checkpoint?.held, true)
    assert.ok(report.dropped > 0 && report.erased > 0 && report.tail > 0, JSON.stringify(report))
  })

  it('holds its runs, state, forks and what was dropped', async () => {
    await withStores(store(), async ({ log, state }) => {
      const runs = await log.runs({ order: 'oldest' })
      const known = Object.fromEntries(runs.map(({ run, status }) => [run, status]))
      assert.equal(known['old-dropped'] ?? known['old-forgotten'], undefined)
      const { 'old-done': done, 'old-failed': failed, 'old-suspended': suspended } = known
      assert.deepEqual([done, failed, suspended], ['succeeded', 'failed', 'suspended'])
      for (const name of ['approval', 'answer', 'signal', 'timer'])
        assert.equal(known[`old-${name}`], 'waiting')
      const [first] = await log.read('run/old-failed', { afterVersion: 1, limit: 1 })
      assert.deepEqual(first?.data, {})
      assert.equal((await state.get('team/done', 'k'))?.value, 3)
      assert.equal((await state.get('team/done', 'gone'))?.value, undefined)
      assert.equal((await state.get('team/done', 'k', { at: { version: 2 } }))?.value, 2)
      assert.equal((await state.get('team/forked', 'k'))?.value, 'of the fork')
      assert.equal((await state.get('team/forked', 'later'))?.value, 'kept')
    })
  })

  it('continues its waiting runs, and verifies with what they added', async () => {
    const directory = store()
    const concord = await openFixture(directory, later)
    const ended = async (id: string) => {
      await concord.runner.resume(id, 'test').catch(() => {})
      const { status, output } = await concord.runner.settled(id)
      return [status, output]
    }
    try {
      await decide(concord, 'old-approval', { kind: 'approve' })
      assert.deepEqual(await ended('old-approval'), ['succeeded', 1])
      await decide(concord, 'old-answer', { kind: 'answer', value: 7 })
      assert.deepEqual(await ended('old-answer'), ['succeeded', { answer: 7 }])
      await concord.signal('old-signal', { kind: 'signal', name: 'go', value: 'now' })
      assert.deepEqual(await ended('old-signal'), ['succeeded', 'now'])
      assert.deepEqual(await ended('old-timer'), ['succeeded', 'rested'])
      await concord.signal('old-suspended', { kind: 'resume' })
      await concord.signal('old-suspended', { kind: 'signal', name: 'go', value: 'again' })
      assert.deepEqual(await ended('old-suspended'), ['succeeded', 'again'])
    } finally {
      await concord.close()
    }
    const report = await verify(directory)
    assert.deepEqual(report.findings, [])
  })

  it('opens and verifies after its migration was killed at any statement', async () => {
    const program = join(import.meta.dirname, 'killed-migration.ts')
    let killed = 0
    for (let at = 1; ; at++) {
      const directory = store()
      const { signal, status } = spawnSync(process.execPath, [program, directory, String(at)])
      if (signal === null) {
        assert.equal(status, 0)
        break
      }
      assert.equal(signal, 'SIGKILL')
      killed++
      assert.deepEqual((await verify(directory)).findings, [])
    }
    // The migration alone has one statement per schema, its beginning, its version and its end.
    assert.ok(killed >= 5, `${killed}`)
  })

  it('says in each stream where the second format begins, and shows when that is moved', async () => {
    const directory = store()
    await withStores(directory, async ({ log }) => {
      const version = await log.version('run/old-signal')
      const events = [{ type: 'run.resumed', at: 1, data: { by: 'x' } } as const]
      for (const expectedVersion of [version, version + 1])
        await log.append({ stream: 'run/old-signal', expectedVersion, epoch: 9, events })
      assert.equal((await log.verify('run/old-signal')).brokenAt, undefined)
    })
    const of = "stream = (SELECT id FROM streams WHERE name = 'run/old-signal')"
    const [first] = query(directory, `SELECT min(version) AS v FROM events WHERE ${of} AND format_from > 0`)
    assert.equal(
      query(
        directory,
        `SELECT DISTINCT format_from AS f FROM events WHERE ${of} AND version >= ${first?.v}`,
      )[0]?.f,
      first?.v,
    )
    for (const attack of ['format_from + 1', 'NULL', '1']) {
      const copy = shop.copy(directory)
      tamper(copy, `UPDATE events SET format_from = ${attack} WHERE ${of} AND format_from > 0`)
      assert.equal((await verify(copy)).ok, false, attack)
    }
  })

  it('refuses an older program once it is of the new format', async () => {
    const directory = store()
    const columns = '(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)'
    tamper(
      directory,
      `INSERT INTO events VALUES ${columns.replace('(1', '(9999')}; DELETE FROM events WHERE position = 9999`,
    )
    await withStores(directory, async () => {})
    // One that had it open cannot append: its row has too few columns.
    assert.throws(() => tamper(directory, `INSERT INTO events VALUES ${columns}`), /columns/)
    const [row] = query(directory, 'PRAGMA user_version')
    const file = join(directory, 'concord.db')
    const older = { applicationId, migrations: migrations.slice(0, Number(row?.user_version) - 1) }
    await assert.rejects(
      openConnection({
        file,
        durability: 'process',
        clock: systemClock,
        busyTimeoutMs: 1000,
        bytesMax: undefined,
        allowNetworkFileSystem: true,
        schema: older,
      }),
      { code: 'store.unsupported', message: /written by a newer Concord; update Concord/ },
    )
  })
})
