import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Draft, EventData } from '../../domain/event.ts'
import type { Json } from '../../domain/json.ts'
import type { StateWrite } from '../../ports/state-store.ts'
import { claimed, code, localOnly, type OpenStore, on, recorded, type StoreFixture } from './fixture.ts'
import { stateForkContract } from './state-fork.ts'
import { stateReadingContract } from './state-reading.ts'
import { stateWatchContract } from './state-watch.ts'

/** What every state store promises, together with the log that its changes go into. */
export const stateStoreContract = (name: string, open: OpenStore): void => {
  describe(`${name} as a state store`, () => {
    versions(open)
    conditions(open)
    operations(open)
    expiry(open)
    listing(open)
    history(open)
    stateReadingContract(open)
    stateForkContract(open)
    stateWatchContract(open)
  })
}

const ns = 'run/1'
const put = (key: string, value: Json, more: Partial<StateWrite> = {}): StateWrite => ({
  namespace: ns,
  key,
  value,
  ...more,
})

const changes = async ({ log }: StoreFixture, namespace = ns) =>
  (await log.read(`state/${namespace}`)).map((event) => [event.type, event.version, event.data])

const versions = (open: OpenStore) => {
  it(
    'counts versions per key and sequences per namespace',
    on(open, async ({ state }) => {
      assert.equal(await state.get(ns, 'a'), undefined)
      assert.deepEqual(await state.write([put('a', 1)]), [{ ok: true, key: 'a', version: 1, sequence: 1 }])
      assert.deepEqual(await state.write([put('a', 2), put('b', 1), put('a', 3)]), [
        { ok: true, key: 'a', version: 2, sequence: 2 },
        { ok: true, key: 'b', version: 1, sequence: 3 },
        { ok: true, key: 'a', version: 3, sequence: 4 },
      ])
      const elsewhere = await state.write([{ namespace: 'global', key: 'a', value: 9 }])
      assert.deepEqual(elsewhere, [{ ok: true, key: 'a', version: 1, sequence: 1 }])
      assert.deepEqual([(await state.get(ns, 'a'))?.value, (await state.get('global', 'a'))?.value], [3, 9])
      assert.deepEqual(await state.write([]), [])
    }),
  )

  it(
    'returns value, version, time and who wrote it',
    localOnly(open),
    on(open, async ({ state, clock }) => {
      const provenance = { run: '1', step: 's', agent: 'a', cause: 'run/1@3', epoch: 2 }
      await state.write([put('k', { deep: [1, { x: null }] }, { provenance })])
      const entry = await state.get(ns, 'k')
      assert.deepEqual(entry, {
        key: 'k',
        value: { deep: [1, { x: null }] },
        version: 1,
        at: clock.now(),
        provenance,
      })
    }),
  )

  const values: Json[] = [
    null,
    false,
    0,
    '',
    'lone \ud800 half',
    'NUL \0',
    [],
    {},
    2 ** 60,
    'x'.repeat(1024 * 1024),
  ]
  it(
    'keeps any JSON value, copied at the call',
    localOnly(open),
    on(open, async ({ state }) => {
      for (const value of values) {
        await state.write([put('k', value)])
        assert.deepEqual((await state.get(ns, 'k'))?.value, value)
      }
      const mine = { list: [1] }
      const done = state.write([put('k', mine)])
      mine.list.push(2)
      await done
      const entry = await state.get(ns, 'k')
      assert.deepEqual(entry?.value, { list: [1] })
      Object.assign(entry?.provenance ?? {}, { run: 'forged' })
      assert.deepEqual((await state.get(ns, 'k'))?.provenance, {})
    }),
  )

  it(
    'goes on counting after a deletion, while the key is absent to all',
    on(open, async ({ state }) => {
      await state.write([put('k', 1)])
      const gone = await state.write([{ namespace: ns, key: 'k', delete: true }])
      assert.deepEqual(gone, [{ ok: true, key: 'k', version: 2, sequence: 2 }])
      assert.equal(await state.get(ns, 'k'), undefined)
      assert.deepEqual(await state.list(ns), [])
      const stale = await state.write([put('k', 2, { ifVersion: 1 })])
      assert.deepEqual(stale, [{ ok: false, key: 'k', version: 0, reason: 'conflict' }])
      const anew = await state.write([put('k', 3, { ifVersion: 0 })])
      assert.deepEqual(anew, [{ ok: true, key: 'k', version: 3, sequence: 3 }])
    }),
  )

  it(
    'refuses what it could not give back unchanged',
    on(open, async ({ state }) => {
      const bad: StateWrite[] = [
        { namespace: ns, key: 'k' },
        { namespace: ns, key: 'k', value: 1, delete: true },
        put('', 1),
        put('half \ud800', 1),
        { namespace: 'a\0b', key: 'k', value: 1 },
        put('k', 1, { ttlMs: 0 }),
        put('k', 1, { ttlMs: -5 }),
        put('k', 1, { ttlMs: Number.POSITIVE_INFINITY }),
        put('k', 1, { operation: '' }),
      ]
      for (const write of bad)
        await assert.rejects(state.write([put('fine', 1), write]), code('input.invalid'))
      assert.equal(await state.get(ns, 'fine'), undefined)
    }),
  )
}

const conditions = (open: OpenStore) => {
  it(
    'writes at the given version only, and says which version stood in the way',
    on(open, async ({ state }) => {
      assert.equal((await state.write([put('k', 'first', { ifVersion: 0 })]))[0]?.ok, true)
      const late = await state.write([put('k', 'late', { ifVersion: 0 })])
      assert.deepEqual(late, [{ ok: false, key: 'k', version: 1, reason: 'conflict' }])
      assert.equal((await state.write([put('k', 'second', { ifVersion: 1 })]))[0]?.ok, true)
      const early = await state.write([put('other', 1, { ifVersion: 3 })])
      assert.deepEqual(early, [{ ok: false, key: 'other', version: 0, reason: 'conflict' }])
      assert.equal((await state.get(ns, 'k'))?.value, 'second')
    }),
  )

  it(
    'applies all writes of a call or none',
    on(open, async (store) => {
      const { state } = store
      await state.write([put('a', 1)])
      const refused = await state.write([put('b', 1), put('a', 2, { ifVersion: 7 }), put('c', 1)])
      assert.deepEqual(
        refused.map((outcome) => [outcome.ok, outcome.version]),
        [
          [false, 0],
          [false, 1],
          [false, 0],
        ],
      )
      assert.deepEqual([await state.get(ns, 'b'), await state.get(ns, 'c')], [undefined, undefined])
      assert.equal((await changes(store)).length, 1)
    }),
  )

  it(
    'sees the writes before it in the same call',
    on(open, async ({ state }) => {
      const outcomes = await state.write([put('k', 1, { ifVersion: 0 }), put('k', 2, { ifVersion: 1 })])
      assert.deepEqual(
        outcomes.map((outcome) => outcome.version),
        [1, 2],
      )
    }),
  )

  it(
    'loses none of 4 x 100 read-modify-writes of one key',
    on(open, async ({ state }) => {
      const increment = async () => {
        for (;;) {
          const entry = await state.get(ns, 'n')
          const value = typeof entry?.value === 'number' ? entry.value : 0
          const [outcome] = await state.write([put('n', value + 1, { ifVersion: entry?.version ?? 0 })])
          if (outcome?.ok) return
        }
      }
      const writer = async () => {
        for (let i = 0; i < 100; i++) await increment()
      }
      await Promise.all([writer(), writer(), writer(), writer()])
      const entry = await state.get(ns, 'n')
      assert.deepEqual([entry?.value, entry?.version], [400, 400])
    }),
  )

  it(
    'refuses writes of an owner that was replaced',
    localOnly(open),
    on(open, async ({ state, log, clock }) => {
      await log.append({ stream: 'run/1', expectedVersion: 0, epoch: 1, events: [claimed(clock.now(), 1)] })
      await log.append({ stream: 'run/1', expectedVersion: 1, epoch: 2, events: [claimed(clock.now(), 2)] })
      const by = (epoch: number) => state.write([put('k', epoch, { provenance: { run: '1', epoch } })])
      await assert.rejects(by(1), code('epoch.stale'))
      assert.equal(await state.get(ns, 'k'), undefined)
      assert.equal((await by(2))[0]?.ok, true)
    }),
  )

  it(
    'refuses writes of an attempt that is over, and no others',
    localOnly(open),
    on(open, async ({ state, log, clock }) => {
      const append = (...events: Draft[]) =>
        log.append({ stream: 'run/1', expectedVersion: 'any', epoch: 1, events })
      const at = clock.now()
      const failure = { code: 'agent.failed', message: 'no' } as const
      const ofLoop: EventData['plan.rejected'] = { version: 1, reasons: [], by: 'code' }
      await append(claimed(at))
      const write = (step: string, since: number, attempt = 1) =>
        state.write([put(`${step}@${since}`, since, { attempt: { run: '1', step, attempt, since } })])
      assert.equal((await write('s', 1))[0]?.ok, true)
      await append(
        { type: 'step.failed', at, step: 't', data: { plan: 1, redo: 0, attempt: 1, failure } },
        { type: 'plan.rejected', at, step: 's', data: ofLoop },
        recorded('c'),
      )
      assert.equal((await write('s', 1))[0]?.ok, true)
      await assert.rejects(write('t', 1), code('attempt.stale'))
      await append({ type: 'step.failed', at, step: 's', data: { plan: 1, redo: 0, attempt: 1, failure } })
      await append({ type: 'step.started', at, step: 's', data: { plan: 1, redo: 0, attempt: 2 } })
      assert.equal((await write('s', 6, 2))[0]?.ok, true)
      await assert.rejects(write('s', 1), code('attempt.stale'))
      assert.equal((await write('each/0', 6))[0]?.ok, true)
      await append({ type: 'step.redone', at, step: 'each', data: { plan: 1, redo: 1 } })
      await assert.rejects(write('each/0', 6), code('attempt.stale'))
      assert.equal((await write('each2/0', 6))[0]?.ok, true)
      await append({ type: 'plan.rejected', at, data: { version: 1, reasons: [], by: 'run' } })
      await assert.rejects(write('s', 6), code('attempt.stale'))
      await assert.rejects(
        state.write([
          put('fine', 1),
          put('k', 1, { attempt: { run: '1', step: 's', attempt: 2, since: 6 } }),
        ]),
        code('attempt.stale'),
      )
      assert.equal(await state.get(ns, 'fine'), undefined)
      assert.equal((await write('s', 8))[0]?.ok, true)
    }),
  )
}

const operations = (open: OpenStore) => {
  it(
    'answers a repeated operation with its first outcome and writes nothing',
    on(open, async (store) => {
      const { state } = store
      const [first] = await state.write([put('k', 1, { operation: 'op' })])
      await state.write([put('k', 2)])
      const again = await state.write([put('k', 1, { operation: 'op' })])
      assert.deepEqual(again, [{ ...first, repeated: true }])
      const mixed = await state.write([put('k', 1, { operation: 'op' }), put('new', 1, { operation: 'op2' })])
      assert.deepEqual(mixed, [
        { ...first, repeated: true },
        { ok: true, key: 'new', version: 1, sequence: 3 },
      ])
      assert.equal((await state.get(ns, 'k'))?.value, 2)
      const twice = [put('t', 1, { operation: 'op3' }), put('t', 1, { operation: 'op3' })]
      assert.deepEqual(
        (await state.write(twice)).map((outcome) => outcome.version),
        [1, 1],
      )
      const elsewhere = await state.write([{ namespace: 'global', key: 'k', value: 5, operation: 'op' }])
      assert.deepEqual(elsewhere, [{ ok: true, key: 'k', version: 1, sequence: 1 }])
      assert.equal((await changes(store)).length, 4)
    }),
  )

  it(
    'refuses an operation repeated for another key, and for another value only where the same is asked for',
    localOnly(open),
    on(open, async (store) => {
      const { state, clock } = store
      const since = clock.now()
      const op = { operation: 'op' }
      const [first] = await state.write([put('z', { a: 1, b: [2] }, { ...op, ttlMs: 1000 })])
      const again = { ...first, repeated: true }
      const others: StateWrite[] = [
        put('y', { a: 1, b: [2] }, op),
        { namespace: ns, key: 'y', delete: true, ...op },
        { namespace: ns, key: 'y', increment: 1, ...op },
      ]
      for (const other of others) {
        await assert.rejects(state.write([other]), code('key.reused'))
        await assert.rejects(state.write([put('fine', 1), other]), code('key.reused'))
      }
      const twins = [put('y', 1, { operation: 'twin' }), put('x', 1, { operation: 'twin' })]
      await assert.rejects(state.write(twins), code('key.reused'))
      assert.deepEqual(await state.write([put('z', 'another', op)]), [again])
      const same = { ...op, sameSince: since }
      const reordered = put('z', { b: [2], a: 1 }, { ...same, ttlMs: 1000 })
      assert.deepEqual(await state.write([reordered]), [again])
      const different: StateWrite[] = [
        put('z', { a: 1, b: [3] }, { ...same, ttlMs: 1000 }),
        put('z', { a: 1, b: [2] }, same),
        { namespace: ns, key: 'z', delete: true, ...same },
        { namespace: ns, key: 'z', increment: 1, ...same },
      ]
      for (const write of different) {
        await assert.rejects(state.write([write]), code('key.reused'))
        assert.deepEqual(await state.write([{ ...write, sameSince: since + 1 }]), [again])
      }
      const add = { namespace: ns, key: 'n', increment: 2, operation: 'add', sameSince: since }
      const [added] = await state.write([add])
      assert.deepEqual(await state.write([add]), [{ ...added, repeated: true }])
      await assert.rejects(state.write([{ ...add, increment: 3 }]), code('key.reused'))
      assert.deepEqual(
        (await state.list(ns)).map(({ key }) => key),
        ['n', 'z'],
      )
      assert.equal((await changes(store)).length, 2)
    }),
  )

  it(
    'answers a repeated conditional write only while what it wrote stands: a lock has one holder',
    on(open, async ({ state, clock }) => {
      const taking = put('lock', 'mine', { ifAbsent: true, ttlMs: 100, operation: 'take' })
      const take = async () => (await state.write([taking]))[0]
      const [first] = await state.write([taking])
      assert.deepEqual([first?.ok, await take()], [true, { ...first, repeated: true }])
      clock.advance(100)
      const over = { ok: false, key: 'lock', version: 0, reason: 'conflict', repeated: true }
      assert.deepEqual(await take(), over)
      const [theirs] = await state.write([put('lock', 'theirs', { ifAbsent: true, ttlMs: 100 })])
      assert.equal(theirs?.ok, true)
      assert.deepEqual(await take(), { ...over, version: theirs?.version })
      await state.write([{ namespace: ns, key: 'lock', delete: true }])
      assert.deepEqual(await take(), over)
      assert.equal(await state.get(ns, 'lock'), undefined)

      const [made] = await state.write([put('k', 1)])
      const conditional: StateWrite[] = [
        put('k', 2, { ifVersion: made?.version, operation: 'swap' }),
        { namespace: ns, key: 'n', increment: 1, ifVersion: 0, operation: 'add' },
      ]
      for (const write of conditional) {
        const [outcome] = await state.write([write])
        assert.deepEqual(await state.write([write]), [{ ...outcome, repeated: true }])
        // Together with others, all or none.
        const batch = [put('other', 1), write]
        assert.equal((await state.write(batch))[1]?.ok, true)
        const [later] = await state.write([{ namespace: ns, key: write.key, value: 9 }])
        const stands = { ok: false, key: write.key, version: later?.version, reason: 'conflict' }
        assert.deepEqual(await state.write([write]), [{ ...stands, repeated: true }])
        assert.deepEqual((await state.write(batch)).at(-1), { ...stands, repeated: true })
        assert.equal((await state.get(ns, 'other'))?.version, conditional.indexOf(write) + 1)
      }
      const [kept] = await state.write([put('d', 1)])
      const release = {
        namespace: ns,
        key: 'd',
        delete: true,
        ifVersion: kept?.version,
        operation: 'release',
      }
      const [gone] = await state.write([release])
      assert.deepEqual(await state.write([release]), [{ ...gone, repeated: true }])
      await state.write([put('d', 'theirs')])
      assert.equal((await state.write([release]))[0]?.ok, false)
      assert.equal((await state.get(ns, 'd'))?.value, 'theirs')
    }),
  )

  it(
    'counts a write of an attempt that failed where it is made again unchanged, and makes any other',
    on(open, async ({ state, clock }) => {
      await state.write([put('k', 1, { operation: 'op' })])
      const [same] = await state.write([put('k', 1, { operation: 'op@1', earlier: ['op'] })])
      assert.deepEqual(same?.ok && [same.version, same.repeated], [1, true])
      const other = put('k', 2, { operation: 'op@2', earlier: ['op@1', 'op'] })
      assert.deepEqual(await state.write([other]), [{ ok: true, key: 'k', version: 2, sequence: 2 }])
      assert.equal((await state.write([other]))[0]?.version, 2)
      // The newest that was made decides: the first value again is another write by now.
      const back = put('k', 1, { operation: 'op@3', earlier: ['op@2', 'op@1', 'op'] })
      assert.equal((await state.write([back]))[0]?.version, 3)

      const add = (increment: number, operation: string, ...earlier: string[]) =>
        state.write([{ namespace: ns, key: 'n', increment, operation, earlier }])
      await add(5, 'add')
      const [once] = await add(5, 'add@1', 'add')
      assert.equal(once?.ok && once.value, 5)
      const [more] = await add(2, 'add@1', 'add')
      assert.equal(more?.ok && more.value, 7)

      const remove = { namespace: ns, key: 'k', delete: true } as const
      await state.write([{ ...remove, operation: 'del' }])
      await state.write([put('k', 'back')])
      await state.write([{ ...remove, operation: 'del@1', earlier: ['del'] }])
      assert.equal((await state.get(ns, 'k'))?.value, 'back')

      const take = (operation: string, ...earlier: string[]) =>
        state.write([put('lock', 'mine', { ifAbsent: true, ttlMs: 100, operation, earlier })])
      const [first] = await take('take')
      assert.deepEqual(await take('take@1', 'take'), [{ ...first, repeated: true }])
      clock.advance(100)
      // It is over and nobody has it: it is taken again, by a write of its own.
      const [again] = await take('take@1', 'take')
      assert.deepEqual(again?.ok && [again.repeated, again.version], [undefined, (first?.version ?? 0) + 2])
      clock.advance(100)
      await state.write([put('lock', 'theirs', { ifAbsent: true })])
      assert.equal((await take('take@2', 'take@1', 'take'))[0]?.ok, false)
    }),
  )

  it(
    'applies a deletion with an operation once, though the key comes back',
    on(open, async ({ state }) => {
      const remove = () => state.write([{ namespace: ns, key: 'k', delete: true, operation: 'del' }])
      const [first] = await remove()
      await state.write([put('k', 'back')])
      assert.deepEqual(await remove(), [{ ...first, repeated: true }])
      assert.equal((await state.get(ns, 'k'))?.value, 'back')
    }),
  )

  it(
    'tells what was written under an operation, and what its writer made of it',
    on(open, async ({ state, erase }) => {
      assert.equal(await state.recorded(ns, 'op'), undefined)
      const write = () =>
        state.write([put('k', { a: 1 }, { operation: 'op', result: ['made', 2] }), put('l', 1)])
      const [first] = await write()
      await state.write([put('k', 'later')])
      const told = { sequence: 1, key: 'k', version: 1, value: { a: 1 }, result: ['made', 2] }
      assert.deepEqual(await state.recorded(ns, 'op'), told)
      assert.deepEqual((await write())[0], { ...first, result: ['made', 2], repeated: true })
      assert.equal(await state.recorded('global', 'op'), undefined)
      await state.write([{ namespace: ns, key: 'n', increment: 4, operation: 'add' }])
      assert.equal((await state.recorded(ns, 'add'))?.value, 4)
      if (erase === undefined) return
      await erase(`state/${ns}`, 1)
      assert.deepEqual(await state.recorded(ns, 'op'), { sequence: 1 })
      assert.equal((await write())[0]?.ok, true)
    }),
  )

  it(
    'changes nothing where there is nothing to delete, unless it is to be done once',
    on(open, async (store) => {
      const { state, clock } = store
      const remove = (more: Partial<StateWrite> = {}) =>
        state.write([{ namespace: ns, key: 'k', delete: true, ...more }])
      assert.deepEqual(await remove(), [{ ok: true, key: 'k', version: 0, sequence: 0 }])
      assert.deepEqual(await remove({ ifVersion: 1 }), [
        { ok: false, key: 'k', version: 0, reason: 'conflict' },
      ])
      assert.deepEqual(await changes(store), [])
      await state.write([put('k', 1, { ttlMs: 10 }), put('other', 1)])
      clock.advance(10)
      // Its end is recorded on the way: that is not a deletion.
      assert.deepEqual(await remove(), [{ ok: true, key: 'k', version: 0, sequence: 3 }])
      assert.deepEqual(await remove(), [{ ok: true, key: 'k', version: 0, sequence: 3 }])
      assert.deepEqual(
        (await changes(store)).map(([type]) => type),
        ['state.changed', 'state.changed', 'state.expired'],
      )
      const several: StateWrite[] = [put('a', 1), { namespace: ns, key: 'k', delete: true }, put('b', 1)]
      assert.deepEqual(
        (await state.write(several)).map((outcome) => outcome.ok && [outcome.version, outcome.sequence]),
        [
          [1, 4],
          [0, 4],
          [1, 5],
        ],
      )
      const [once] = await remove({ operation: 'op' })
      await state.write([put('k', 'came meanwhile')])
      assert.deepEqual(await remove({ operation: 'op' }), [{ ...once, repeated: true }])
      assert.equal((await state.get(ns, 'k'))?.value, 'came meanwhile')
    }),
  )

  it(
    'does not record what was refused',
    on(open, async ({ state }) => {
      assert.equal((await state.write([put('k', 1, { ifVersion: 1, operation: 'op' })]))[0]?.ok, false)
      assert.equal((await state.write([put('k', 1, { ifVersion: 0, operation: 'op' })]))[0]?.ok, true)
    }),
  )
}

const expiry = (open: OpenStore) => {
  it(
    'returns no value at or past its expiry and commits the end once',
    on(open, async (store) => {
      const { state, clock } = store
      await state.write([put('k', 1, { ttlMs: 100 }), put('stays', 1)])
      assert.equal((await state.get(ns, 'k'))?.expiresAt, clock.now() + 100)
      clock.advance(99)
      assert.equal((await state.get(ns, 'k'))?.value, 1)
      clock.advance(1)
      assert.equal(await state.get(ns, 'k'), undefined)
      assert.deepEqual(
        (await state.list(ns)).map((entry) => entry.key),
        ['stays'],
      )
      assert.equal(await state.get(ns, 'k'), undefined)
      await state.write([put('after', 1)])
      const ends = (await changes(store)).filter(([type]) => type === 'state.expired')
      assert.deepEqual(ends, [['state.expired', 3, { namespace: ns, key: 'k', version: 2, previous: 1 }]])
    }),
  )

  it(
    'ends an expired key before it is written anew',
    on(open, async (store) => {
      const { state, clock } = store
      await state.write([put('k', 1, { ttlMs: 10 })])
      clock.advance(20)
      const stale = await state.write([put('k', 2, { ifVersion: 1 })])
      assert.deepEqual(stale, [{ ok: false, key: 'k', version: 0, reason: 'conflict' }])
      const anew = await state.write([put('k', 3, { ifVersion: 0 })])
      assert.deepEqual(anew, [{ ok: true, key: 'k', version: 3, sequence: 3 }])
      assert.deepEqual(
        (await changes(store)).map(([type]) => type),
        ['state.changed', 'state.expired', 'state.changed'],
      )
      assert.equal((await state.get(ns, 'k'))?.expiresAt, undefined)
    }),
  )

  it(
    'a later write without a time to live keeps the key',
    on(open, async ({ state, clock }) => {
      await state.write([put('k', 1, { ttlMs: 10 })])
      await state.write([put('k', 2)])
      clock.advance(1000)
      assert.equal((await state.get(ns, 'k'))?.value, 2)
    }),
  )

  it(
    'sweeps what nobody asks for, no more than asked at once',
    on(open, async (store) => {
      const { state, clock, sweep } = store
      if (!sweep) return
      await state.write(Array.from({ length: 10 }, (_, i) => put(`k${i}`, i, { ttlMs: 10 + i })))
      clock.advance(1000)
      assert.deepEqual([await sweep(4), await sweep(100), await sweep(100)], [4, 6, 0])
      assert.equal((await changes(store)).filter(([type]) => type === 'state.expired').length, 10)
    }),
  )
}

const listing = (open: OpenStore) => {
  it(
    'lists in the order of code points, by prefix and page, one namespace',
    on(open, async ({ state }) => {
      const keys = ['b', 'a:2', 'a:10', 'a', 'ä', '\uffee', '😀', 'a%_', "it's"]
      await state.write(keys.map((key) => put(key, key)))
      await state.write([{ namespace: 'global', key: 'a:3', value: 1 }])
      const list = async (options?: Parameters<typeof state.list>[1]) =>
        (await state.list(ns, options)).map((entry) => entry.key)
      const order = ['a', 'a%_', 'a:10', 'a:2', 'b', "it's", 'ä', '\uffee', '😀']
      assert.deepEqual(await list(), order)
      assert.deepEqual(await list({ prefix: 'a' }), ['a', 'a%_', 'a:10', 'a:2'])
      assert.deepEqual(await list({ prefix: 'a:' }), ['a:10', 'a:2'])
      assert.deepEqual(await list({ prefix: 'a', after: 'a%_', limit: 1 }), ['a:10'])
      assert.deepEqual(await list({ after: '\uffee' }), ['😀'])
      assert.deepEqual(await list({ limit: 0 }), [])
      assert.deepEqual(await state.list('team/none'), [])
    }),
  )
}

const history = (open: OpenStore) => {
  it(
    'makes every change an event of the namespace, its version the sequence',
    localOnly(open),
    on(open, async (store) => {
      const { state, clock } = store
      const provenance = { run: '1', step: 's', agent: 'a', cause: 'run/1@1', epoch: 0 }
      await state.write([put('k', { x: 1 }, { ttlMs: 50, operation: 'op', provenance })])
      await state.write([{ namespace: ns, key: 'k', delete: true }])
      const expiresAt = clock.now() + 50
      assert.deepEqual(await changes(store), [
        [
          'state.changed',
          1,
          { namespace: ns, key: 'k', version: 1, value: { x: 1 }, expiresAt, operation: 'op' },
        ],
        ['state.changed', 2, { namespace: ns, key: 'k', version: 2, previous: 1, deleted: true }],
      ])
      const [event] = await store.log.query({ run: '1' })
      assert.deepEqual(
        [event?.step, event?.agent, event?.cause, event?.at],
        ['s', 'a', 'run/1@1', clock.now()],
      )
      assert.equal((await store.log.verify(`state/${ns}`)).brokenAt, undefined)
    }),
  )

  it(
    'tells the listeners of the log',
    on(open, async ({ state, log }) => {
      const heard: string[] = []
      const leave = log.onCommit(({ streams }) => heard.push(...streams))
      await state.write([put('k', 1)])
      await state.write([put('k', 1, { ifVersion: 9 })])
      await Promise.resolve()
      assert.deepEqual(heard, [`state/${ns}`])
      leave()
    }),
  )
}
