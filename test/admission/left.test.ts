import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { agent, type Concord, openConcord, team } from '../../src/index.ts'
import type { AdmissionLimits } from '../../src/runtime/admission.ts'
import { held } from './held.ts'

/** A folder, and processes on it whose places are as told. */
const folder = async (t: TestContext) => {
  const directory = await mkdtemp(join(tmpdir(), 'concord-admission-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  const hold = held()
  const open = async (admission: AdmissionLimits, more: object = {}, keep = false): Promise<Concord> => {
    const config = { stores: { directory }, teams: { t: team({ agents: [hold.worker] }) }, team: 't' }
    const concord = await openConcord({ keep, config: { ...config, admission, ...more } })
    t.after(() => concord.close())
    return concord
  }
  return { ...hold, open }
}

const goals = Array.from({ length: 12 }, (_, i) => `goal ${String(i).padStart(2, '0')}`)

const results = async (concord: Concord): Promise<unknown[]> => {
  const runs = await concord.runs({ order: 'oldest' })
  return Promise.all(runs.map(async ({ run }) => (await concord.handle(run)).result()))
}

describe('what an earlier process left', () => {
  it('gets no more places than this one has, though it had begun', async (t) => {
    const { open, begun, most, let: release, until } = await folder(t)
    const before = await open({})
    for (const goal of goals) await before.start(goal)
    for (const goal of goals) await until(goal)
    await before.close()
    assert.equal(most(), 12)
    assert.equal(most(), 0)
    begun.length = 0
    const next = await open({ runsMax: 2 }, {}, true)
    while (begun.length < 2) await new Promise((resolve) => setImmediate(resolve))
    // A new one waits behind all that have begun.
    await next.start('new')
    for (const goal of [...goals, 'new']) release(goal)
    assert.deepEqual(await results(next), [...goals, 'new'])
    assert.equal(most(), 2)
    assert.equal(begun.at(-1), 'new')
  })

  it('begins in order where there is no limit any more', async (t) => {
    const { open, begun, let: release, until } = await folder(t)
    const before = await open({ runsMax: 1 })
    for (const goal of goals) await before.start(goal)
    await until('goal 00')
    await before.close()
    for (const goal of goals) release(goal)
    begun.length = 0
    const next = await open({}, {}, true)
    assert.deepEqual(await results(next), goals)
    assert.deepEqual(begun, goals)
  })

  it('is passed over where this process lacks its agents, and begun by one that has them', async (t) => {
    const { open, begun, let: release, until } = await folder(t)
    const other = { other: team({ agents: [agent({ name: 'elsewhere', run: () => 'there' })] }) }
    const both = await open({ runsMax: 1 }, { teams: { t: team({ agents: [held().worker] }), ...other } })
    await both.start({ text: 'takes the place', team: 't' })
    const foreign = await both.start({ text: 'foreign', team: 'other' })
    const own = await both.start({ text: 'own', team: 't' })
    await both.close()
    for (const goal of ['takes the place', 'own']) release(goal)
    const without = await open({ runsMax: 1 }, {}, true)
    assert.equal(await (await without.handle(own.id)).result(), 'own')
    await until('own')
    assert.equal((await without.log.run(foreign.id))?.status, 'queued')
    assert.deepEqual(begun, ['takes the place', 'own'])
    await without.close()
    const again = await open({ runsMax: 1 }, { teams: other, team: 'other' }, true)
    assert.equal(await (await again.handle(foreign.id)).result(), 'there')
  })
})

describe('a run that waits to begin', () => {
  it('is cancelled by word of another process, though every place is taken', async (t) => {
    const { open, begun, let: release, until } = await folder(t)
    const server = await open({ runsMax: 1 }, {}, true)
    const first = await server.start('first')
    await until('first')
    const waiting = await server.start('waiting')
    const other = await open({})
    await other.signal(waiting.id, { kind: 'cancel' }, { wake: false })
    assert.equal((await waiting.settled()).status, 'cancelled')
    release('first')
    await first.result()
    assert.deepEqual(begun, ['first'])
  })
})

describe('a wake', () => {
  it('waits in the line, however long that is', async (t) => {
    const { worker, let: release, until } = held()
    const waking = agent({ name: 'waking', wakeOn: { state: 'order:*' }, run: () => 'woken' })
    const concord = await openConcord({
      keep: true,
      config: {
        stores: { kind: 'memory' },
        teams: { t: team({ agents: [worker] }), wakes: team({ agents: [waking] }) },
        team: 't',
        admission: { runsMax: 1, queuedMax: 0 },
      },
    })
    t.after(() => concord.close())
    await concord.start('first')
    await until('first')
    await assert.rejects(concord.start('second'), { code: 'admission.full' })
    await concord.state('global').set('order:1', true)
    const woken = async () => (await concord.runs({ team: 'wakes:waking' }))[0]
    while ((await woken()) === undefined)
      await new Promise<void>((resolve) => {
        const stop = concord.log.onCommit(() => {
          stop()
          resolve()
        })
      })
    assert.equal((await woken())?.status, 'queued')
    release('first')
    assert.equal(await (await concord.handle((await woken())?.run ?? '')).result(), 'woken')
  })
})
