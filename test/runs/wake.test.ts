import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { type AgentContext, agent, type Concord, type Json, openConcord, team } from '../../src/index.ts'
import type { ConcordConfig } from '../../src/platform/config.ts'
import { silentLogger } from '../../src/ports/logger.ts'
import type { WakeOn } from '../../src/runtime/wake-on.ts'
import { manualClock } from '../../src/testing/clock.ts'
import { concordWith } from './fixture.ts'
import { armed, decided, listener } from './wake-fixture.ts'

const ended = async (concord: Concord, count: number) => {
  for (;;) {
    const runs = await concord.runs({ status: ['succeeded', 'failed'] })
    if (runs.length >= count) return runs
    await new Promise((resolve) => setImmediate(resolve))
  }
}

describe('an agent that reacts', () => {
  it('is woken once for each change that matters, with the change and who made it', async () => {
    const { listening, heard, until } = listener({
      state: 'stock:*',
      if: ({ value }) => typeof value === 'number' && value < 5,
    })
    const concord = await concordWith({ agents: [listening] })
    await concord.watchers.start()
    const state = concord.state('global')
    await state.set('stock:pens', 9)
    await state.set('price:pens', 1)
    await state.set('stock:pens', 3)
    await state.set('stock:ink', 1)
    await until(2)
    assert.deepEqual(
      heard.map(({ changes }) => changes),
      [
        [
          {
            key: 'stock:pens',
            version: 2,
            sequence: 3,
            at: heard[0]?.changes[0] && (heard[0].changes[0] as { at?: number }).at,
            value: 3,
            by: { agent: 'user' },
          },
        ],
        [
          {
            key: 'stock:ink',
            version: 1,
            sequence: 4,
            at: heard[1]?.changes[0] && (heard[1].changes[0] as { at?: number }).at,
            value: 1,
            by: { agent: 'user' },
          },
        ],
      ],
    )
    const runs = await ended(concord, 2)
    assert.deepEqual(
      runs.map(({ run, goal }) => [run.replace(/-[0-9a-f]{12}-/, '-…-'), goal.team]),
      [
        ['wake-t-listener-…-4', 't:listener'],
        ['wake-t-listener-…-3', 't:listener'],
      ],
    )
  })

  it('a team is woken with all its agents', async () => {
    const concord = await concordWith({
      agents: [agent({ name: 'one', run: () => 'did one' }), agent({ name: 'two', run: () => 'did two' })],
      plan: () => [
        { id: 'a', agent: 'one' },
        { id: 'b', agent: 'two' },
      ],
      wakeOn: { state: 'go', goal: 'Go.' },
    })
    await concord.watchers.start()
    await concord.state('global').set('go', true)
    const [run] = await ended(concord, 1)
    assert.equal(run?.goal.text, 'Go.')
    assert.equal((await concord.runner.load(run?.run ?? '')).output, 'did two')
  })

  it('waits until it has been quiet, on the clock, then takes all that changed at once', async () => {
    const clock = manualClock()
    const { listening, keys, until } = listener({ state: '*', debounceMs: 1000 })
    const concord = await concordWith({ agents: [listening] }, { clock })
    await concord.watchers.start()
    const state = concord.state('global')
    const timers = clock.pending()
    for (const key of ['a', 'b', 'c']) {
      await state.set(key, 1)
      await armed(clock, timers + 1)
      clock.advance(600)
    }
    assert.deepEqual(keys(), [])
    clock.advance(400)
    await until(1)
    assert.deepEqual(keys(), [['a', 'b', 'c']])
    await decided(concord, 't:listener', 3)
    await state.set('d', 1)
    await armed(clock, timers + 1)
    clock.advance(1000)
    await until(2)
    assert.deepEqual(keys()[1], ['d'])
  })

  it('a stream that never pauses is cut after ten times as long', async () => {
    const clock = manualClock()
    const { listening, heard, until } = listener({ state: '*', debounceMs: 1000 })
    const concord = await concordWith({ agents: [listening] }, { clock })
    await concord.watchers.start()
    const timers = clock.pending()
    for (let i = 0; i < 20; i++) {
      await concord.state('global').set(`k${i}`, i)
      await armed(clock, timers + 1)
      clock.advance(500)
    }
    await until(1)
    assert.equal(heard[0]?.changes.length, 20)
  })

  it('one run at a time: what changes meanwhile is one batch', async () => {
    let open = () => {}
    const gate = new Promise<void>((resolve) => {
      open = resolve
    })
    const { listening, keys, until } = listener({ state: '*', coalesce: true }, async () => gate)
    const concord = await concordWith({ agents: [listening] })
    await concord.watchers.start()
    const state = concord.state('global')
    await state.set('a', 1)
    await until(1)
    for (const key of ['b', 'c', 'd']) await state.set(key, 1)
    assert.deepEqual(keys(), [['a']])
    open()
    await until(2)
    assert.deepEqual(keys(), [['a'], ['b', 'c', 'd']])
  })

  it('that wakes itself is stopped at the bound, which is told; others still wake it', async () => {
    const { listening, heard, until } = listener({ state: 'n', wakeDepthMax: 3 }, (context) =>
      context.state.in('global').update('n', (n) => Number(n) + 1),
    )
    const concord = await concordWith({ agents: [listening] })
    await concord.watchers.start()
    await concord.state('global').set('n', 0)
    await until(3)
    const last = await decided(concord, 't:listener', 4)
    assert.deepEqual(
      { refused: last.refused, depth: last.depth, run: last.run },
      { refused: 'wakeDepthMax', depth: 4, run: undefined },
    )
    assert.equal(heard.length, 3)
    assert.deepEqual(
      heard.map(({ params }) => (params.wake as { depth: number }).depth),
      [1, 2, 3],
    )
    await concord.state('global').set('n', 100)
    await until(4)
    assert.equal(heard[3]?.changes[0]?.value, 100)
  })

  it('two agents that wake each other are stopped as well, through child runs too', async () => {
    let [pings, pongs] = [0, 0]
    const ping = agent({
      name: 'ping',
      wakeOn: { state: 'pong', wakeDepthMax: 4 },
      run: (_, context: AgentContext) => context.delegate('writing', 'ping'),
    })
    const write = agent({
      name: 'write',
      run: async (_, context: AgentContext) => {
        pings++
        await context.state.in('global').set('ping', pings)
        return 'written'
      },
    })
    const pong = agent({
      name: 'pong',
      wakeOn: { state: 'ping', wakeDepthMax: 4 },
      run: async (_, context: AgentContext) => {
        pongs++
        await context.state.in('global').set('pong', pongs)
        return 'ok'
      },
    })
    const concord = await concordWith(
      { agents: [ping, pong], plan: () => [] },
      { teams: { writing: { agents: [write] } } },
    )
    await concord.watchers.start()
    await concord.state('global').set('pong', 0)
    for (let refused: Json | undefined; refused === undefined; ) {
      const values = await Promise.all(
        ['ping', 'pong'].map(async (name) => (await concord.state(`wake/t:${name}`).list())[0]?.value),
      )
      refused = values.map((value) => (value as { refused?: Json } | undefined)?.refused).find(Boolean)
      await new Promise((resolve) => setImmediate(resolve))
    }
    assert.deepEqual([pings, pongs], [2, 2])
  })

  it('hears messages of a channel', async () => {
    const { listening, heard, until } = listener({ channel: 'inventory_*' })
    const concord = await concordWith({ agents: [listening] })
    await concord.watchers.start()
    await concord.state('global').publish('inventory_updates', { item: 'pen', delta: -2 })
    await concord.state('global').publish('elsewhere', 1)
    await concord.state('global').publish('inventory_updates', { item: 'pen', delta: -2, note: 'again' })
    await until(2)
    const told = heard.map(({ params }) => (params.message as { message: Json; channel: string }).message)
    assert.deepEqual(told, [
      { item: 'pen', delta: -2 },
      { item: 'pen', delta: -2, note: 'again' },
    ])
  })

  it('is woken by each of equal messages, once whichever server hears it', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'concord-wake-'))
    after(() => rm(directory, { recursive: true, force: true }))
    const { listening, heard, until } = listener({ channel: 'orders' })
    const config: ConcordConfig = { stores: { directory }, teams: { t: team({ agents: [listening] }) } }
    const servers = await Promise.all([
      openConcord({ config, role: 'server' }),
      openConcord({ config, role: 'server' }),
    ])
    await Promise.all(servers.map(({ watchers }) => watchers.start()))
    for (let i = 0; i < 20; i++) await servers[i % 2]?.state('global').publish('orders', 'one pen')
    await until(20)
    await ended(servers[0], 20)
    await Promise.all(servers.map((server) => server.close()))
    assert.equal(heard.length, 20)
  })

  it('a condition that throws says no, on a channel as on state, and what comes after is heard', async () => {
    const throws = (value: unknown) => {
      if (value === 'bad') throw new Error('no such thing')
      return true
    }
    const { listening, heard, until } = listener([
      { channel: 'c', if: ({ message }) => throws(message) },
      { state: 'k', if: ({ value }) => throws(value) },
    ])
    const told: string[] = []
    const logger = { ...silentLogger, error: (_: object, message = '') => void told.push(message) }
    const concord = await concordWith({ agents: [listening] }, { logger })
    await concord.watchers.start()
    const state = concord.state('global')
    for (const value of ['bad', 'good', 'bad', 'good']) {
      await state.publish('c', value)
      await state.set('k', value)
    }
    await until(4)
    assert.ok(heard.every(({ params }) => JSON.stringify(params).includes('good')))
    assert.deepEqual(told, Array(4).fill('the condition of a wake threw: taken as no'))
  })

  it('comes by schedule, once for all that was missed', async () => {
    const clock = manualClock(Date.UTC(2026, 10, 22, 5, 58))
    const { listening, heard, until } = listener({ schedule: '0 6 * * *' })
    const concord = await concordWith({ agents: [listening] }, { clock })
    const timers = clock.pending()
    await concord.watchers.start()
    await armed(clock, timers + 1)
    clock.advance(2 * 60_000)
    await until(1)
    await decided(concord, 't:listener', Date.UTC(2026, 10, 22, 6))
    await concord.watchers.stop()
    clock.advance(3 * 86_400_000)
    await concord.watchers.start()
    await until(2)
    assert.deepEqual(
      heard.map(({ params }) => new Date(Number(params.instant)).toISOString()),
      ['2026-11-22T06:00:00.000Z', '2026-11-25T06:00:00.000Z'],
    )
  })

  it('is woken after a restart for what changed while nobody watched', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'concord-wake-'))
    after(() => rm(directory, { recursive: true, force: true }))
    const { listening, keys, until } = listener({ state: 'a*' })
    const config: ConcordConfig = { stores: { directory }, teams: { t: team({ agents: [listening] }) } }
    const first = await openConcord({ config })
    await first.state('global').set('a0', 'before anybody watched')
    await first.watchers.start()
    await first.close()
    const between = await openConcord({ config })
    await between.state('global').set('a1', 1)
    await between.state('global').set('b', 1)
    await between.state('global').set('a2', 1)
    await between.close()
    const second = await openConcord({ config })
    await second.watchers.start()
    await until(2)
    assert.deepEqual(keys(), [['a1'], ['a2']])
    await ended(second, 2)
    await second.close()
  })

  it('two servers of one store wake once for each change, and for each batch', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'concord-wake-'))
    after(() => rm(directory, { recursive: true, force: true }))
    const each = listener({ state: 'each:*' })
    const both = {
      ...each.listening,
      wakeOn: [{ state: 'each:*' }, { state: 'batch:*', coalesce: true }] as const,
    }
    const config: ConcordConfig = { stores: { directory }, teams: { t: team({ agents: [both] }) } }
    const servers = await Promise.all([
      openConcord({ config, role: 'server' }),
      openConcord({ config, role: 'server' }),
    ])
    await Promise.all(servers.map(({ watchers }) => watchers.start()))
    const state = servers[0].state('global')
    for (let i = 0; i < 25; i++) {
      await state.set(`each:${i}`, i)
      await state.set(`batch:${i}`, i)
    }
    const heardOf = (prefix: string) =>
      each.heard
        .flatMap(({ changes }) => changes.map(({ key }) => key))
        .filter((key) => key.startsWith(prefix))
    while (heardOf('each:').length < 25 || heardOf('batch:').length < 25)
      await new Promise((r) => setImmediate(r))
    await Promise.all(servers.map((server) => server.close()))
    for (const prefix of ['each:', 'batch:']) {
      assert.equal(heardOf(prefix).length, 25)
      assert.equal(new Set(heardOf(prefix)).size, 25)
    }
  })

  it('a wake that cannot work is refused when Concord is opened', async () => {
    const open = (wakeOn: object) =>
      openConcord({
        config: {
          stores: { kind: 'memory' },
          teams: { t: { agents: [agent({ name: 'a', wakeOn: wakeOn as WakeOn, run: () => 1 })] } },
        },
      })
    await assert.rejects(open({ schedule: 'daily' }), { code: 'config.invalid', message: /it has 1 fields/ })
    await assert.rejects(open({ schedule: { everyMs: 1 } }), { message: /at least 1000 ms/ })
    await assert.rejects(open({ state: 'x', channel: 'y' }), { message: /one of state, channel, schedule/ })
    for (const batching of [{ debounceMs: 5 }, { coalesce: true }, { changesMax: 5 }])
      await assert.rejects(open({ channel: 'x', ...batching }), {
        code: 'config.invalid',
        message: /for wakes on state/,
      })
    await assert.rejects(open({ state: 'x', debounceMs: -5 }), { message: /debounceMs is a number/ })
    await assert.rejects(open({ state: 'x', debounceMs: Number.NaN }), { message: /debounceMs is a number/ })
    await assert.rejects(open({ schedule: '0 0 30 2 *' }), { message: /never comes/ })
    for (const reserved of [{ state: 'x', namespace: 'live/x' }, { channel: 'tenant/a/news' }])
      await assert.rejects(open(reserved), { code: 'config.invalid', message: /is reserved for/ })
    await assert.rejects(open({ state: 'x', when: () => true }), { message: /called "if"/ })
    await assert.rejects(open({ state: 'x', debounce: 5 }), {
      message: /a wake on state has state, .*debounceMs.* and no "debounce"/,
    })
    await assert.rejects(open({ schedule: '0 6 * * *', namespace: 'global' }), {
      message: /and no "namespace"/,
    })
    await assert.rejects(open([{ state: 'x' }, { state: 'x', debounceMs: 5 }]), { message: /twice/ })
  })
})
