import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import fc from 'fast-check'
import { type ErrorCode, type Json, key, type Provenance, type Schema, type State } from '../../src/index.ts'
import type { ManualClock } from '../../src/testing/clock.ts'

/** A namespace of a fresh store, as one user of it sees it, and as another does. */
export type Sdk = { state: State; other: State; clock: ManualClock; provenance: Provenance }
export type OpenSdk = (t: TestContext) => Promise<Sdk>

const code = (expected: ErrorCode) => ({ code: expected })

const take = async <T>(from: AsyncIterator<T, undefined>, count: number): Promise<T[]> => {
  const taken: T[] = []
  while (taken.length < count) {
    const next = await from.next()
    if (next.done) break
    taken.push(next.value)
  }
  return taken
}

const plain = async (state: State) =>
  Object.fromEntries((await state.list()).map((entry) => [entry.key, entry.value]))

const numbers: Schema<number> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) =>
      typeof value === 'number' ? { value } : { issues: [{ message: 'must be a number' }] },
  },
}

/** What the object promises that agents use for shared state, wherever they run. */
export const sdkContract = (name: string, open: OpenSdk): void => {
  describe(`shared state ${name}`, () => {
    writing(open)
    together(open)
    reading(open)
    watching(open)
    branches(open)
    odd(open)
  })
}

const writing = (open: OpenSdk) => {
  it('keeps values with version, time and who wrote them', async (t) => {
    const { state, clock, provenance } = await open(t)
    assert.equal(await state.get('k'), undefined)
    assert.equal(await state.entry('k'), undefined)
    assert.deepEqual(await state.set('k', { n: [1] }), { ok: true, key: 'k', version: 1, sequence: 1 })
    const entry = { key: 'k', value: { n: [1] }, version: 1, at: clock.now(), provenance }
    assert.deepEqual(await state.entry('k'), entry)
    assert.deepEqual(state.peek('k'), { n: [1] })
    await state.set('k', 2)
    assert.notDeepEqual(state.peek('k'), { n: [1] })
    await state.get('k')
    assert.equal(state.peek('k'), 2)
    assert.equal((await state.delete('k')).ok, true)
    assert.equal(await state.get('k'), undefined)
    assert.equal(state.peek('k'), undefined)
    assert.deepEqual(await state.set('k', null), { ok: true, key: 'k', version: 4, sequence: 4 })
    assert.equal(await state.get('k'), null)
  })

  it('writes under a condition, or says which version stood in the way', async (t) => {
    const { state } = await open(t)
    assert.equal((await state.set('k', 1, { ifAbsent: true })).ok, true)
    const refused = { ok: false, key: 'k', version: 1, reason: 'conflict' }
    assert.deepEqual(await state.set('k', 2, { ifAbsent: true }), refused)
    assert.deepEqual(await state.compareAndSet('k', 7, 2), refused)
    assert.deepEqual(await state.delete('k', { ifVersion: 2 }), refused)
    assert.equal((await state.compareAndSet('k', 1, 2)).ok, true)
    assert.equal(await state.get('k'), 2)
  })

  it('ends keys when their time is over', async (t) => {
    const { state, clock } = await open(t)
    await state.set('short', 1, { ttlMs: 50 })
    await state.increment('count', 2, { ttlMs: 50 })
    assert.equal((await state.entry('short'))?.expiresAt, clock.now() + 50)
    clock.advance(50)
    assert.equal(await state.get('short'), undefined)
    assert.equal(await state.increment('count'), 1)
    assert.equal((await state.history('short'))[0]?.ended, 'expired')
  })

  it('refuses what is no value, no key and no number', async (t) => {
    const { state } = await open(t)
    await assert.rejects(state.set('', 1), code('input.invalid'))
    await assert.rejects(state.set('half \ud800', 1), code('input.invalid'))
    await state.set('text', 'x')
    await assert.rejects(state.increment('text'), code('input.invalid'))
    await assert.rejects(state.set('k', 1, { ttlMs: -1 }), code('input.invalid'))
    assert.deepEqual(await plain(state), { text: 'x' })
  })

  it('keeps typed keys to their schema', async (t) => {
    const { state } = await open(t)
    const count = state.of(key('count', numbers))
    await count.set(3)
    assert.equal(await count.get(), 3)
    await state.set('count', 'three')
    await assert.rejects(count.get())
  })
}

const together = (open: OpenSdk) => {
  it('has no mediator outside of an agent in the process, and says so before anything is written', async (t) => {
    const { state } = await open(t)
    let asked = 0
    const change = () => ++asked
    await assert.rejects(state.update('k', change, { onConflict: { mediator: 'editor' } }), {
      code: 'agent.unknown',
      message: /"editor" as one is asked where the run of its team is at work: .*; update with onConflict/,
    })
    assert.deepEqual([asked, await state.get('k')], [0, undefined])
    assert.equal((await state.update('k', change, { onConflict: 'fail' })).ok, true)
  })

  it('loses no update of two who read, change and write, or add', async (t) => {
    const { state, other } = await open(t)
    const add = (to: State) =>
      Promise.all(
        Array.from({ length: 15 }, () => [
          to.update('sum', (value) => ((value as number | undefined) ?? 0) + 1),
          to.increment('count', 2),
        ]).flat(),
      )
    await Promise.all([add(state), add(other)])
    assert.deepEqual(await plain(state), { sum: 30, count: 60 })
  })

  it('moves amounts between keys, all or nothing', async (t) => {
    const { state, other } = await open(t)
    await state.set('a', 20)
    await state.set('b', 0)
    const move = (by: State) =>
      by.transaction(async (tx) => {
        const [a, b] = [(await tx.get('a')) as number, (await tx.get('b')) as number]
        tx.set('a', a - 1)
        tx.set('b', b + 1)
        return a + b
      })
    const sums = await Promise.all(Array.from({ length: 10 }, (_, i) => move(i % 2 === 0 ? state : other)))
    assert.deepEqual(sums, Array(10).fill(20))
    assert.deepEqual(await plain(other), { a: 10, b: 10 })
    await assert.rejects(
      state.transaction((tx) => {
        tx.set('a', 0)
        throw new Error('no')
      }),
      /no/,
    )
    assert.equal(await state.get('a'), 10)
  })
}

const reading = (open: OpenSdk) => {
  it('lists by prefix and page, and reads the past', async (t) => {
    const { state, clock, provenance } = await open(t)
    for (const name of ['a:1', 'a:2', 'b:1', 'b:2']) await state.set(name, name)
    await state.set('a:1', 'later')
    const keys = async (options?: Parameters<State['list']>[0]) =>
      (await state.list(options)).map((entry) => entry.key)
    assert.deepEqual(await keys(), ['a:1', 'a:2', 'b:1', 'b:2'])
    assert.deepEqual(await keys('b:'), ['b:1', 'b:2'])
    assert.deepEqual(await keys({ after: 'a:1', limit: 2 }), ['a:2', 'b:1'])
    assert.deepEqual(await keys({ at: { sequence: 2 } }), ['a:1', 'a:2'])
    assert.equal((await state.entry('a:1', { at: { version: 1 } }))?.value, 'a:1')
    assert.equal((await state.entry('a:1', { at: { time: clock.now() } }))?.value, 'later')
    assert.equal(await state.entry('b:1', { at: { sequence: 2 } }), undefined)
    await assert.rejects(state.entry('a:1', { at: { sequence: 99 } }), code('input.invalid'))
    assert.deepEqual(
      (await state.history('a:1')).map((change) => [change.version, change.value, change.provenance]),
      [
        [2, 'later', provenance],
        [1, 'a:1', provenance],
      ],
    )
    assert.deepEqual(
      (await state.history('a:1', { before: 5 })).map(({ version }) => version),
      [1],
    )
    assert.equal(await state.sequence(), 5)
  })

  it('lists more than a page, of one moment', async (t) => {
    const { state } = await open(t)
    await state.transaction((tx) => {
      for (let i = 0; i < 2500; i++) tx.set(`k${String(i).padStart(4, '0')}`, i)
    })
    const entries = await state.list()
    assert.deepEqual([entries.length, entries.at(-1)?.value], [2500, 2499])
    assert.equal((await state.list({ limit: 1700 })).length, 1700)
  })
}

const watching = (open: OpenSdk) => {
  it('tells every change in order, from now on or from a sequence', async (t) => {
    const { state, other, clock, provenance } = await open(t)
    const now = state.watch('stock:*')
    assert.equal(await now.opened, 0)
    await other.set('stock:a', 1, { ttlMs: 9 })
    await other.set('else', 1)
    await state.delete('stock:a')
    const [first, second] = await take(now, 2)
    assert.ok(first?.kind === 'change' && second?.kind === 'change')
    const { operation, ...rest } = first
    assert.equal(typeof operation, 'string')
    assert.deepEqual(rest, {
      kind: 'change',
      namespace: state.namespace,
      key: 'stock:a',
      sequence: 1,
      version: 1,
      at: clock.now(),
      value: 1,
      expiresAt: clock.now() + 9,
      provenance,
    })
    assert.deepEqual([second.sequence, second.ended], [3, 'deleted'])
    now.close()
    assert.equal((await now.next()).done, true)
    const again = state.watch('*', { since: 1 })
    assert.deepEqual(
      (await take(again, 2)).map(({ sequence }) => sequence),
      [2, 3],
    )
    again.close()
  })

  it('tells who asks for what never was that it begins anew', async (t) => {
    const { state } = await open(t)
    await state.set('k', 1)
    const watch = state.watch('*', { since: 50 })
    const [news] = await take(watch, 1)
    assert.ok(news?.kind === 'resync')
    assert.deepEqual([news.reason, news.sequence, news.entries[0]?.value], ['ahead', 1, 1])
    watch.close()
  })

  it('ends a watch that is aborted or left', async (t) => {
    const { state } = await open(t)
    const stop = new AbortController()
    const watch = state.watch('*', { signal: stop.signal })
    await watch.opened
    const waiting = watch.next()
    stop.abort()
    assert.equal((await waiting).done, true)
    await state.set('k', 1)
    const left = state.watch('*', { since: 0 })
    for await (const news of left) {
      assert.equal(news.sequence, 1)
      break
    }
    assert.equal((await left.next()).done, true)
  })

  it('sends messages to who subscribes', async (t) => {
    const { state, other, clock, provenance } = await open(t)
    const subscription = state.subscribe('inventory_*')
    await subscription.opened
    await other.publish('else', 0)
    await other.publish('inventory_updates', { sku: 'a', delta: -1 })
    const [told] = await take(subscription, 1)
    assert.ok(told?.id)
    assert.deepEqual(told, {
      id: told.id,
      channel: 'inventory_updates',
      message: { sku: 'a', delta: -1 },
      at: clock.now(),
      provenance,
    })
    subscription.close()
    assert.equal((await subscription.next()).done, true)
  })
}

const branches = (open: OpenSdk) => {
  it('forks, tells what differs, and merges', async (t) => {
    const { state } = await open(t)
    await state.set('a', 1)
    await state.set('b', 1)
    const branch = await state.fork(`${state.namespace}/branch`)
    await branch.set('a', 2)
    await branch.delete('b')
    await state.set('c', 3)
    assert.deepEqual(await plain(state), { a: 1, b: 1, c: 3 })
    assert.equal((await state.diff(branch.namespace)).length, 3)
    const { merged, conflicts } = await state.merge(branch.namespace)
    assert.deepEqual([merged.toSorted(), conflicts], [['a', 'b'], []])
    const mark = { [`$merged:${branch.namespace}`]: { sequence: 3 } }
    assert.deepEqual(await plain(state), { ...mark, a: 2, c: 3 })
    assert.deepEqual(
      (await state.diff(branch.namespace)).map(({ key }) => key),
      ['c'],
    )
    assert.deepEqual(await state.merge(branch.namespace), { merged: [], conflicts: [] })
  })
}

const odd = (open: OpenSdk) => {
  const keys = fc.oneof(
    fc.string({ unit: 'grapheme', minLength: 1 }),
    fc.constantFrom(
      '../x',
      'a/../b',
      '%2e%2e/',
      '?a=b&c',
      '#',
      '+ +',
      'a\nb: c',
      '"',
      "'",
      '..',
      '\\',
      '*',
      '__proto__',
    ),
  )
  it('keeps any key and any value as they are', async (t) => {
    const { state } = await open(t)
    const expected = new Map<string, Json>()
    await fc.assert(
      fc.asyncProperty(keys, fc.jsonValue({ maxDepth: 3 }), async (name, value) => {
        fc.pre(!name.includes('\0') && !name.startsWith('step:'))
        const written: Json = JSON.parse(JSON.stringify(value))
        await state.set(name, written)
        expected.set(name, written)
        assert.deepEqual(await state.get(name), written)
        assert.deepEqual((await state.list({ prefix: name, limit: 1 }))[0]?.key, name)
      }),
      { numRuns: 40 },
    )
    const listed = (await state.list()).map((entry) => [entry.key, entry.value] as const)
    assert.deepEqual(new Map(listed), expected)
  })
}
