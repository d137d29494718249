import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { isConcordError } from '../../src/domain/errors.ts'
import type { StateStore, StateWrite } from '../../src/ports/state-store.ts'
import type { SqliteStores } from '../../src/stores/sqlite/stores.ts'
import { manualClock } from '../../src/testing/clock.ts'
import {
  addRun,
  day,
  query,
  signed,
  summaryOf,
  tamper,
  verified,
  withAudit,
  withStores,
  workshop,
} from './fixture.ts'

const shop = await workshop()
const start = Date.UTC(2026, 0, 1)
const ns = 'team/t'
const put = (key: string, value: unknown, more: Partial<StateWrite> = {}): StateWrite =>
  ({ namespace: ns, key, value, ...more }) as StateWrite
const remove = (key: string, namespace = ns): StateWrite => ({ namespace, key, delete: true })

const notKept = (error: unknown) => isConcordError(error) && error.code === 'not-found'

/** Ten changes on the first day, four a hundred days later: `a` is changed on both, `old` only then, `gone` ended then. */
const twoTimes = async (clock = manualClock(start)) => {
  const directory = shop.fresh()
  await withStores(
    directory,
    async ({ state }) => {
      for (let i = 1; i <= 5; i++) await state.write([put('a', i)])
      await state.write([put('old', 'since then'), put('gone', 1)])
      await state.write([remove('gone')])
      await state.write([put('late', 0), put('short', 1, { ttlMs: 1000 })])
    },
    clock,
  )
  const middle = await signed(directory, shop.key, clock)
  clock.advance(100 * day)
  await withStores(
    directory,
    async (stores) => {
      await stores.sweep()
      for (const i of [6, 7]) await stores.state.write([put('a', i)])
      await stores.state.write([put('late', 1)])
    },
    clock,
  )
  return { directory, clock, middle }
}

const prune = (directory: string, clock: ReturnType<typeof manualClock>, days = 30) =>
  withAudit(directory, shop.key, (audit) => audit.pruneState({ keep: { days } }), clock)

describe('retention of shared state', () => {
  it('drops old changes, keeps what is there now and every checkpoint verifiable', async () => {
    const { directory, clock, middle } = await twoTimes()
    const planned = await withAudit(
      directory,
      shop.key,
      (audit) => audit.pruneState({ keep: { days: 30 }, dryRun: true }),
      clock,
    )
    assert.deepEqual(planned, { namespaces: 1, changes: 10 })
    assert.deepEqual(await prune(directory, clock), planned)
    assert.deepEqual(await prune(directory, clock), { namespaces: 0, changes: 0 })
    const report = await verified(directory, shop, middle, await signed(directory, shop.key, clock))
    assert.deepEqual(report.findings, [])
    await withStores(
      directory,
      async ({ state }) => {
        const now = (await state.list(ns)).map(({ key, value, version }) => [key, value, version])
        assert.deepEqual(now, [
          ['a', 7, 7],
          ['late', 1, 2],
          ['old', 'since then', 1],
        ])
        assert.equal(await state.sequence(ns), 14)
      },
      clock,
    )
  })

  it('tells every moment that is kept as before, and of others that they are not kept', async () => {
    const { directory, clock } = await twoTimes()
    const moments = (state: StateStore) =>
      Promise.all([11, 12, 13, 14].map((sequence) => state.list(ns, { at: { sequence } })))
    const before = await withStores(directory, async ({ state }) => moments(state), clock)
    await prune(directory, clock)
    await withStores(
      directory,
      async ({ state }) => {
        assert.deepEqual(await moments(state), before)
        for (const at of [{ sequence: 10 }, { sequence: 3 }, { time: start + 5 }]) {
          await assert.rejects(state.list(ns, { at }), notKept)
          await assert.rejects(state.get(ns, 'a', { at }), notKept)
          await assert.rejects(state.fork('team/too-late', { from: ns, at }), notKept)
        }
        await assert.rejects(state.get(ns, 'a', { at: { version: 2 } }), notKept)
        // The last change before what is kept is known of keys that are there.
        const told = (await state.history(ns, 'a')).map(({ version, value }) => [version, value])
        assert.deepEqual(told, [
          [7, 7],
          [6, 6],
          [5, 5],
        ])
        assert.deepEqual(
          (await state.history(ns, 'old')).map(({ value }) => value),
          ['since then'],
        )
        await assert.rejects(state.history(ns, 'a', { before: 5 }), notKept)
      },
      clock,
    )
  })

  it('gives a watcher from before what is kept a resync', async () => {
    const { directory, clock } = await twoTimes()
    await prune(directory, clock)
    await withStores(
      directory,
      async ({ state }) => {
        for (const since of [0, 9]) {
          const watch = state.watch(ns, '*', { since })
          const { value } = await watch.next()
          assert.ok(value?.kind === 'resync')
          assert.deepEqual([value.reason, value.sequence, value.entries.length], ['not-retained', 14, 3])
          watch.close()
        }
        const watch = state.watch(ns, '*', { since: 10 })
        assert.equal((await watch.next()).value?.kind, 'change')
        watch.close()
      },
      clock,
    )
  })

  it('forgets keys that had ended, and versions go on after them', async () => {
    const { directory, clock } = await twoTimes()
    const rows = () => query(directory, 'SELECT key FROM state ORDER BY key').map(({ key }) => key)
    assert.deepEqual(rows(), ['a', 'gone', 'late', 'old', 'short'])
    await prune(directory, clock)
    // `short` ended within what is kept.
    assert.deepEqual(rows(), ['a', 'late', 'old', 'short'])
    await withStores(
      directory,
      async ({ state }) => {
        assert.deepEqual(await state.history(ns, 'gone'), [])
        const outcome = await state.write([put('gone', 2, { ifAbsent: true })])
        assert.deepEqual(outcome, [{ ok: true, key: 'gone', version: 3, sequence: 15 }])
        assert.equal((await state.write([{ namespace: 'other', key: 'new', value: 1 }]))[0]?.version, 1)
        assert.deepEqual(
          (await state.history(ns, 'gone')).map(({ version }) => version),
          [3],
        )
      },
      clock,
    )
  })

  it('keeps what a run that is not over wrote, and all after it; the last day; and runs’ own namespaces', async () => {
    const clock = manualClock(start)
    const directory = shop.fresh()
    await withStores(
      directory,
      async (stores) => {
        for (let i = 0; i < 3; i++) await stores.state.write([put('a', i)])
        await addRun(stores, 'open', start, { status: 'waiting' })
        await stores.state.write([put('a', 'by the run', { provenance: { run: 'open' } })])
        for (let i = 0; i < 3; i++)
          await stores.state.write([put('a', i), put('k', i, { namespace: 'other' })])
      },
      clock,
    )
    clock.advance(day / 2)
    const byCount = () =>
      withAudit(directory, null, (audit) => audit.pruneState({ keep: { changes: 1 } }), clock)
    assert.deepEqual(await byCount(), { namespaces: 0, changes: 0 })
    clock.advance(day)
    assert.deepEqual(await byCount(), { namespaces: 2, changes: 5 })
    const kept = query(
      directory,
      "SELECT s.name, min(e.version) AS first FROM events e JOIN streams s ON s.id = e.stream WHERE s.name GLOB 'state/*' GROUP BY 1",
    ).map(({ name, first }) => [name, first])
    assert.deepEqual(kept, [
      ['state/global', 1],
      ['state/other', 3],
      ['state/run/open', 1],
      [`state/${ns}`, 4],
    ])
  })

  it('finds tampering with a stream of which the beginning was dropped', async () => {
    const { directory, clock, middle } = await twoTimes()
    await prune(directory, clock)
    const newest = await signed(directory, shop.key, clock)
    const stream = `(SELECT id FROM streams WHERE name = 'state/${ns}')`
    for (const attack of [
      `UPDATE streams SET dropped_version = 11 WHERE id = ${stream}`,
      `UPDATE streams SET dropped_digest = randomblob(32) WHERE id = ${stream}`,
      `UPDATE streams SET dropped_version = 11, dropped_digest = (SELECT digest FROM events WHERE stream = ${stream} AND version = 11) WHERE id = ${stream};
       DELETE FROM events WHERE stream = ${stream} AND version = 11`,
      `DELETE FROM events WHERE stream = ${stream} AND version = 12`,
    ]) {
      const copy = shop.copy(directory)
      tamper(copy, attack)
      assert.equal((await verified(copy, shop, middle, newest)).ok, false, attack)
    }
  })
})

const seen = async (state: StateStore, namespace: string) =>
  (await state.list(namespace)).map(({ key, value, version, expiresAt }) => [key, value, version, expiresAt])

describe('forks and retention', () => {
  it('a fork of what is dropped reads the same, goes on counting, and hides what it deleted', async () => {
    const { directory, clock } = await twoTimes()
    const before = await withStores(
      directory,
      async ({ state }) => {
        await state.fork('team/f', { from: ns, at: { sequence: 7 } })
        await state.fork('team/ff', { from: 'team/f' })
        await state.write([remove('old', 'team/f'), put('a', 'mine', { namespace: 'team/f' })])
        return [await seen(state, 'team/f'), await seen(state, 'team/ff')]
      },
      clock,
    )
    // Long after, so that the fork's own changes go as well.
    clock.advance(100 * day)
    await withStores(
      directory,
      async ({ state }) => {
        await state.write([put('x', 1, { namespace: 'team/f' }), put('a', 8)])
      },
      clock,
    )
    await prune(directory, clock)
    assert.deepEqual(
      query(directory, 'SELECT namespace, detached FROM state_origins ORDER BY 1').map((row) => ({ ...row })),
      [
        { namespace: 'team/f', detached: 1 },
        { namespace: 'team/ff', detached: 1 },
      ],
    )
    await withStores(
      directory,
      async ({ state }) => {
        assert.deepEqual(await seen(state, 'team/f'), [...before[0]!, ['x', 1, 1, undefined]])
        assert.deepEqual(await seen(state, 'team/ff'), before[1])
        assert.equal(await state.get('team/f', 'old'), undefined)
        assert.deepEqual(await state.origin('team/f'), { namespace: ns, sequence: 7 })
        assert.deepEqual(await state.fork('team/f', { from: ns, at: { sequence: 7 } }), { sequence: 7 })
        const [outcome] = await state.write([put('a', 'theirs', { namespace: 'team/ff', ifVersion: 5 })])
        assert.equal(outcome?.ok && outcome.version, 6)
        assert.equal((await state.write([put('old', 2, { namespace: 'team/f' })]))[0]?.version, 3)
      },
      clock,
    )
  })

  it('what is erased goes from what was copied for forks and from the beginnings that are kept, too', async () => {
    const clock = manualClock(start)
    const directory = shop.fresh()
    const subject = 'subject/anna'
    await withStores(
      directory,
      async (stores) => {
        const { state } = stores
        const of = (key: string, value: string): StateWrite => ({ namespace: subject, key, value })
        await state.write([of('name', 'secret name'), of('mood', 'secret mood')])
        await state.fork('team/what-if', { from: subject, at: { sequence: 1 } })
        await addRun(stores, 'about', start, { goal: { text: 'g', team: 't', subject: 'anna' } })
        await state.write([put('shared', 'secret shared', { provenance: { run: 'about' } })])
        clock.advance(50 * day)
        await state.write([of('mood', 'secret new mood'), put('shared', 'open'), of('b', 'secret b')])
      },
      clock,
    )
    await prune(directory, clock)
    const bases = () =>
      query(directory, 'SELECT namespace, key, value FROM state_bases').map((row) => ({ ...row }))
    assert.equal(bases().length, 3, JSON.stringify(bases()))
    await withAudit(directory, shop.key, (audit) => audit.forget('anna'), clock)
    assert.deepEqual(bases(), [])
    assert.deepEqual(query(directory, `SELECT key FROM state WHERE namespace = '${subject}'`), [])
    await withStores(
      directory,
      async ({ state }) => {
        assert.deepEqual(await state.list('team/what-if'), [])
        assert.equal((await state.get(ns, 'shared'))?.value, 'open')
        const [outcome] = await state.write([{ namespace: subject, key: 'mood', value: 'new' }])
        assert.equal(outcome?.ok && outcome.version, 4)
      },
      clock,
    )
    assert.deepEqual((await verified(directory, shop)).findings, [])
  })

  it('pruned runs take their forks before them, and a run that was just forked stays', async () => {
    const clock = manualClock(start)
    const directory = shop.fresh()
    await withStores(
      directory,
      async (stores) => {
        await addRun(stores, 'origin', start)
        await stores.state.fork('run/fork', { from: 'run/origin' })
        await addRun(stores, 'fork', start)
        const plan = await stores.audit.snapshot(async (snapshot) => snapshot.runsEndedBefore(start + day))
        assert.deepEqual(plan, ['fork', 'origin'])
        await assert.rejects(
          stores.audit.drop([], ['origin'], {
            type: 'audit.dropped',
            at: 1,
            data: { reason: '', streams: [] },
          }),
          (error) => isConcordError(error) && /run\/fork is a fork of it/.test(error.message),
        )
        await stores.audit.drop([], ['fork', 'origin'], {
          type: 'audit.dropped',
          at: 1,
          data: { reason: '', streams: [] },
        })
        assert.deepEqual(await stores.state.list('run/origin'), [])
        await stores.log.append({
          stream: 'run/origin',
          expectedVersion: 4,
          epoch: 1,
          events: [],
          summary: summaryOf('origin', start),
        })
      },
      clock,
    )
  })
})

const script = fc.array(
  fc.record({
    key: fc.constantFrom('a', 'b', 'c', '😀'),
    kind: fc.constantFrom('set', 'set', 'delete', 'ttl', 'fork'),
    days: fc.constantFrom(0, 0, 1, 20),
  }),
  { minLength: 4, maxLength: 30 },
)

const play = async (
  { state, sweep }: SqliteStores,
  clock: ReturnType<typeof manualClock>,
  steps: typeof script extends fc.Arbitrary<infer T> ? T : never,
) => {
  const forks: string[] = []
  for (const [i, { key, kind, days }] of steps.entries()) {
    clock.advance(days * day)
    await sweep()
    const target = forks.length > 0 && i % 3 === 0 ? forks.at(-1)! : ns
    if (kind === 'fork') {
      await state.fork(`team/f${i}`, { from: target })
      forks.push(`team/f${i}`)
    } else if (kind === 'delete') await state.write([remove(key, target)])
    else await state.write([put(key, i, { namespace: target, ...(kind === 'ttl' ? { ttlMs: day } : {}) })])
  }
  return forks
}

describe('properties', () => {
  it('whatever is dropped, what is there, the moments kept and all forks read as before, and the chain verifies', async () => {
    await fc.assert(
      fc.asyncProperty(script, fc.integer({ min: 1, max: 12 }), async (steps, changes) => {
        const directory = shop.fresh()
        const clock = manualClock(start)
        const look = async (state: StateStore, forks: string[], from: number) => {
          const head = await state.sequence(ns)
          const moments: unknown[] = []
          for (let sequence = Math.max(from, 1); sequence <= head; sequence++)
            moments.push(await state.list(ns, { at: { sequence } }))
          return { all: await Promise.all([ns, ...forks].map((name) => seen(state, name))), moments }
        }
        await withStores(
          directory,
          async (stores) => {
            const forks = await play(stores, clock, steps)
            clock.advance(2 * day)
            await stores.sweep()
            const plan = await stores.audit.snapshot(async (snapshot) =>
              [...snapshot.agedState({ beyond: changes, since: clock.now() - day })].filter(
                (aged) => aged !== undefined,
              ),
            )
            const from = (plan.find(({ namespace }) => namespace === ns)?.to ?? 0) + 1
            const before = await look(stores.state, forks, from)
            for (const { namespace, to } of plan)
              await stores.audit.dropState(namespace, to, {
                positions: [],
                record: (dropped) => ({
                  type: 'audit.dropped',
                  at: 1,
                  data: { reason: 'r', streams: [dropped] },
                }),
              })
            assert.deepEqual(await look(stores.state, forks, from), before)
            for (const stream of await stores.log.streams())
              assert.equal((await stores.log.verify(stream)).brokenAt, undefined)
          },
          clock,
        )
      }),
      { numRuns: 25, verbose: 1 },
    )
  })
})
