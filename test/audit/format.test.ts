import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemClock } from '../../src/platform/system.ts'
import { held, publicKey, unpack } from '../fixtures/store-0.1/open.ts'
import { openFixture } from '../fixtures/store-0.1/team.ts'
import { decide } from '../runs/fixture.ts'
import { withAudit, withStores, workshop } from './fixture.ts'

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
})
