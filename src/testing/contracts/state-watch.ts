import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Json } from '../../domain/json.ts'
import type { Message, StateNews, StateWrite } from '../../ports/state-store.ts'
import { claimed, code, localOnly, type OpenStore, on } from './fixture.ts'

const ns = 'team/stock'
const put = (key: string, value: Json, more: Partial<StateWrite> = {}): StateWrite => ({
  namespace: ns,
  key,
  value,
  ...more,
})

/** The next `count` of what somebody waits for. */
export const take = async <T>(from: AsyncIterator<T, undefined>, count: number): Promise<T[]> => {
  const taken: T[] = []
  while (taken.length < count) {
    const next = await from.next()
    if (next.done) break
    taken.push(next.value)
  }
  return taken
}

const brief = (news: StateNews) =>
  news.kind === 'resync'
    ? [news.reason, news.sequence, news.entries.map(({ key, value }) => [key, value])]
    : [news.sequence, news.key, news.value ?? news.ended]

/** Watches and channels. */
export const stateWatchContract = (open: OpenStore): void => {
  delivery(open)
  slowness(open)
  ends(open)
  channels(open)
}

const delivery = (open: OpenStore) => {
  it(
    'delivers changes in order with their sequence, however they were made',
    localOnly(open),
    on(open, async ({ state, log, clock }) => {
      const watch = state.watch(ns, '*')
      assert.equal(await watch.opened, 0)
      const first = watch.next()
      await state.write([put('a', 1, { operation: 'op', provenance: { agent: 'x' }, ttlMs: 10 })])
      assert.deepEqual((await first).value, {
        kind: 'change',
        namespace: ns,
        key: 'a',
        sequence: 1,
        version: 1,
        at: clock.now(),
        value: 1,
        expiresAt: clock.now() + 10,
        operation: 'op',
        provenance: { agent: 'x' },
      })
      await state.write([put('b', 1), { namespace: ns, key: 'b', delete: true }])
      const events = [{ type: 'run.started', at: 1, data: {} } as const]
      await log.append({
        stream: 'run/1',
        expectedVersion: 0,
        epoch: 0,
        events,
        writes: [put('c', 2)],
      })
      clock.advance(10)
      assert.equal(await state.get(ns, 'a'), undefined)
      await state.write([{ namespace: ns, key: 'n', increment: 3 }])
      await state.write([put('x', 1, { ifVersion: 7 })])
      await state.write([{ namespace: 'team/elsewhere', key: 'a', value: 1 }])
      assert.deepEqual((await take(watch, 5)).map(brief), [
        [2, 'b', 1],
        [3, 'b', 'deleted'],
        [4, 'c', 2],
        [5, 'a', 'expired'],
        [6, 'n', 3],
      ])
    }),
  )

  it(
    'tells only what matches: a key, a prefix, a pattern',
    on(open, async ({ state }) => {
      for (const key of ['a', 'a:1', 'a:x', 'b:x', 'a*']) await state.write([put(key, 1)])
      // The last change matches, too: whatever was told before it is all there is.
      const replays = async (pattern: string, ...keys: [string, ...string[]]) => {
        const watch = state.watch(ns, pattern, { since: 0 })
        const last = put(keys[0], 2)
        await state.write([last])
        const told = await take(watch, keys.length + 1)
        watch.close()
        assert.deepEqual(
          told.map((news) => (news.kind === 'change' ? news.key : news.kind)),
          [...keys, last.key],
        )
      }
      await replays('a\\*', 'a*')
      await replays('a', 'a')
      await replays('a:*', 'a:1', 'a:x')
      await replays('*:x', 'a:x', 'b:x')
    }),
  )

  it(
    'continues behind the position of the watch before, and from a bare sequence',
    on(open, async ({ state }) => {
      for (let i = 1; i <= 5; i++) await state.write([put('k', i)])
      const before = state.watch(ns, '*', { since: 0 })
      await before.opened
      assert.equal(before.position, '0')
      for (let i = 1; i <= 3; i++) assert.equal((await before.next()).value?.sequence, i)
      assert.match(before.position, /^3-[0-9a-f]{12}$/)
      before.close()
      for (const since of [before.position, 3, '3']) {
        const watch = state.watch(ns, '*', { since })
        const next = (await watch.next()).value
        assert.deepEqual([next?.kind, next?.sequence], ['change', 4])
        watch.close()
      }
      const now = state.watch(ns, '*')
      await now.opened
      assert.match(now.position, /^5-[0-9a-f]{12}$/)
      now.close()
      const other = (await state.watch(ns, '*', { since: '3-000000000000' }).next()).value
      assert.deepEqual([other?.kind, other?.sequence], ['resync', 5])
    }),
  )

  it(
    'goes on from a sequence without a gap while changes go on',
    on(open, async ({ state }) => {
      for (let i = 1; i <= 700; i += 100)
        await state.write(Array.from({ length: 100 }, (_, n) => put(`k${n % 7}`, i + n)))
      const watch = state.watch(ns, '*', { since: 3 })
      const taken = take(watch, 747)
      for (let i = 701; i <= 750; i++) await state.write([put('k', i)])
      assert.deepEqual(
        (await taken).map((news) => news.sequence),
        Array.from({ length: 747 }, (_, i) => i + 4),
      )
    }),
  )

  it(
    'gives each watcher its own copy',
    on(open, async ({ state }) => {
      const [one, other] = [state.watch(ns, '*'), state.watch(ns, '*')]
      await state.write([put('k', { list: [1] })])
      const [mine] = await take(one, 1)
      if (mine?.kind === 'change') (mine.value as { list: number[] }).list.push(2)
      assert.deepEqual((await take(other, 1)).map(brief), [[1, 'k', { list: [1] }]])
      assert.deepEqual((await state.get(ns, 'k'))?.value, { list: [1] })
    }),
  )
}

const slowness = (open: OpenStore) => {
  it(
    'keeps no more than its buffer for a slow reader, and loses nothing',
    on(open, async ({ state }) => {
      const watch = state.watch(ns, '*', { bufferMax: 4 })
      for (let i = 1; i <= 50; i++) await state.write([put('k', i)])
      const first = await take(watch, 30)
      await state.write([put('k', 51)])
      const rest = await take(watch, 21)
      assert.deepEqual(
        [...first, ...rest].map((news) => news.sequence),
        Array.from({ length: 51 }, (_, i) => i + 1),
      )
    }),
  )

  it(
    'tells a reader that is too far behind what stands now, and goes on from there',
    localOnly(open),
    on(open, async ({ state }) => {
      const watch = state.watch(ns, 'k*', { bufferMax: 2, lagMax: 5 })
      await state.write([put('other', 0)])
      for (let i = 1; i <= 20; i++) await state.write([put(`k${i % 2}`, i)])
      assert.deepEqual((await take(watch, 3)).map(brief), [
        [2, 'k1', 1],
        [3, 'k0', 2],
        [
          'behind',
          21,
          [
            ['k0', 20],
            ['k1', 19],
          ],
        ],
      ])
      const next = watch.next()
      await state.write([put('k2', 'new')])
      assert.deepEqual(brief((await next).value as StateNews), [22, 'k2', 'new'])
      const late = state.watch(ns, 'k2', { since: 1, lagMax: 5 })
      assert.deepEqual((await take(late, 1)).map(brief), [['behind', 22, [['k2', 'new']]]])
    }),
  )

  it(
    'tells a reader from the future, and one of a fork, what stands now',
    localOnly(open),
    on(open, async ({ state }) => {
      await state.write([put('k', 1)])
      const ahead = state.watch(ns, '*', { since: 99 })
      assert.deepEqual((await take(ahead, 1)).map(brief), [['ahead', 1, [['k', 1]]]])
      await state.fork('team/f', { from: ns })
      const fork = state.watch('team/f', '*', { since: 0 })
      assert.deepEqual((await take(fork, 1)).map(brief), [['forked', 1, [['k', 1]]]])
      const next = fork.next()
      await state.write([{ namespace: 'team/f', key: 'k', value: 2 }])
      assert.deepEqual(brief((await next).value as StateNews), [2, 'k', 2])
      assert.throws(() => state.watch(ns, '*', { since: -1 }), code('input.invalid'))
    }),
  )

  it(
    'passes over what was erased',
    on(open, async ({ state, erase }) => {
      if (!erase) return
      await state.write([put('k', 1), put('k', 'secret'), put('k', 3)])
      await erase(`state/${ns}`, 2)
      const watch = state.watch(ns, '*', { since: 0 })
      assert.deepEqual((await take(watch, 2)).map(brief), [
        [1, 'k', 1],
        [3, 'k', 3],
      ])
    }),
  )
}

const ends = (open: OpenStore) => {
  it(
    'ends when closed, aborted, left, or when the store closes',
    on(open, async ({ state }) => {
      const closed = state.watch(ns, '*')
      const waiting = closed.next()
      closed.close()
      assert.equal((await waiting).done, true)
      assert.equal((await closed.next()).done, true)
      const stop = new AbortController()
      const aborted = state.watch(ns, '*', { signal: stop.signal })
      const pending = aborted.next()
      stop.abort()
      assert.equal((await pending).done, true)
      assert.equal((await state.watch(ns, '*', { signal: stop.signal }).next()).done, true)
      const left = state.watch(ns, '*')
      await state.write([put('k', 1)])
      for await (const news of left) {
        assert.equal(news.sequence, 1)
        break
      }
      assert.equal((await left.next()).done, true)
      const last = state.watch(ns, '*').next()
      const message = state.subscribe('*').next()
      await state.close()
      assert.equal((await last).done, true)
      assert.equal((await message).done, true)
    }),
  )

  it(
    'answers that it was closed, whatever is asked of it or of its log afterwards, and writes nothing',
    localOnly(open),
    on(open, async ({ state, log }) => {
      await state.write([put('k', 1)])
      state.peek(ns, 'k')
      await state.close()
      const asked: (() => unknown)[] = [
        () => state.get(ns, 'k'),
        () => state.peek(ns, 'k'),
        () => state.write([put('k', 2)]),
        () => state.list(ns),
        () => state.history(ns, 'k'),
        () => state.sequence(ns),
        () => state.watch(ns, '*'),
        () => state.publish('c', 1),
        () => state.subscribe('*'),
        () => state.fork('team/f', { from: ns }),
        () => state.origin(ns),
        () => log.append({ stream: 'run/1', expectedVersion: 'any', epoch: 0, events: [claimed(1)] }),
        () => log.read('run/1'),
        () => log.version('run/1'),
        () => log.query({}),
        () => log.runs(),
        () => log.run('1'),
        () => log.verify('run/1'),
        () => log.streams(),
      ]
      for (const ask of asked) await assert.rejects(async () => ask(), code('store.closed'), String(ask))
      await state.close()
    }),
  )
}

const channels = (open: OpenStore) => {
  it(
    'sends messages to those who subscribe to the channel, and keeps none',
    localOnly(open),
    on(open, async ({ state, log, clock }) => {
      await state.publish('news', 'nobody hears this')
      const [one, all, other] = [
        state.subscribe('inventory_updates'),
        state.subscribe('*'),
        state.subscribe('x*'),
      ]
      await Promise.all([one.opened, all.opened])
      await state.publish('inventory_updates', { sku: 'a', delta: -1 }, { agent: 'shop' })
      const expected: Omit<Message, 'id'> = {
        channel: 'inventory_updates',
        message: { sku: 'a', delta: -1 },
        at: clock.now(),
        provenance: { agent: 'shop' },
      }
      const [mine] = await take(one, 1)
      assert.ok(mine !== undefined && /^[\w-]{1,64}$/.test(mine.id))
      const { id } = mine
      assert.deepEqual(mine, { id, ...expected })
      Object.assign((mine as Message).message as object, { delta: 5 })
      assert.deepEqual(await take(all, 1), [{ id, ...expected }])
      other.close()
      assert.equal((await other.next()).done, true)
      assert.deepEqual(await log.streams(), [])
      await assert.rejects(state.publish('', 1), code('input.invalid'))
    }),
  )

  it(
    'names each message: equal ones are told apart, and all who hear one hear the same name',
    on(open, async ({ state }) => {
      const heard = [state.subscribe('c'), state.subscribe('*')]
      await Promise.all(heard.map(({ opened }) => opened))
      await Promise.all(Array.from({ length: 20 }, () => state.publish('c', 'equal')))
      const [one, other] = await Promise.all(
        heard.map(async (subscription) => (await take(subscription, 20)).map(({ id }) => id)),
      )
      assert.equal(new Set(one).size, 20)
      assert.deepEqual(one, other)
    }),
  )

  it(
    'tells a slow subscriber how many messages it missed',
    localOnly(open),
    on(open, async ({ state }) => {
      const slow = state.subscribe('c', { bufferMax: 3 })
      for (let i = 1; i <= 10; i++) await state.publish('c', i)
      const taken = await take(slow, 3)
      assert.deepEqual(
        taken.map(({ message, missed }) => [message, missed]),
        [
          [8, 7],
          [9, undefined],
          [10, undefined],
        ],
      )
    }),
  )
}
