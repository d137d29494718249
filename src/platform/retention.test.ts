import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { manualClock } from '../testing/clock.ts'
import { openConcord } from './concord.ts'
import type { ConcordConfig } from './config.ts'

const folder = mkdtempSync(join(tmpdir(), 'concord-retention-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const day = 86_400_000

const open = (name: string, config: ConcordConfig, clock: ReturnType<typeof manualClock>) =>
  openConcord({
    config: { stores: { directory: join(folder, name) }, ...config },
    role: 'server',
    clock,
  })

/** Lets the pass that is due run, and waits for what it commits. */
const untilDropped = async (
  concord: Awaited<ReturnType<typeof open>>,
  clock: ReturnType<typeof manualClock>,
) => {
  const dropped = new Promise<void>((resolve) => {
    concord.log.onCommit(({ streams }) => streams.includes('audit/trail') && resolve())
  })
  clock.advance(60_000)
  await dropped
}

describe('a server', () => {
  it('drops old changes of shared state when there are enough of them, as the config says', async () => {
    const clock = manualClock()
    const config = { memory: { state: { history: { changes: 10 } } } }
    const concord = await open('state', config, clock)
    const state = concord.state('team/t')
    for (let i = 0; i < 300; i++) await state.set('k', i)
    clock.jump(2 * day)
    await state.set('k', 300)
    await untilDropped(concord, clock)
    const [first] = await concord.log.read('state/team/t', { limit: 1 })
    assert.equal(first?.version, 292)
    assert.deepEqual([await state.get('k'), (await state.history('k')).length], [300, 11])
    await concord.close()
  })

  it('drops runs that ended long ago', async () => {
    const clock = manualClock()
    const config: ConcordConfig = {
      audit: { runs: { days: 30 } },
      team: 't',
      teams: { t: { agents: [{ name: 'a', run: () => 1 }], plan: () => [{ id: 's', agent: 'a' }] } } as never,
    }
    const concord = await open('runs', config, clock)
    const old = await concord.run('first')
    clock.jump(29 * day)
    const young = await concord.run('second')
    clock.jump(2 * day)
    await untilDropped(concord, clock)
    assert.deepEqual(
      (await concord.runs()).map(({ run }) => run),
      [young.id],
    )
    assert.deepEqual(await concord.events(old.id), [])
    await concord.close()
  })

  it('refuses what is beyond the limits of the config', async () => {
    const clock = manualClock()
    const limits = { valueBytesMax: 10, keysPerNamespaceMax: 1, watchersMax: 1 }
    for (const kind of ['sqlite', 'memory'] as const) {
      const stores = { kind, directory: join(folder, 'limits') }
      const concord = await open('limits', { stores, memory: { state: limits } }, clock)
      const state = concord.state('global')
      await state.set('a', 'short')
      await assert.rejects(state.set('a', 'long enough'), { code: 'bound.reached' })
      await assert.rejects(state.set('b', 1), { code: 'bound.reached' })
      const watch = state.watch('*')
      assert.throws(() => state.watch('*'), { code: 'bound.reached' })
      watch.close()
      await concord.close()
    }
  })
})
