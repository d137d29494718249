import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { z } from 'zod'
import { isConcordError } from '../domain/errors.ts'
import { type Json, sameJson } from '../domain/json.ts'
import { volatileStores } from '../stores/volatile/stores.ts'
import { machineClock, manualClock } from '../testing/clock.ts'
import { scopedState } from './scoped-state.ts'
import { key } from './state-keys.ts'
import { diffEntries, mergeEntries } from './state-merge.ts'

const open = () =>
  volatileStores({ clock: manualClock(), random: { next: Math.random, bytes: randomBytes } }).state
const scope = (store = open(), operationPrefix = 'p') =>
  scopedState({
    store,
    namespace: 'n',
    provenance: { agent: 'a' },
    operationPrefix,
    repeatable: true,
    clock: machineClock,
  })
const refused = (code: string) => (error: unknown) => isConcordError(error) && error.code === code

describe('the state agents use', () => {
  it('applies each write once when the step is executed again, through every way to it', async () => {
    const store = open()
    const step = async () => {
      const state = scope(store)
      await state.increment('n', 2)
      await state.increment('n', 3)
      await state.in('team/m').set('k', 1)
      await state.in('team/m').set('k', 2)
      await state.update('u', (n) => Number(n ?? 0) + 1)
      await state.transaction(async (tx) => tx.set('t', Number((await tx.get('t')) ?? 0) + 1))
      return [
        await state.get('n'),
        await state.in('team/m').get('k'),
        await state.get('u'),
        await state.get('t'),
      ]
    }
    assert.deepEqual(await step(), [5, 2, 1, 1])
    assert.deepEqual(await step(), [5, 2, 1, 1])
    assert.equal(await store.sequence('team/m'), 2)
  })

  it('goes on with what it wrote the first time when the step is executed again, whatever others wrote since', async () => {
    const store = open()
    const lamps = key('lamps', z.number())
    let calls = 0
    const step = async () => {
      const state = scope(store)
      const now = await state.of(lamps).update((n = 0) => {
        calls++
        return n + 5
      })
      const sold = await state.transaction(async (tx) => {
        calls++
        const left = Number(await tx.get('left'))
        if (left <= 0) return 'sold out'
        tx.set('left', left - 1)
        return 'got one'
      })
      return { now, sold }
    }
    await scope(store, 'before').set('left', 1)
    const first = await step()
    assert.deepEqual(first, { now: 5, sold: 'got one' })
    await scope(store, 'after').set('lamps', 70)
    assert.deepEqual(await step(), first)
    assert.equal(calls, 2)
    assert.equal(await scope(store).get('lamps'), 70)
    // What is kept has to be JSON; nothing was written.
    const odd = scope(store, 'odd').transaction((tx) => {
      tx.set('odd', 1)
      return () => 1
    })
    await assert.rejects(odd, refused('input.invalid'))
    assert.equal(await scope(store).get('odd'), undefined)
  })

  it('is held up by nobody whose change never ends, nor by an update within an update', async () => {
    const store = open()
    const state = scope(store)
    void state.update('k', () => new Promise<Json>(() => undefined)).catch(() => undefined)
    assert.equal((await scope(store, 'other').update('k', () => 1)).ok, true)
    const nested = scope(store, 'nested').update(
      'n',
      async (n) => {
        await scope(store, `inner${String(n)}`).update('n', (m) => Number(m ?? 0) + 1)
        return 0
      },
      2,
    )
    await assert.rejects(nested, refused('version.conflict'))
  })

  it('keeps the expiry of what it updates, and takes it over with what it merges', async () => {
    const clock = manualClock()
    const { state: store } = volatileStores({ clock, random: { next: Math.random, bytes: randomBytes } })
    const state = scopedState({ store, namespace: 'n', provenance: {}, operationPrefix: 'p', clock })
    await state.set('lease', 1, { ttlMs: 1000 })
    const expiresAt = clock.now() + 1000
    await state.update('lease', (n) => Number(n) + 1)
    assert.equal((await state.entry('lease'))?.expiresAt, expiresAt)
    await state.update('lease', (n) => Number(n) + 1, { ttlMs: 5000 })
    assert.equal((await state.entry('lease'))?.expiresAt, clock.now() + 5000)
    const draft = await state.fork('run/draft')
    await draft.set('new', 1, { ttlMs: 300 })
    await state.merge('run/draft')
    assert.equal((await state.entry('new'))?.expiresAt, clock.now() + 300)
  })

  it('refuses what is no JSON, no version and no number of attempts, by name', async () => {
    const state = scope()
    const cycle: { [name: string]: unknown } = {}
    cycle.self = cycle
    for (const value of [{ a: Number.NaN }, cycle, () => 1])
      await assert.rejects(async () => state.set('k', value as Json), refused('input.invalid'))
    await assert.rejects(state.set('k', 1, { ifVersion: -1 }), refused('input.invalid'))
    await assert.rejects(
      state.update('k', () => 1, Number.NaN),
      refused('input.invalid'),
    )
    await assert.rejects(
      state.transaction(() => 1, 0),
      refused('input.invalid'),
    )
    for (const misspelt of [
      () => state.set('k', 1, JSON.parse('{"ttl":5}')),
      () => state.delete('k', JSON.parse('{"ifversion":5}')),
      () => state.update('k', () => 1, JSON.parse('{"attempts":5}')),
      () => state.transaction((tx) => tx.set('k', 1, JSON.parse('{"ttl":5}'))),
    ])
      await assert.rejects(misspelt(), refused('input.invalid'))
    const long = 'k'.repeat(100_000)
    await assert.rejects(
      state.set(long, 1),
      (error: Error) => refused('input.invalid')(error) && error.message.length < 1000,
    )
  })

  it('refuses a key whose schema could not read what it wrote', async () => {
    const state = scope()
    await assert.rejects(state.of(key('n', z.string().transform(Number))).set(5), refused('input.invalid'))
    await assert.rejects(
      state
        .of(key<number>('n', z.coerce.string().transform(Number)))
        .set(5)
        .then(() => state.of(key('d', z.date())).set(new Date(0))),
      refused('input.invalid'),
    )
    assert.equal(await state.of(key('d', z.string().default('x'))).update(async (v) => `${v}!`), 'undefined!')
  })

  it('loses none of a thousand updates at once', async () => {
    const state = scope()
    await Promise.all(Array.from({ length: 1000 }, () => state.update('n', (n) => Number(n ?? 0) + 1)))
    assert.equal(await state.get('n'), 1000)
  })

  it('moves money between accounts without making or losing any, whoever else does', async () => {
    const store = open()
    const state = scope(store)
    for (const account of ['a', 'b', 'c']) await state.set(account, 100)
    const move = (i: number) =>
      scope(store, `mover${i}`).transaction(async (tx) => {
        const [from = 'a', to = 'b'] = [['a', 'b', 'c'][i % 3], ['b', 'c', 'a'][i % 3]]
        const left = Number(await tx.get(from))
        if (left < 10) return
        tx.set(from, left - 10)
        tx.increment(to, 10)
      })
    await Promise.all(Array.from({ length: 60 }, (_, i) => move(i)))
    const sum = (await state.list()).reduce((total, { value }) => total + Number(value), 0)
    assert.equal(sum, 300)
  })

  it('tells of a transaction that went through after others came between', async () => {
    const store = open()
    const resolved: unknown[] = []
    const state = scopedState({
      store,
      namespace: 'n',
      provenance: { agent: 'a' },
      operationPrefix: 'p',
      clock: machineClock,
      resolved: (data) => resolved.push(data),
    })
    let calls = 0
    await state.transaction(async (tx) => {
      const n = Number((await tx.get('k')) ?? 0)
      if (calls++ === 0) await scope(store, 'other').set('k', 10)
      tx.set('k', n + 1)
    })
    const [{ theirs, ...told }] = resolved as [{ theirs: { value: number } }]
    assert.equal(theirs.value, 10)
    assert.deepEqual(told, {
      namespace: 'n',
      key: 'k',
      by: 'retry',
      attempts: 2,
      resolution: { value: 11, version: 2, provenance: { agent: 'a' } },
    })
  })

  it('gives up a transaction that others always come before, and says what they wrote', async () => {
    const store = open()
    const state = scope(store)
    const other = scope(store, 'other')
    await assert.rejects(
      state.transaction(async (tx) => {
        await tx.get('k')
        await other.increment('k')
        tx.set('mine', 1)
      }, 3),
      (error: unknown) => refused('version.conflict')(error) && /"k"/.test(String(error)),
    )
    assert.equal(await state.get('mine'), undefined)
    assert.equal(await state.get('k'), 3)
  })

  it('checks values of typed keys when written and when read', async () => {
    const state = scope()
    const stock = state.of(key('stock', z.object({ quantity: z.number() })))
    await stock.set({ quantity: 1 })
    assert.deepEqual(await stock.update((now) => ({ quantity: (now?.quantity ?? 0) + 1 })), { quantity: 2 })
    assert.deepEqual(stock.peek(), { quantity: 2 })
    await assert.rejects(stock.set(JSON.parse('{"quantity":"many"}')), refused('input.invalid'))
    await state.set('stock', 'broken by somebody without the schema')
    await assert.rejects(stock.get(), refused('input.invalid'))
    assert.equal((await stock.history()).length, 3)
  })

  it('forks, compares and merges back, conflicts resolved or reported', async () => {
    const state = scope()
    for (const name of ['same', 'ours', 'theirs', 'both', 'gone']) await state.set(name, 'base')
    const draft = await state.fork('run/draft')
    await state.set('ours', 1)
    await state.set('both', 'our')
    await draft.set('theirs', 2)
    await draft.set('both', 'their')
    await draft.delete('gone')
    await draft.set('new', 3)
    assert.deepEqual((await state.diff('run/draft')).map((each) => each.key).sort(), [
      'both',
      'gone',
      'new',
      'ours',
      'theirs',
    ])
    const { merged, conflicts } = await state.merge('run/draft')
    assert.deepEqual(merged.sort(), ['gone', 'new', 'theirs'])
    assert.deepEqual(
      conflicts.map(({ key: of, base, ours, theirs }) => [of, base?.value, ours?.value, theirs?.value]),
      [['both', 'base', 'our', 'their']],
    )
    await state.merge('run/draft', { resolve: ({ ours, theirs }) => `${ours?.value}+${theirs?.value}` })
    assert.equal(await state.get('both'), 'our+their')
    assert.deepEqual([await state.get('gone'), await state.get('ours')], [undefined, 1])
    await assert.rejects(state.merge('unrelated'), refused('input.invalid'))
  })
})

describe('merging twice', () => {
  it('tells no conflict about what the other did not change since, and still tells one that was left', async () => {
    const state = scope()
    await state.set('a', 'base')
    await state.set('b', 'base')
    const draft = await state.fork('run/draft')
    await draft.set('a', 'draft')
    assert.deepEqual(await state.merge('run/draft'), { merged: ['a'], conflicts: [] })
    await state.set('a', 'ours, later')
    assert.deepEqual(await state.merge('run/draft'), { merged: [], conflicts: [] })
    await draft.set('b', 'draft')
    await state.set('b', 'ours')
    for (let i = 0; i < 2; i++) {
      const { conflicts } = await state.merge('run/draft')
      assert.deepEqual(
        conflicts.map((conflict) => conflict.key),
        ['b'],
      )
    }
    const resolved = await state.merge('run/draft', {
      resolve: async ({ ours, theirs }) => `${ours?.value}+${theirs?.value}`,
    })
    assert.deepEqual(resolved.conflicts, [])
    assert.equal(await state.get('b'), 'ours+draft')
    assert.deepEqual((await draft.diff('n')).map((each) => each.key).sort(), ['a', 'b'])
    // A branch of what the draft was merged into: it knows the draft, which has not changed since.
    const other = await state.fork('run/other')
    await other.set('c', 1)
    const { merged, conflicts } = await draft.merge('run/other')
    assert.deepEqual([merged, conflicts], [['a', 'b', 'c'], []])
  })

  it('answers what it did when it is executed again', async () => {
    const store = open()
    await (await scope(store, 'before').fork('run/branch')).set('k', 2)
    const merge = () => scope(store, 'step').merge('run/branch')
    assert.deepEqual(await merge(), { merged: ['k'], conflicts: [] })
    await scope(store, 'after').set('k', 3)
    assert.deepEqual(await merge(), { merged: ['k'], conflicts: [] })
    assert.equal(await scope(store).get('k'), 3)
  })
})

const entries = fc
  .dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.integer({ min: 0, max: 2 }))
  .map((values) =>
    Object.entries(values).map(([name, value]) => ({ key: name, value, version: 1, at: 0, provenance: {} })),
  )
const valuesOf = (list: readonly { key: string; value: Json }[]) =>
  Object.fromEntries(list.map((entry) => [entry.key, entry.value]))

describe('merging', () => {
  it('takes from each side what only it changed, and reports the rest', () =>
    fc.assert(
      fc.asyncProperty(entries, entries, entries, async (base, ours, theirs) => {
        const { writes, conflicts } = await mergeEntries({ base, ours, theirs })
        const [was, mine, other] = [valuesOf(base), valuesOf(ours), valuesOf(theirs)]
        const result = { ...mine }
        for (const { key: name, value } of writes) {
          if (value === undefined) delete result[name]
          else result[name] = value
        }
        const conflicting = new Set(conflicts.map((conflict) => conflict.key))
        for (const name of ['a', 'b', 'c', 'd']) {
          const both = mine[name] !== was[name] && other[name] !== was[name] && mine[name] !== other[name]
          assert.equal(conflicting.has(name), both)
          assert.equal(result[name], other[name] === was[name] || both ? mine[name] : other[name])
        }
      }),
    ))

  it('a difference applied to one side gives the other', () => {
    fc.assert(
      fc.property(entries, entries, (before, after) => {
        const result = valuesOf(before)
        for (const difference of diffEntries(before, after)) {
          if (difference.after === undefined) delete result[difference.key]
          else result[difference.key] = difference.after.value
        }
        assert.ok(sameJson(result, valuesOf(after)))
      }),
    )
    assert.ok(sameJson({ a: [1, { b: 2 }], c: null }, { c: null, a: [1, { b: 2 }] }))
    assert.ok(!sameJson([1], { 0: 1 }))
  })
})
