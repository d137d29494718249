import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LiveStateStore, LiveWrite } from '../../ports/live-state.ts'
import type { StateLimits } from '../../ports/state-store.ts'
import type { ManualClock } from '../clock.ts'
import { code } from './fixture.ts'

/** A fresh, empty store on a manual clock, with a history of 8 changes. */
export type LiveFixture = {
  live: LiveStateStore
  clock: ManualClock
  /** All that is held goes at once, as with the machine or the table that held it. */
  lose(): Promise<void>
  close(): Promise<void>
}

export type OpenLive = (options?: { limits?: Partial<StateLimits> }) => Promise<LiveFixture>

const ns = 'live/stock'
const put = (key: string, value: number, more: Partial<LiveWrite> = {}): LiveWrite => ({
  namespace: ns,
  key,
  value,
  ...more,
})

const on =
  (open: OpenLive, test: (fixture: LiveFixture) => Promise<void>, limits?: Partial<StateLimits>) =>
  async () => {
    const fixture = await open(limits === undefined ? {} : { limits })
    try {
      await test(fixture)
    } finally {
      await fixture.close()
    }
  }

/** What every store of live state promises. */
export const liveStateContract = (name: string, open: OpenLive): void => {
  describe(`${name} as a store of live state`, () => {
    writing(open)
    claims(open)
    bounds(open)
    losses(open)
  })
}

const writing = (open: OpenLive) => {
  it(
    'compares and sets by version and incarnation',
    on(open, async ({ live }) => {
      const incarnation = await live.incarnation()
      const [first] = await live.write([put('a', 1)])
      assert.deepEqual(first, { ok: true, key: 'a', version: 1, sequence: 1, incarnation })
      const [second] = await live.write([put('a', 2, { ifVersion: 1, incarnation })])
      assert.equal(second?.ok, true)
      const [stale] = await live.write([put('a', 3, { ifVersion: 1, incarnation })])
      assert.deepEqual(stale, { ok: false, key: 'a', version: 2, reason: 'conflict', incarnation })
      const entry = await live.get(ns, 'a')
      assert.deepEqual([entry?.value, entry?.version, entry?.incarnation], [2, 2, incarnation])
    }),
  )

  it(
    'refuses a condition of no incarnation and namespaces that are durable',
    on(open, async ({ live }) => {
      await assert.rejects(live.write([put('a', 1, { ifVersion: 1 })]), code('input.invalid'))
      const mixed = [put('a', 1), put('b', 1, { namespace: 'team/stock' })]
      await assert.rejects(live.write(mixed), /holds live\/\{name\} namespaces only/)
      await assert.rejects(live.write([put('a', 1, { namespace: 'live/' })]), code('input.invalid'))
      await assert.rejects(live.get('team/stock', 'a'), code('input.invalid'))
      assert.throws(() => live.watch('global', '*'), code('input.invalid'))
      assert.equal(await live.get(ns, 'a'), undefined)
      const ofTenant = put('a', 1, { namespace: 'tenant/acme/live/stock' })
      assert.equal((await live.write([ofTenant]))[0]?.ok, true)
    }),
  )

  it(
    'writes all of a list or none, and an operation once',
    on(open, async ({ live }) => {
      await live.write([put('a', 1)])
      const refused = await live.write([put('b', 1), put('a', 2, { ifAbsent: true })])
      assert.deepEqual(
        refused.map(({ ok }) => ok),
        [false, false],
      )
      assert.equal(await live.get(ns, 'b'), undefined)
      const add: LiveWrite = { namespace: ns, key: 'n', increment: 5, operation: 'op' }
      const [made] = await live.write([add])
      const [again] = await live.write([add])
      assert.deepEqual(again, { ...made, repeated: true })
      assert.equal((await live.recorded(ns, 'op'))?.value, 5)
      assert.equal((await live.get(ns, 'n'))?.value, 5)
    }),
  )

  it(
    'lists living keys in order and ends expired ones',
    on(open, async ({ live, clock }) => {
      await live.write([put('b', 1, { ttlMs: 100 }), put('a', 2), put('c', 3)])
      const watch = live.watch(ns, 'b')
      clock.advance(101)
      assert.equal(await live.get(ns, 'b'), undefined)
      assert.deepEqual(
        (await live.list(ns, { after: 'a' })).map(({ key }) => key),
        ['c'],
      )
      assert.equal(await live.sweep(), 1)
      const { value } = await watch.next()
      assert.ok(value?.kind === 'change' && value.ended === 'expired')
    }),
  )
}

const claims = (open: OpenLive) => {
  it(
    'lets only the claimed epoch of a run write',
    on(open, async ({ live }) => {
      const by = (epoch: number) => put('a', epoch, { provenance: { run: 'r', epoch } })
      await assert.rejects(live.write([by(1)]), code('epoch.stale'))
      await live.claim({ run: 'r', epoch: 1 })
      await live.claim({ run: 'r', epoch: 1 })
      assert.equal((await live.write([by(1)]))[0]?.ok, true)
      await assert.rejects(live.write([by(2)]), code('epoch.stale'))
      await live.claim({ run: 'r', epoch: 2 })
      await assert.rejects(live.write([by(1)]), code('epoch.stale'))
      await assert.rejects(live.claim({ run: 'r', epoch: 1 }), code('epoch.stale'))
      await live.release({ run: 'r', epoch: 1 })
      assert.equal((await live.write([by(2)]))[0]?.ok, true)
      await live.release({ run: 'r', epoch: 2 })
      await assert.rejects(live.write([by(2)]), code('epoch.stale'))
      await assert.rejects(live.claim({ run: 'r', epoch: 0 }), code('input.invalid'))
    }),
  )

  it(
    'asks for the claim of the child run that holds a spread item',
    on(open, async ({ live }) => {
      await live.claim({ run: 'r', epoch: 9 })
      const write = put('a', 1, { provenance: { run: 'r', holder: 'r.~1-0-s', epoch: 1 } })
      await assert.rejects(live.write([write]), code('epoch.stale'))
      await live.claim({ run: 'r.~1-0-s', epoch: 1 })
      assert.equal((await live.write([write]))[0]?.ok, true)
    }),
  )
}

const bounds = (open: OpenLive) => {
  it(
    'keeps the last changes only, and no version twice after a key was forgotten',
    on(open, async ({ live }) => {
      await live.write([put('gone', 1, { operation: 'op' })])
      await live.write([{ namespace: ns, key: 'gone', delete: true }])
      for (let i = 1; i <= 40; i++) await live.write([put('busy', i)])
      const kept = await live.history(ns, 'busy', { limit: 100 })
      assert.ok(kept.length >= 8 && kept.length <= 10, `${kept.length} changes`)
      assert.deepEqual(
        kept.slice(0, 2).map(({ value }) => value),
        [40, 39],
      )
      assert.equal(await live.recorded(ns, 'op'), undefined)
      const [made] = await live.write([put('gone', 2, { ifAbsent: true })])
      assert.ok(made?.ok && made.version > 2)
    }),
  )

  it(
    'gives a watch that comes back late what stands',
    on(open, async ({ live }) => {
      await live.write([put('a', 0)])
      const first = live.watch(ns, '*')
      await live.write([put('a', 1)])
      assert.equal((await first.next()).value?.sequence, 2)
      const since = first.position
      first.close()
      await live.write([put('a', 2)])
      const soon = live.watch(ns, '*', { since })
      assert.equal((await soon.next()).value?.kind, 'change')
      for (let i = 0; i < 40; i++) await live.write([put('a', i)])
      const late = await live.watch(ns, '*', { since }).next()
      assert.ok(late.value?.kind === 'resync' && late.value.reason === 'not-retained')
      assert.equal(late.value.entries[0]?.value, 39)
      for (const bad of ['', '3', '3-', 'x'])
        assert.throws(() => live.watch(ns, '*', { since: bad }), code('input.invalid'))
    }),
  )

  it(
    'holds no more keys than it may',
    on(
      open,
      async ({ live }) => {
        await live.write([put('a', 1), put('b', 1)])
        await assert.rejects(live.write([put('c', 1)]), code('bound.reached'))
        await live.write([{ namespace: ns, key: 'a', delete: true }])
        assert.equal((await live.write([put('c', 1)]))[0]?.ok, true)
      },
      { keysPerNamespaceMax: 2 },
    ),
  )
}

const losses = (open: OpenLive) => {
  it(
    'lets no condition and no claim of before a loss hold after it',
    on(open, async ({ live, lose }) => {
      await live.claim({ run: 'r', epoch: 1 })
      const [before] = await live.write([put('a', 1, { provenance: { run: 'r', epoch: 1 } })])
      await lose()
      assert.equal(await live.get(ns, 'a'), undefined)
      const zombie = put('a', 2, { provenance: { run: 'r', epoch: 1 } })
      await assert.rejects(live.write([zombie]), code('epoch.stale'))
      const [after] = await live.write([put('a', 9)])
      assert.equal(after?.version, before?.version)
      assert.notEqual(after?.incarnation, before?.incarnation)
      const old = { ifVersion: 1, incarnation: before!.incarnation }
      const [refused] = await live.write([put('a', 3, old)])
      assert.equal(refused?.ok, false)
      const [absent] = await live.write([put('new', 1, { ...old, ifVersion: 0 })])
      assert.equal(absent?.ok, false)
      assert.equal((await live.get(ns, 'a'))?.value, 9)
    }),
  )

  it(
    'gives watches what stands after a loss, open ones and those that come back',
    on(open, async ({ live, lose }) => {
      await live.write([put('a', 1)])
      const open = live.watch(ns, '*')
      await live.write([put('a', 2), put('b', 2)])
      assert.equal((await open.next()).value?.kind, 'change')
      const since = open.position
      await lose()
      // As far as before and beyond: a sequence alone could not tell.
      for (let i = 0; i < 6; i++) await live.write([put('c', i)])
      const { value } = await open.next()
      assert.ok(value?.kind === 'resync' && value.reason === 'restored')
      const back = await live.watch(ns, '*', { since }).next()
      assert.ok(back.value?.kind === 'resync' && back.value.reason === 'restored')
      assert.deepEqual(
        back.value.entries.map(({ key, value }) => [key, value]),
        [['c', 5]],
      )
    }),
  )

  it(
    'refuses everything once it is closed',
    on(open, async ({ live }) => {
      const watch = live.watch(ns, '*')
      await live.close()
      assert.equal((await watch.next()).done, true)
      await assert.rejects(live.get(ns, 'a'), code('store.closed'))
      await assert.rejects(live.write([put('a', 1)]), code('store.closed'))
    }),
  )
}
