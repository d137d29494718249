import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { agent, openConcord, team } from '../../src/index.ts'
import { manualClock } from '../../src/testing/clock.ts'
import { concordWith, decide, eventOf, typesOf } from './fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'concord-fork-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const echo = agent<unknown, unknown>({ name: 'echo', run: (input) => input })

describe('a run that waits', () => {
  it('holds no owner while a person decides, and goes on when approved', async () => {
    const concord = await concordWith({
      agents: [echo],
      plan: () => [{ id: 'a', agent: 'echo', payload: 1, requireApproval: true }],
    })
    const waiting = await concord.run({ text: 'x', team: 't' })
    assert.equal(waiting.status, 'waiting')
    assert.equal(concord.runner.owns(waiting.id), false)
    assert.equal((await concord.runs())[0]?.owner, undefined)
    await decide(concord, waiting.id, { kind: 'approve', by: 'ann' })
    await concord.runner.resume(waiting.id, 'test')
    const run = await concord.runner.settled(waiting.id)
    assert.equal(run.output, 1)
  })

  it('fails the step when a person rejects it, with the reason', async () => {
    const concord = await concordWith({
      agents: [echo],
      plan: () => [{ id: 'a', agent: 'echo', requireApproval: true }],
    })
    const waiting = await concord.run({ text: 'x', team: 't' })
    await decide(concord, waiting.id, { kind: 'reject', value: 'too dear' })
    await concord.runner.resume(waiting.id, 'test')
    const run = await concord.runner.settled(waiting.id)
    assert.equal(run.status, 'failed')
    assert.match(run.failure?.message ?? '', /a person rejected step "a": too dear/)
  })

  it('wakes by itself where the process adopts runs, and does the work before the question once', async () => {
    let asked = 0
    let before = 0
    const asking = agent({
      name: 'asking',
      run: async (_input, context) => {
        asked++
        await context.step('count', () => ++before)
        const answer = await context.ask('how many?')
        return { answer }
      },
    })
    const concord = await concordWith({ agents: [asking], plan: () => [{ id: 'a', agent: 'asking' }] })
    concord.runner.adopt()
    const waiting = await concord.run({ text: 'x', team: 't' })
    assert.equal(waiting.status, 'waiting')
    await decide(concord, waiting.id, { kind: 'answer', value: 42 })
    await eventOf(concord, waiting.id, (event) => event.type === 'run.succeeded')
    const run = await concord.runner.load(waiting.id)
    assert.deepEqual(run.output, { answer: 42 })
    assert.deepEqual([asked, before], [2, 1])
  })

  it('keeps a signal that came before anybody waited for it', async () => {
    const gate = Promise.withResolvers<void>()
    const late = agent({
      name: 'late',
      run: async (_input, context) => {
        await gate.promise
        return context.waitFor('go')
      },
    })
    const concord = await concordWith({ agents: [late], plan: () => [{ id: 'a', agent: 'late' }] })
    const { id } = await concord.start({ text: 'x', team: 't' })
    await concord.signal(id, { kind: 'signal', name: 'go', value: 'early' })
    await eventOf(concord, id, (event) => event.type === 'signal.received')
    gate.resolve()
    assert.equal((await concord.runner.settled(id)).output, 'early')
  })

  it('lets go of the worker for a timer and comes back when it is due', async () => {
    const clock = manualClock()
    const sleeper = agent({
      name: 'sleeper',
      run: async (_input, context) => {
        await context.sleep(3_600_000)
        return 'rested'
      },
    })
    const concord = await concordWith(
      { agents: [sleeper], plan: () => [{ id: 'a', agent: 'sleeper' }] },
      { clock },
    )
    const { id } = await concord.start({ text: 'x', team: 't' })
    const waiting = await concord.runner.settled(id)
    assert.equal(waiting.status, 'waiting')
    assert.equal((await concord.runs())[0]?.wakeAt, clock.now() + 3_600_000)
    assert.deepEqual(await concord.runner.reconcile(), [])
    const done = eventOf(concord, waiting.id, (event) => event.type === 'run.succeeded')
    clock.advance(3_600_000)
    await done
  })

  it('cancels what is under way and tells the agent', async () => {
    const seen = Promise.withResolvers<unknown>()
    const endless = agent({
      name: 'endless',
      run: (_input, context) =>
        new Promise((_resolve, reject) => {
          context.signal.addEventListener('abort', () => {
            seen.resolve(context.signal.reason)
            reject(context.signal.reason)
          })
        }),
    })
    const concord = await concordWith({ agents: [endless], plan: () => [{ id: 'a', agent: 'endless' }] })
    const { id } = await concord.start({ text: 'x', team: 't' })
    await concord.signal(id, { kind: 'cancel', value: 'changed my mind' })
    const run = await concord.runner.settled(id)
    assert.equal(run.status, 'cancelled')
    assert.equal(run.failure?.message, 'changed my mind')
    await seen.promise
    await assert.rejects(concord.signal(id, { kind: 'cancel' }), { code: 'run.finished' })
  })

  it('pauses after what is under way, keeps what is done, and resumes', async () => {
    let calls = 0
    const gate = Promise.withResolvers<void>()
    const slow = agent({
      name: 'slow',
      run: async () => {
        calls++
        await gate.promise
        return calls
      },
    })
    const concord = await concordWith({
      agents: [slow, echo],
      plan: () => [
        { id: 'a', agent: 'slow' },
        { id: 'b', agent: 'echo', payload: { $step: 'a' } },
      ],
    })
    const { id } = await concord.start({ text: 'x', team: 't' })
    await eventOf(concord, id, (event) => event.type === 'step.started')
    await concord.signal(id, { kind: 'pause' })
    await eventOf(concord, id, (event) => event.type === 'signal.received')
    gate.resolve()
    assert.equal((await concord.runner.settled(id)).status, 'suspended')
    assert.equal(typesOf(await concord.events(id)).includes('step.started b'), false)
    await concord.runner.resume(id, 'test')
    const run = await concord.runner.settled(id)
    assert.equal(run.output, 1)
    assert.equal(calls, 1)
  })

  for (const by of ['a process that keeps runs', 'a handle'])
    it(`is continued by ${by} when the process that advanced it is closed beside it`, async (t) => {
      const directory = mkdtempSync(join(tmpdir(), 'concord-waiting-'))
      t.after(() => rmSync(directory, { recursive: true, force: true }))
      let executions = 0
      const stuck = agent({
        name: 'stuck',
        run: (_input, context) =>
          ++executions > 1
            ? 'done'
            : new Promise<string>((_, reject) =>
                context.signal.addEventListener('abort', () => reject(new Error('stopped'))),
              ),
      })
      const teams = { t: team({ agents: [stuck], plan: () => [{ id: 'a', agent: 'stuck' }] }) }
      const open = (keep: boolean) => openConcord({ keep, config: { stores: { directory }, teams } })
      const other = await open(by !== 'a handle')
      t.after(() => other.close())
      const first = await open(false)
      const { id } = await first.start({ text: 'x', team: 't' })
      await eventOf(first, id, (event) => event.type === 'step.started')
      await first.close()
      if (by === 'a handle')
        assert.equal(await (await other.handle(id)).result({ signal: AbortSignal.timeout(5_000) }), 'done')
      else {
        await other.runner.reconcile()
        assert.equal((await other.runner.settled(id)).output, 'done')
      }
    })

  it('suspends at shutdown and goes on from there', async () => {
    const stuck = agent({
      name: 'stuck',
      run: (_input, context) =>
        new Promise((_r, reject) =>
          context.signal.addEventListener('abort', () => reject(new Error('stopped'))),
        ),
    })
    const concord = await concordWith({ agents: [stuck], plan: () => [{ id: 'a', agent: 'stuck' }] })
    const { id } = await concord.start({ text: 'x', team: 't' })
    await eventOf(concord, id, (event) => event.type === 'step.started')
    await concord.runner.close('the process stops')
    const last = (await concord.events(id)).at(-1)
    assert.equal(last?.type, 'run.suspended')
  })
})

describe('child runs', () => {
  it('return their output to the parent, once, and share depth and thread', async () => {
    const boss = agent({
      name: 'boss',
      run: async (_input, context) => ({
        child: await context.delegate('small', 'do it', { params: { n: 1 } }),
      }),
    })
    const concord = await concordWith(
      { agents: [boss], plan: () => [{ id: 'a', agent: 'boss' }] },
      {
        teams: {
          small: team({
            agents: [echo],
            plan: (goal) => [{ id: 'e', agent: 'echo', payload: { text: goal.text, ...goal.params } }],
          }),
        },
      },
    )
    const run = await concord.run({ text: 'x', team: 't' })
    assert.deepEqual(run.output, { child: { text: 'do it', n: 1 } })
    const child = (await concord.runs({ parent: run.id }))[0]
    assert.equal(child?.status, 'succeeded')
  })

  it('that wait for a person let the parent wait too, and wake it when they end', async () => {
    const boss = agent({
      name: 'boss',
      run: async (_input, context) => ({ child: await context.delegate('asks', 'may I?') }),
    })
    const concord = await concordWith(
      { agents: [boss], plan: () => [{ id: 'a', agent: 'boss' }] },
      {
        teams: {
          asks: team({
            agents: [echo],
            plan: () => [{ id: 'e', agent: 'echo', payload: 'yes', requireApproval: true }],
          }),
        },
      },
    )
    concord.runner.adopt()
    const waiting = await concord.run({ text: 'x', team: 't' })
    assert.equal(waiting.status, 'waiting')
    const child = (await concord.runs({ parent: waiting.id }))[0]
    await decide(concord, child?.run ?? '', { kind: 'approve' })
    await eventOf(concord, waiting.id, (event) => event.type === 'run.succeeded')
    assert.deepEqual((await concord.runner.load(waiting.id)).output, { child: 'yes' })
  })

  it('are bounded in depth', async () => {
    const concord = await concordWith({
      agents: [
        agent({ name: 'self', attemptsMax: 1, run: (_input, context) => context.delegate('t', 'again') }),
      ],
      plan: () => [{ id: 'a', agent: 'self' }],
    })
    const run = await concord.run({ text: 'x', team: 't', budget: { depth: 2 } })
    assert.equal(run.status, 'failed')
    assert.equal(run.failure?.code, 'bound.reached')
  })
})

describe('a fork', () => {
  it('goes on from an event with what was done before it, and other params', async () => {
    let calls = 0
    const costly = agent({
      name: 'costly',
      run: () => ({ output: ++calls, writes: [{ key: 'k', value: 'kept' }] }),
    })
    const params = agent({
      name: 'params',
      run: async (_input, context) => ({
        colour: context.goal.params?.colour ?? 'none',
        k: (await context.state.get('k')) ?? null,
      }),
    })
    const concord = await concordWith({
      agents: [costly, params],
      plan: () => [
        { id: 'a', agent: 'costly' },
        { id: 'b', agent: 'params' },
      ],
    })
    const first = await concord.run({ text: 'x', team: 't' })
    const at = (await concord.events(first.id)).find(
      (event) => event.type === 'step.succeeded' && event.step === 'a',
    )
    const { id } = await concord.fork(first.id, { at: at?.version, params: { colour: 'red' } })
    const second = await concord.runner.settled(id)
    assert.deepEqual(first.output, { colour: 'none', k: 'kept' })
    assert.deepEqual(second.output, { colour: 'red', k: 'kept' })
    assert.equal(calls, 1)
    assert.deepEqual(second.forkedFrom, { run: first.id, version: at?.version })
    await assert.rejects(concord.fork(first.id, { at: 10_000 }), { code: 'input.invalid' })
  })

  for (const kind of ['sqlite', 'memory'] as const)
    it(`has its origin's state as it was, each goes its own way, and the two can be compared and merged (${kind})`, async () => {
      const counter = agent({
        name: 'counter',
        run: async (_input, { state, goal }) => {
          await state.set('by', goal.params?.name ?? 'nobody')
          return state.increment('n', 1)
        },
      })
      const before = agent({
        name: 'before',
        run: async (_input, { state }) => {
          for (let i = 0; i < 5; i++) await state.increment('n', 1)
          await state.set('gone', 1)
          await state.delete('gone')
          await state.set('kept', 'as it was')
          return 1
        },
      })
      const concord = await concordWith(
        {
          agents: [before, counter],
          plan: () => [
            { id: 'a', agent: 'before' },
            { id: 'b', agent: 'counter' },
          ],
        },
        { stores: kind === 'memory' ? { kind } : { directory: folder } },
      )
      const first = await concord.run({ text: 'x', team: 't' })
      const events = await concord.events(first.id)
      const at = events.find((event) => event.type === 'step.succeeded' && event.step === 'a')?.version
      const ids: string[] = []
      for (const name of ['left', 'right']) {
        const { id } = await concord.fork(first.id, { ...(at === undefined ? {} : { at }), params: { name } })
        assert.equal((await concord.runner.settled(id)).output, 6)
        ids.push(id)
      }
      const [left, right] = ids.map((id) => concord.state(`run/${id}`))
      assert.ok(left && right)
      assert.deepEqual(
        (await left.list()).map(({ key, value, version }) => [key, value, version]),
        [
          ['by', 'left', 1],
          ['kept', 'as it was', 1],
          ['n', 6, 6],
        ],
      )
      // Nothing was copied: the fork's own changes are those it made.
      const own = (await concord.log.read(`state/run/${ids[0]}`)).map(({ type }) => type)
      assert.deepEqual(own, ['state.forked', 'state.changed', 'state.changed'])
      const [difference, ...others] = await left.diff(`run/${ids[1]}`)
      assert.deepEqual(
        [difference?.key, difference?.before?.value, difference?.after?.value, others],
        ['by', 'left', 'right', []],
      )
      const { id: again } = await concord.fork(ids[0] ?? '')
      await concord.runner.settled(again)
      const grandchild = concord.state(`run/${again}`)
      await grandchild.set('kept', 'changed')
      await left.merge(`run/${again}`)
      assert.equal(await left.get('kept'), 'changed')
      // Branches of one run: what only one of them changed is taken, what both did is told.
      const merged = await right.merge(`run/${ids[0]}`)
      assert.deepEqual([merged.merged, merged.conflicts.map(({ key }) => key)], [['kept'], ['by']])
      assert.deepEqual([await right.get('kept'), await right.get('by')], ['changed', 'right'])
    })
})
