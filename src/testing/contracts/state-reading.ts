import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Json } from '../../domain/json.ts'
import type { StateWrite } from '../../ports/state-store.ts'
import { code, localOnly, type OpenStore, on } from './fixture.ts'

const ns = 'team/stock'
const put = (key: string, value: Json, more: Partial<StateWrite> = {}): StateWrite => ({
  namespace: ns,
  key,
  value,
  ...more,
})
const remove = (key: string): StateWrite => ({ namespace: ns, key, delete: true })

/** Conditions and increments, memory reads, history, moments, forks, limits and the clock. */
export const stateReadingContract = (open: OpenStore): void => {
  writing(open)
  peeking(open)
  past(open)
  forks(open)
  limits(open)
  jumps(open)
}

const writing = (open: OpenStore) => {
  it(
    'adds where the number is stored, and answers a repeated addition with its sum',
    on(open, async ({ state }) => {
      const add = (increment: number, more: Partial<StateWrite> = {}) =>
        state.write([{ namespace: ns, key: 'n', increment, ...more }])
      assert.deepEqual(await add(5, { operation: 'a' }), [
        { ok: true, key: 'n', version: 1, sequence: 1, value: 5 },
      ])
      assert.equal((await Promise.all([add(1), add(2), add(-3)])).length, 3)
      assert.equal((await state.get(ns, 'n'))?.value, 5)
      assert.deepEqual(await add(5, { operation: 'a' }), [
        { ok: true, key: 'n', version: 1, sequence: 1, value: 5, repeated: true },
      ])
      const twice: StateWrite = { namespace: ns, key: 'n', increment: 0.5 }
      assert.deepEqual(
        (await state.write([twice, twice])).map((outcome) => outcome.ok && outcome.value),
        [5.5, 6],
      )
      await state.write([put('text', 'x')])
      await assert.rejects(state.write([{ namespace: ns, key: 'text', increment: 1 }]), code('input.invalid'))
      await assert.rejects(add(Number.NaN), code('input.invalid'))
      await state.write([put('max', Number.MAX_VALUE)])
      await assert.rejects(
        state.write([put('fine', 1), { namespace: ns, key: 'max', increment: Number.MAX_VALUE }]),
        code('input.invalid'),
      )
      assert.equal(await state.get(ns, 'fine'), undefined)
    }),
  )

  it(
    'refuses an addition whose sum a number cannot hold, and leaves the key as it was',
    on(open, async ({ state }) => {
      const most = Number.MAX_SAFE_INTEGER
      const lost: [value: number, by: number][] = [
        [most, 1],
        [-most, -1],
        [2 ** 53, 1],
        [2 ** 60, 1],
        [0, 2 ** 53],
        [1, 1e-20],
      ]
      for (const [value, increment] of lost) {
        await state.write([put('n', value)])
        for (const more of [{}, { operation: `op ${value} ${increment}` }])
          await assert.rejects(
            state.write([{ namespace: ns, key: 'n', increment, ...more }]),
            code('input.invalid'),
            `${value} + ${increment}`,
          )
        assert.equal((await state.get(ns, 'n'))?.value, value)
      }
      await state.write([put('n', most - 1)])
      const [sum] = await state.write([{ namespace: ns, key: 'n', increment: 1 }])
      assert.equal(sum?.ok && sum.value, most)
    }),
  )

  it(
    'keeps the expiry of a key where that is asked for, of one that lives',
    on(open, async ({ state, clock }) => {
      const expiresAt = clock.now() + 100
      await state.write([put('k', 1, { ttlMs: 100 })])
      await state.write([put('k', 2, { keepExpiry: true })])
      assert.equal((await state.get(ns, 'k'))?.expiresAt, expiresAt)
      await state.write([put('k', 3, { keepExpiry: true, ttlMs: 500 })])
      assert.equal((await state.get(ns, 'k'))?.expiresAt, expiresAt + 400)
      await state.write([put('k', 4)])
      assert.equal((await state.get(ns, 'k'))?.expiresAt, undefined)
      await state.write([put('k', 5, { ttlMs: 10 })])
      clock.advance(20)
      await state.write([put('k', 6, { keepExpiry: true })])
      assert.deepEqual(
        [(await state.get(ns, 'k'))?.value, (await state.get(ns, 'k'))?.expiresAt],
        [6, undefined],
      )
      for (const ifVersion of [-1, 0.5, Number.NaN])
        await assert.rejects(state.write([put('k', 7, { ifVersion })]), code('input.invalid'))
    }),
  )

  it(
    'keeps the expiry of what it adds to',
    on(open, async ({ state, clock }) => {
      const [expiresAt] = [clock.now() + 100]
      await state.write([put('n', 1, { ttlMs: 100 })])
      await state.write([{ namespace: ns, key: 'n', increment: 1 }])
      assert.equal((await state.get(ns, 'n'))?.expiresAt, expiresAt)
      clock.advance(100)
      const [outcome] = await state.write([{ namespace: ns, key: 'n', increment: 1 }])
      assert.deepEqual(outcome, { ok: true, key: 'n', version: 4, sequence: 4, value: 1 })
      assert.equal((await state.get(ns, 'n'))?.expiresAt, undefined)
    }),
  )

  it(
    'writes when absent, and checks without writing',
    on(open, async ({ state }) => {
      assert.equal((await state.write([put('k', 1, { ifAbsent: true })]))[0]?.ok, true)
      assert.equal((await state.write([put('k', 2, { ifAbsent: true })]))[0]?.ok, false)
      const check = (ifVersion: number): StateWrite => ({ namespace: ns, key: 'k', check: true, ifVersion })
      assert.deepEqual(await state.write([check(1)]), [{ ok: true, key: 'k', version: 1, sequence: 1 }])
      assert.equal((await state.write([put('other', 1), check(0)]))[0]?.ok, false)
      assert.equal((await state.write([put('other', 1), check(1)]))[0]?.ok, true)
      assert.equal(await state.sequence(ns), 2)
      await assert.rejects(state.write([{ namespace: ns, key: 'k', check: true }]), code('input.invalid'))
      await assert.rejects(
        state.write([{ namespace: ns, key: 'k', value: 1, increment: 1 }]),
        code('input.invalid'),
      )
    }),
  )
}

const peeking = (open: OpenStore) => {
  it(
    'peeks at what it has itself committed, without waiting, and nobody can change it for others',
    localOnly(open),
    on(open, async ({ state, clock }) => {
      assert.equal(state.peek(ns, 'k'), undefined)
      for (let i = 1; i <= 3; i++) {
        await state.write([put('k', { n: [i] }, { provenance: { agent: 'a' } })])
        assert.deepEqual(state.peek(ns, 'k'), await state.get(ns, 'k'))
      }
      const peeked = state.peek(ns, 'k')
      assert.throws(() => ((peeked?.value ?? {}) as { n: number[] }).n.push(4), TypeError)
      assert.throws(() => Object.assign(peeked?.provenance ?? {}, { agent: 'b' }), TypeError)
      await state.write([remove('k'), put('short', 1, { ttlMs: 10 })])
      assert.equal(state.peek(ns, 'k'), undefined)
      assert.equal(state.peek(ns, 'short')?.value, 1)
      clock.advance(10)
      assert.equal(state.peek(ns, 'short'), undefined)
    }),
  )

  it(
    'never peeks at what was refused',
    localOnly(open),
    on(open, async ({ state }) => {
      await state.write([put('k', 1)])
      await state.write([put('k', 2), put('other', 1, { ifVersion: 4 })])
      assert.equal(state.peek(ns, 'k')?.value, 1)
    }),
  )
}

const past = (open: OpenStore) => {
  it(
    'tells the changes of a key, newest first, and by whom, page by page',
    localOnly(open),
    on(open, async ({ state, clock }) => {
      await state.write([put('k', 1, { provenance: { agent: 'a', cause: 'run/1@3' }, operation: 'op' })])
      await state.write([put('noise', 0), put('k', 2, { ttlMs: 5 }), put('k', 3, { ttlMs: 5 })])
      clock.advance(5)
      await state.write([put('noise', 1), put('k', 4)])
      await state.write([remove('k')])
      const history = await state.history(ns, 'k')
      assert.deepEqual(
        history.map(({ version, sequence, value, ended }) => [version, sequence, value ?? ended]),
        [
          [6, 8, 'deleted'],
          [5, 7, 4],
          [4, 6, 'expired'],
          [3, 4, 3],
          [2, 3, 2],
          [1, 1, 1],
        ],
      )
      assert.deepEqual(history.at(-1), {
        kind: 'change',
        namespace: ns,
        key: 'k',
        sequence: 1,
        version: 1,
        at: clock.now() - 5,
        value: 1,
        operation: 'op',
        provenance: { agent: 'a', cause: 'run/1@3' },
      })
      const versions = async (options: { before?: number; limit?: number }) =>
        (await state.history(ns, 'k', options)).map(({ version }) => version)
      assert.deepEqual(await versions({ limit: 2 }), [6, 5])
      assert.deepEqual(await versions({ before: 7, limit: 2 }), [4, 3])
      assert.deepEqual(await versions({ before: 5 }), [3, 2, 1])
      assert.deepEqual(await versions({ before: 1 }), [])
      assert.deepEqual(await state.history(ns, 'never'), [])
    }),
  )

  it(
    'reads a key and a namespace as they were at a sequence, a version and a time',
    on(open, async ({ state, clock }) => {
      const times: number[] = []
      for (const writes of [
        [put('a', 1)],
        [put('b', 1), put('a', 2)],
        [remove('a'), put('c', 1)],
        [put('a', 4)],
      ]) {
        await state.write(writes)
        times.push(clock.now())
        clock.advance(10)
      }
      const at = async (sequence: number) =>
        Object.fromEntries((await state.list(ns, { at: { sequence } })).map(({ key, value }) => [key, value]))
      assert.deepEqual(await at(0), {})
      assert.deepEqual(await at(2), { a: 1, b: 1 })
      assert.deepEqual(await at(3), { a: 2, b: 1 })
      assert.deepEqual(await at(5), { b: 1, c: 1 })
      assert.deepEqual(await at(6), { a: 4, b: 1, c: 1 })
      assert.deepEqual((await state.list(ns, { at: { sequence: 3 }, prefix: 'b' }))[0]?.key, 'b')
      assert.equal((await state.get(ns, 'a', { at: { sequence: 4 } }))?.value, undefined)
      assert.equal((await state.get(ns, 'a', { at: { version: 2 } }))?.value, 2)
      assert.equal(await state.get(ns, 'a', { at: { version: 3 } }), undefined)
      assert.equal(await state.get(ns, 'a', { at: { version: 9 } }), undefined)
      assert.equal((await state.get(ns, 'a', { at: { time: times[1]! + 5 } }))?.value, 2)
      assert.equal(await state.get(ns, 'a', { at: { time: times[0]! - 1 } }), undefined)
      await assert.rejects(state.list(ns, { at: { sequence: 7 } }), code('input.invalid'))
      await assert.rejects(state.get(ns, 'a', { at: { sequence: -1 } }), code('input.invalid'))
      // As callers without types may say it.
      const odd: unknown[] = [
        { time: new Date(times[1]!) },
        { time: '2026-01-01' },
        { time: Number.NaN },
        { sequence: 1.5 },
        { version: '1' },
        { sequence: 1, time: 1 },
        {},
        new Date(times[1]!),
        null,
        3,
      ]
      for (const moment of odd) {
        const then = { at: moment as { sequence: number } }
        await assert.rejects(state.get(ns, 'a', then), code('input.invalid'))
        await assert.rejects(state.list(ns, then), code('input.invalid'))
        await assert.rejects(state.fork('run/odd', { from: ns, ...then }), code('input.invalid'))
      }
    }),
  )

  it(
    'shows what had a time to live as it was, and not past its time',
    on(open, async ({ state, clock }) => {
      await state.write([put('k', 1, { ttlMs: 10 })])
      const before = clock.now()
      clock.advance(20)
      await state.write([put('other', 1)])
      assert.equal((await state.get(ns, 'k', { at: { sequence: 1 } }))?.value, 1)
      assert.equal((await state.get(ns, 'k', { at: { time: before + 9 } }))?.value, 1)
      assert.equal(await state.get(ns, 'k', { at: { time: before + 10 } }), undefined)
      assert.equal(await state.get(ns, 'k', { at: { sequence: 2 } }), undefined)
    }),
  )

  it(
    'tells that a change was erased, and goes on past it',
    on(open, async ({ state, erase }) => {
      if (!erase) return
      for (const value of ['one', 'secret', 'three']) await state.write([put('x', 0), put('k', value)])
      await erase(`state/${ns}`, 4)
      const history = await state.history(ns, 'k')
      assert.deepEqual(
        history.map(({ version, value, ended }) => [version, value ?? ended]),
        [
          [3, 'three'],
          [2, 'erased'],
          [1, 'one'],
        ],
      )
      assert.equal(await state.get(ns, 'k', { at: { version: 2 } }), undefined)
      assert.equal((await state.get(ns, 'k', { at: { sequence: 2 } }))?.value, 'one')
    }),
  )
}

const fork = 'run/fork'

const forks = (open: OpenStore) => {
  it(
    'reads a fork through to its origin as it was, until written; neither sees the other go on',
    localOnly(open),
    on(open, async ({ state, clock }) => {
      await state.write([put('a', 1), put('b', 1), put('gone', 1)])
      await state.write([put('a', 2), remove('gone')])
      assert.deepEqual(await state.fork(fork, { from: ns, at: { sequence: 4 } }), { sequence: 4 })
      await state.write([put('b', 'late'), put('late', 1)])
      const seen = async (namespace: string) =>
        (await state.list(namespace)).map(({ key, value, version }) => [key, value, version])
      assert.deepEqual(await seen(fork), [
        ['a', 2, 2],
        ['b', 1, 1],
        ['gone', 1, 1],
      ])
      assert.equal((await state.get(fork, 'a'))?.value, 2)
      assert.equal(state.peek(fork, 'b')?.value, 1)
      assert.equal(await state.get(fork, 'late'), undefined)
      const own = (key: string, more: Partial<StateWrite>): StateWrite => ({
        namespace: fork,
        key,
        ...more,
      })
      assert.equal((await state.write([own('a', { value: 3, ifVersion: 1 })]))[0]?.ok, false)
      const [written] = await state.write([own('a', { value: 3, ifVersion: 2 })])
      assert.deepEqual(written, { ok: true, key: 'a', version: 3, sequence: 2 })
      await state.write([own('b', { delete: true }), own('0', { value: 0 }), own('n', { increment: 1 })])
      assert.deepEqual(await seen(fork), [
        ['0', 0, 1],
        ['a', 3, 3],
        ['gone', 1, 1],
        ['n', 1, 1],
      ])
      assert.deepEqual(
        (await state.list(fork, { prefix: 'a' })).map(({ key }) => key),
        ['a'],
      )
      assert.deepEqual(
        (await state.list(fork, { after: 'a', limit: 1 })).map(({ key }) => key),
        ['gone'],
      )
      assert.equal((await state.get(ns, 'a'))?.value, 2)
      assert.deepEqual(
        (await state.history(fork, 'a')).map(({ namespace, version }) => [namespace, version]),
        [
          [fork, 3],
          [ns, 2],
          [ns, 1],
        ],
      )
      assert.equal((await state.get(fork, 'a', { at: { version: 1 } }))?.value, 1)
      assert.equal((await state.get(fork, 'a', { at: { sequence: 1 } }))?.value, 2)
      assert.deepEqual(await state.origin(fork), { namespace: ns, sequence: 4 })
      assert.equal(await state.origin(ns), undefined)
      clock.advance(1)
    }),
  )

  it(
    'forks a fork, once, and only what is still empty',
    on(open, async ({ state }) => {
      await state.write([put('a', 1), put('b', 1)])
      await state.fork('team/f1', { from: ns })
      await state.write([{ namespace: 'team/f1', key: 'b', value: 2 }])
      await state.fork('team/f2', { from: 'team/f1' })
      await state.fork('team/f2', { from: 'team/f1' })
      await state.write([{ namespace: 'team/f1', key: 'a', value: 9 }])
      assert.deepEqual(
        (await state.list('team/f2')).map(({ key, value }) => [key, value]),
        [
          ['a', 1],
          ['b', 2],
        ],
      )
      await assert.rejects(state.fork('team/f2', { from: ns }), code('version.conflict'))
      await assert.rejects(state.fork(ns, { from: 'team/f1' }), code('version.conflict'))
      await assert.rejects(state.fork('team/f3', { from: ns, at: { sequence: 5 } }), code('input.invalid'))
    }),
  )

  it(
    'tells what a fork began as, wherever both went since; what is erased in the origin is gone from it',
    on(open, async ({ state, erase }) => {
      await state.write([put('a', 'secret'), put('b', 1)])
      await state.fork(fork, { from: ns })
      await state.write([put('a', 2), remove('b'), put('c', 1)])
      await state.write([{ namespace: fork, key: 'b', value: 'mine' }])
      const began = async () =>
        (await state.list(fork, { at: { sequence: 1 } })).map(({ key, value, version }) => [
          key,
          value,
          version,
        ])
      assert.deepEqual(await began(), [
        ['a', 'secret', 1],
        ['b', 1, 1],
      ])
      if (!erase) return
      await erase(`state/${ns}`, 1)
      assert.deepEqual(await began(), [['b', 1, 1]])
      assert.equal(await state.get(fork, 'a'), undefined)
      assert.equal((await state.get(ns, 'a'))?.value, 2)
      const [outcome] = await state.write([{ namespace: fork, key: 'a', value: 3, ifAbsent: true }])
      assert.equal(outcome?.ok && outcome.version, 2)
    }),
  )

  it(
    'lets what was inherited expire in the fork by itself',
    on(open, async ({ state, clock }) => {
      await state.write([put('k', 1, { ttlMs: 10 })])
      await state.fork(fork, { from: ns })
      assert.equal((await state.get(fork, 'k'))?.value, 1)
      clock.advance(10)
      assert.equal(await state.get(fork, 'k'), undefined)
      assert.equal(state.peek(fork, 'k'), undefined)
      assert.deepEqual(await state.list(fork), [])
      const [outcome] = await state.write([{ namespace: fork, key: 'k', value: 2, ifAbsent: true }])
      assert.deepEqual(outcome, { ok: true, key: 'k', version: 3, sequence: 3 })
    }),
  )
}

const limits = (open: OpenStore) => {
  const few = { limits: { valueBytesMax: 100, keysPerNamespaceMax: 3, watchersMax: 2 } }
  it(
    'refuses values that are too large, in bytes',
    on(
      open,
      async ({ state }) => {
        await state.write([put('k', 'x'.repeat(98))])
        for (const large of ['x'.repeat(99), 'ä'.repeat(50)])
          await assert.rejects(state.write([put('fine', 1), put('k', large)]), code('bound.reached'))
        await assert.rejects(state.publish('c', 'x'.repeat(100)), code('bound.reached'))
        assert.equal(await state.get(ns, 'fine'), undefined)
      },
      few,
    ),
  )

  it(
    'refuses keys beyond the most a namespace holds, and lets those there be changed',
    on(
      open,
      async ({ state, log, clock }) => {
        await state.write([put('a', 1), put('b', 1)])
        for (let i = 0; i < 5; i++) await state.write([put('a', i)])
        await assert.rejects(state.write([put('c', 1), put('d', 1)]), code('bound.reached'))
        await state.write([put('c', 1, { ttlMs: 10 })])
        await assert.rejects(state.write([put('d', 1)]), code('bound.reached'))
        const writes = [put('d', 1)]
        const events = [{ type: 'run.started', at: 1, data: {} } as const]
        await assert.rejects(
          log.append({ stream: 'run/1', expectedVersion: 0, epoch: 0, events, writes }),
          code('bound.reached'),
        )
        assert.equal(await log.version('run/1'), 0)
        await state.write([put('b', 2)])
        await state.write([{ namespace: 'team/elsewhere', key: 'd', value: 1 }])
        await state.write([remove('b')])
        await state.write([put('d', 1)])
        clock.advance(10)
        assert.equal(await state.get(ns, 'c'), undefined)
      },
      few,
    ),
  )

  it(
    'refuses watchers beyond the most, until one closes',
    localOnly(open),
    on(
      open,
      async ({ state }) => {
        const one = state.watch(ns, '*')
        const two = state.subscribe('*')
        assert.throws(() => state.watch(ns, '*'), code('bound.reached'))
        assert.throws(() => state.subscribe('*'), code('bound.reached'))
        one.close()
        state.watch(ns, '*')
        two.close()
        state.subscribe('*')
      },
      few,
    ),
  )
}

const jumps = (open: OpenStore) => {
  it(
    'a wall clock set forward ends keys early, and setting it back does not bring them back',
    on(open, async (store) => {
      const { state, clock } = store
      await state.write([put('k', 1, { ttlMs: 60_000 })])
      clock.jump(3_600_000)
      assert.equal(await state.get(ns, 'k'), undefined)
      await state.write([put('barrier', 1)])
      clock.jump(-3_600_000)
      assert.equal(await state.get(ns, 'k'), undefined)
      assert.equal(state.peek(ns, 'k'), undefined)
      assert.equal((await state.history(ns, 'k'))[0]?.ended, 'expired')
    }),
  )

  it(
    'a wall clock set back keeps keys longer by as much; order and history do not go by it',
    on(open, async ({ state, clock }) => {
      await state.write([put('k', 1, { ttlMs: 60_000 })])
      const early = clock.now()
      clock.jump(-3_600_000)
      await state.write([put('k2', 2)])
      clock.advance(60_000)
      assert.equal((await state.get(ns, 'k'))?.value, 1)
      clock.advance(3_600_000)
      assert.equal(await state.get(ns, 'k'), undefined)
      assert.equal((await state.get(ns, 'k', { at: { sequence: 2 } }))?.value, 1)
      // The last change stamped at or before that time is the second one, though stamped an hour earlier.
      assert.equal((await state.get(ns, 'k2', { at: { time: early } }))?.value, 2)
    }),
  )
}
