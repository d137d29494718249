import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { agent, type Delta, type Event, openConcord, team } from '../../src/index.ts'
import { scriptedModel } from '../../src/testing/model.ts'
import { concordWith } from './fixture.ts'

const asker = agent({
  name: 'asker',
  run: async (_, context) =>
    (await context.approve('Pay 1 to Anna?')) ? context.ask('Which account?') : 'not paid',
})
const asking = { agents: [asker], plan: () => [{ id: 'pay', agent: 'asker' }] }
const boss = agent({ name: 'boss', run: (_, context) => context.delegate('asking', 'pay') })

const firstWait = async (handle: { waits(): Promise<{ wait: { hash?: string } }[]> }) => {
  const [open] = await handle.waits()
  assert.ok(open?.wait.hash)
  return open.wait.hash
}

describe('a handle on a run', () => {
  it('continues after each decision, in the process that made it, and has the result', async () => {
    const concord = await concordWith(asking)
    const run = await concord.start({ text: 'x', team: 't' })
    const result = run.result()
    assert.equal((await run.settled()).status, 'waiting')
    const approval = await firstWait(run)
    await run.approve(approval, { by: 'ann' })
    assert.equal((await run.settled()).waits[0]?.prompt, 'Which account?')
    await assert.rejects(run.approve(approval), { code: 'run.not-waiting' })
    await run.answer(await firstWait(run), 'DE1')
    assert.equal(await result, 'DE1')
    assert.equal(await run.status(), 'succeeded')
    const signals = (await concord.events(run.id)).flatMap((event) =>
      event.type === 'signal.received' ? [event.data.signal.by] : [],
    )
    assert.deepEqual(signals, ['ann', undefined])
  })

  it('rejects, cancels, pauses, resumes, tells and forks', async () => {
    const concord = await concordWith(asking)
    const rejected = await concord.start({ text: 'x', team: 't' })
    await rejected.settled()
    await rejected.reject(await firstWait(rejected), { value: 'too much' })
    assert.equal(await rejected.result(), 'not paid')
    const paused = await concord.start({ text: 'x', team: 't' })
    await paused.settled()
    await paused.message('hurry')
    await paused.pause()
    assert.equal((await paused.settled()).status, 'suspended')
    await paused.resume()
    assert.equal((await paused.settled()).status, 'waiting')
    const fork = await paused.fork()
    assert.notEqual(fork.id, paused.id)
    assert.equal((await fork.settled()).waits[0]?.prompt, 'Pay 1 to Anna?')
    await paused.cancel('no longer wanted')
    await assert.rejects(paused.result(), { code: 'run.cancelled', message: /no longer wanted/ })
    assert.equal(await fork.status(), 'waiting')
  })

  it('decides what a child run waits for, by its hash', async () => {
    const concord = await concordWith(
      { agents: [boss], plan: () => [{ id: 'b', agent: 'boss' }] },
      { teams: { asking: team(asking) } },
    )
    const run = await concord.start({ text: 'x', team: 't' })
    await run.settled()
    const [open] = await run.waits()
    assert.notEqual(open?.run, run.id)
    await run.approve(open?.wait.hash ?? '')
    await run.settled()
    await run.answer(await firstWait(run), 'DE2')
    assert.equal(await run.result(), 'DE2')
  })

  it('is found by id, and an unknown one is refused, wherever it is asked for', async () => {
    const concord = await concordWith(asking)
    const { id } = await concord.start({ text: 'x', team: 't' })
    assert.equal((await concord.handle(id)).id, id)
    const unknown = { code: 'run.unknown' }
    await assert.rejects(concord.handle('no-such-run'), unknown)
    await assert.rejects(concord.follow('no-such-run').next(), unknown)
    await assert.rejects(concord.signal('no-such-run', { kind: 'cancel' }), unknown)
    await assert.rejects(concord.fork('no-such-run'), unknown)
  })

  it('has a view that JSON can hold, as has what run() returns', async () => {
    const concord = await concordWith(asking)
    const view = await concord.run({ text: 'x', team: 't', params: { a: 1 } })
    const plain = JSON.parse(JSON.stringify(view))
    assert.equal(plain.waits[0].prompt, 'Pay 1 to Anna?')
    assert.deepEqual([plain.goal, plain.params, plain.plan.steps[0].status], ['x', { a: 1 }, 'waiting'])
    assert.deepEqual(JSON.parse(JSON.stringify(await (await concord.handle(view.id)).view())), plain)
  })

  it('waits through times and children, and not longer than its signal allows', async () => {
    const napping = agent({
      name: 'napping',
      run: async (_, context) => {
        await context.sleep(1001)
        return 'rested'
      },
    })
    const concord = await concordWith({ agents: [napping] })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.deepEqual([run.status, run.output], ['succeeded', 'rested'])
    const waiting = await concordWith(asking)
    const stop = new AbortController()
    const result = (await waiting.start({ text: 'x', team: 't' })).result({ signal: stop.signal })
    stop.abort(new Error('enough'))
    await assert.rejects(result, /enough/)
  })

  it('streams events and text in order, from the first token, to whoever comes when the call is under way', async () => {
    const { promise: half, resolve: write } = Promise.withResolvers<void>()
    const { promise: rest, resolve: finish } = Promise.withResolvers<void>()
    const model = {
      ...scriptedModel(['unused']),
      id: 'scripted/slow',
      async generate(_: unknown, options: { onDelta?: (text: string) => void } = {}) {
        options.onDelta?.('Once upon')
        write()
        await rest
        options.onDelta?.(' a time')
        const usage = { inputTokens: 1, outputTokens: 1 }
        const text = 'Once upon a time'
        return { text, toolCalls: [], finish: 'stop' as const, usage, model: 'slow' }
      },
    }
    const t = team({ agents: [agent({ name: 'm', instructions: 'Tell.', model })] })
    await using concord = await openConcord({
      config: { stores: { kind: 'memory' }, teams: { t } },
      role: 'server',
    })
    const run = await concord.start({ text: 'x', team: 't' })
    await half
    const late: (Event | Delta)[] = []
    for await (const item of run.stream()) {
      late.push(item)
      if (item.type === 'delta') finish()
    }
    const texts = late.flatMap((item) => (item.type === 'delta' ? [item.text] : []))
    assert.deepEqual(texts, ['Once upon', ' a time'])
    const versions = late.flatMap((item) => (item.type === 'delta' ? [] : [item.version]))
    assert.deepEqual(
      versions,
      versions.map((_, at) => at + 1),
    )
    assert.equal(late.at(-1)?.type, 'run.succeeded')
    const again: string[] = []
    for await (const item of run.stream({ after: versions.length - 1 })) again.push(item.type)
    assert.deepEqual(again, ['run.succeeded'])
  })

  it('closes with its block', async () => {
    const config = { stores: { kind: 'memory' as const }, team: 't', teams: { t: team(asking) } }
    const opened = await openConcord({ config })
    {
      await using concord = opened
      await concord.start('x')
    }
    await assert.rejects(opened.start('x'))
  })
})

describe('a process that lives long', () => {
  const opened = async (t: TestContext) => {
    const directory = await mkdtemp(join(tmpdir(), 'concord-handle-'))
    t.after(() => rm(directory, { recursive: true, force: true }))
    const config = { stores: { directory }, team: 't', teams: { t: team(asking) } }
    return (role: 'runner' | 'server') => openConcord({ config, role })
  }

  it('continues by itself what an earlier one left when it was closed, and what is decided elsewhere', async (t) => {
    const open = await opened(t)
    const left = await open('runner')
    const { id } = await left.start('x')
    await left.close()
    await using server = await open('server')
    const run = await server.handle(id)
    assert.equal((await run.settled()).status, 'waiting')
    // Decided in a process that does not advance it, and that is gone at once.
    const other = await open('runner')
    await other.signal(id, { kind: 'approve', hash: await firstWait(run) })
    await other.close()
    for await (const event of run.events())
      if (event.type === 'step.waiting' && event.data.wait.for === 'answer') break
    assert.equal((await run.settled()).waits[0]?.prompt, 'Which account?')
  })

  it('leaves alone what a person paused or interrupted', async (t) => {
    const open = await opened(t)
    const first = await open('runner')
    const paused = await first.start('x')
    await paused.settled()
    await paused.pause()
    assert.equal((await paused.settled()).status, 'suspended')
    await first.close('interrupted (SIGINT)')
    await using server = await open('server')
    assert.equal(await (await server.handle(paused.id)).status(), 'suspended')
  })
})
