import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { agent, type Concord, type ConcordConfig, openConcord, team } from '../../src/index.ts'
import type { Clock } from '../../src/ports/clock.ts'
import { manualClock } from '../../src/testing/clock.ts'
import { held } from './held.ts'

const open = async (
  t: TestContext,
  config: ConcordConfig,
  options: { clock?: Clock } = {},
): Promise<Concord> => {
  const all = { stores: { kind: 'memory' } as const, ...config }
  const concord = await openConcord({ keep: false, ...options, config: all })
  t.after(() => concord.close())
  return concord
}

describe('admission.runsMax', () => {
  it('advances no more runs at once than it says, and begins the others in order of arrival', async (t) => {
    const { worker, begun, most, let: release } = held()
    const concord = await open(t, { teams: { t: team({ agents: [worker] }) }, admission: { runsMax: 3 } })
    const goals = Array.from({ length: 40 }, (_, i) => `goal ${String(i).padStart(2, '0')}`)
    const handles = []
    for (const goal of goals) handles.push(await concord.start(goal))
    assert.equal(await handles[3]?.status(), 'queued')
    for (const goal of goals) release(goal)
    const outputs = await Promise.all(handles.map((handle) => handle.result()))
    assert.deepEqual(outputs, goals)
    assert.equal(most(), 3)
    assert.deepEqual(begun.toSorted(), goals)
    for (const [i, goal] of goals.entries())
      assert.ok(Math.abs(begun.indexOf(goal) - i) < 3, `${goal} began as number ${begun.indexOf(goal)}`)
  })

  it('begins one after another where goals are handed in at once', async (t) => {
    const { worker, begun, let: release } = held()
    const concord = await open(t, { teams: { t: team({ agents: [worker] }) }, admission: { runsMax: 1 } })
    const goals = Array.from({ length: 30 }, (_, i) => `goal ${String(i).padStart(2, '0')}`)
    for (const goal of goals) release(goal)
    const views = await Promise.all(goals.map((goal) => concord.run(goal)))
    assert.ok(views.every(({ status }) => status === 'succeeded'))
    assert.deepEqual(begun, goals)
  })

  it('lets child runs of a run that has the only place run, however deep they fan out', async (t) => {
    const leaf = agent({ name: 'leaf', run: (_, { goal }) => goal.text })
    const fan = (name: string, below: string) =>
      agent({
        name,
        run: (_, ctx) => Promise.all([0, 1, 2].map((i) => ctx.delegate(below, `${ctx.goal.text}.${i}`))),
      })
    const concord = await open(t, {
      teams: {
        top: team({ agents: [fan('top', 'middle')] }),
        middle: team({ agents: [fan('middle', 'bottom')] }),
        bottom: team({ agents: [leaf] }),
      },
      team: 'top',
      admission: { runsMax: 1 },
    })
    const [first, second] = await Promise.all([concord.run('a'), concord.run('b')])
    const expected = (root: string) => [0, 1, 2].map((i) => [0, 1, 2].map((j) => `${root}.${i}.${j}`))
    assert.deepEqual([first?.output, second?.output], [expected('a'), expected('b')])
    assert.equal((await concord.runs({ limit: 100 })).length, 26)
  })

  it('gives the place of a run that waits for a person to the next one, and continues it before new ones', async (t) => {
    const { worker, begun, let: release, until } = held()
    const asking = agent({
      name: 'asking',
      run: async (_, ctx) => {
        await ctx.approve('Go?')
        begun.push('approved')
        return 'yes'
      },
    })
    const concord = await open(t, {
      teams: { asks: team({ agents: [asking] }), t: team({ agents: [worker] }) },
      team: 't',
      admission: { runsMax: 1 },
    })
    const asks = await concord.start({ text: 'ask', team: 'asks' })
    const first = await concord.start('first')
    const second = await concord.start('second')
    await asks.settled()
    await until('first')
    const [wait] = await asks.waits()
    await asks.approve(wait?.wait.hash ?? '')
    assert.equal(await second.status(), 'queued')
    assert.deepEqual(begun, ['first'])
    release('first')
    release('second')
    await Promise.all([asks.result(), first.result(), second.result()])
    assert.deepEqual(begun, ['first', 'approved', 'second'])
  })

  it('cancels and pauses a run that has not begun, at once and without a place', async (t) => {
    const { worker, begun, let: release, until } = held()
    const concord = await open(t, { teams: { t: team({ agents: [worker] }) }, admission: { runsMax: 1 } })
    const first = await concord.start('first')
    await until('first')
    const cancelled = await concord.start('cancelled')
    const paused = await concord.start('paused')
    const last = await concord.start('last')
    await cancelled.cancel('not needed')
    assert.equal((await cancelled.settled()).status, 'cancelled')
    await paused.pause()
    assert.equal((await paused.settled()).status, 'suspended')
    assert.deepEqual(begun, ['first'])
    for (const goal of ['first', 'last', 'paused']) release(goal)
    await Promise.all([first.result(), last.result()])
    assert.deepEqual(begun, ['first', 'last'])
    await paused.resume()
    assert.equal(await paused.result(), 'paused')
  })

  it('counts the time of a budget from when the run begins', async (t) => {
    const { worker, let: release, until } = held()
    const clock = manualClock()
    const concord = await open(
      t,
      { teams: { t: team({ agents: [worker] }) }, admission: { runsMax: 1 } },
      { clock },
    )
    await concord.start('first')
    await until('first')
    const queued = await concord.start({ text: 'brief', budget: { timeMs: 5_000 } })
    clock.advance(60_000)
    assert.equal(await queued.status(), 'queued')
    release('first')
    await until('brief')
    clock.advance(4_000)
    assert.equal(await queued.status(), 'running')
    clock.advance(2_000)
    const view = await queued.settled()
    assert.equal(view.failure?.code, 'budget.exhausted')
    assert.equal((view.startedAt ?? 0) - view.createdAt, 60_000)
  })

  it('tells those who wait for a run that has not begun when the process stops, and the next process begins it', async (t) => {
    const directory = await mkdtemp(join(tmpdir(), 'concord-admission-'))
    t.after(() => rm(directory, { recursive: true, force: true }))
    const { worker, begun, let: release, until } = held()
    const config = {
      stores: { directory },
      teams: { t: team({ agents: [worker] }) },
      admission: { runsMax: 1 },
    }
    const before = await openConcord({ config, keep: false })
    const first = await before.start('first')
    await until('first')
    const waiting = before.run('second', {})
    await before.start('third')
    await before.close()
    assert.equal((await waiting).status, 'queued')
    begun.length = 0
    for (const goal of ['first', 'second', 'third']) release(goal)
    const next = await openConcord({ config, keep: true })
    t.after(() => next.close())
    assert.equal(await (await next.handle(first.id)).result(), 'first')
    for (const { run } of await next.runs()) await (await next.handle(run)).result()
    assert.deepEqual(begun, ['first', 'second', 'third'])
  })

  it('refuses a limit that would let nothing run', async () => {
    await assert.rejects(openConcord({ config: { stores: { kind: 'memory' }, admission: { runsMax: 0 } } }), {
      code: 'config.invalid',
      message: /admission\.runsMax/,
    })
  })
})
