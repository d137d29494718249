import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Queue, retryDelayMs } from '../../ports/queue.ts'
import type { ManualClock } from '../clock.ts'
import { code } from './fixture.ts'

/** A fresh, empty queue on a manual clock; `close` also removes what it left behind. */
export type QueueFixture = { queue: Queue; clock: ManualClock; close(): Promise<void> }

const visibilityMs = 1000

const drain = async (queue: Queue, name = 'q'): Promise<string[]> => {
  const ids: string[] = []
  for (;;) {
    const lease = await queue.take(name, { visibilityMs })
    if (!lease) return ids
    ids.push(lease.id)
  }
}

const takeNow = async (queue: Queue, name = 'q') => {
  const lease = await queue.take(name, { visibilityMs })
  assert.ok(lease, 'nothing to take')
  return lease
}

/** What every queue promises; that takers in other processes never share a lease is tested with real ones. */
export const queueContract = (name: string, open: () => Promise<QueueFixture>): void => {
  const on = (test: (queue: Queue, clock: ManualClock) => Promise<void>) => async () => {
    const { queue, clock, close } = await open()
    try {
      await test(queue, clock)
    } finally {
      await close()
    }
  }

  describe(`${name} as a queue: order`, () => {
    it(
      'gives entries in the order they came, each once',
      on(async (queue) => {
        for (const id of ['a', 'b', 'c']) await queue.enqueue({ queue: 'q', id })
        assert.deepEqual(await drain(queue), ['a', 'b', 'c'])
      }),
    )

    it(
      'gives higher priorities first, those of one priority in the order they came',
      on(async (queue) => {
        const entries = [
          ['low', -1],
          ['first', 0],
          ['high', 5],
          ['second', 0],
          ['high too', 5],
        ] as const
        for (const [id, priority] of entries) await queue.enqueue({ queue: 'q', id, priority })
        assert.deepEqual(await drain(queue), ['high', 'high too', 'first', 'second', 'low'])
      }),
    )

    it(
      'keeps queues apart and tells which hold entries',
      on(async (queue) => {
        await queue.enqueue({ queue: 'b', id: 'x' })
        await queue.enqueue({ queue: 'a', id: 'x' })
        assert.deepEqual(await queue.queues(), ['a', 'b'])
        assert.deepEqual(await drain(queue, 'a'), ['x'])
        assert.equal((await queue.stats('b')).ready, 1)
      }),
    )

    it(
      'gives nobody what is delayed until its time has come, at the place its arrival gave it',
      on(async (queue, clock) => {
        await queue.enqueue({ queue: 'q', id: 'later', delayMs: 500 })
        await queue.enqueue({ queue: 'q', id: 'now' })
        assert.equal((await queue.stats('q')).nextAt, clock.now() + 500)
        clock.advance(499)
        assert.deepEqual(await queue.stats('q'), {
          ready: 1,
          delayed: 1,
          leased: 0,
          dead: 0,
          nextAt: clock.now() + 1,
        })
        clock.advance(1)
        assert.deepEqual(await drain(queue), ['later', 'now'])
      }),
    )
  })

  describe(`${name} as a queue: entries with one key`, () => {
    it(
      'are one, whatever their ids',
      on(async (queue) => {
        assert.deepEqual(await queue.enqueue({ queue: 'q', id: 'a', key: 'k' }), {
          added: true,
          state: 'ready',
        })
        assert.deepEqual(await queue.enqueue({ queue: 'q', id: 'b', key: 'k' }), {
          added: false,
          state: 'ready',
        })
        assert.deepEqual(await drain(queue), ['a'])
      }),
    )

    it(
      'are due when the earliest is and as urgent as the most urgent',
      on(async (queue, clock) => {
        await queue.enqueue({ queue: 'q', id: 'other', priority: 1 })
        await queue.enqueue({ queue: 'q', id: 'a', delayMs: 900 })
        await queue.enqueue({ queue: 'q', id: 'a', delayMs: 300, priority: 2 })
        await queue.enqueue({ queue: 'q', id: 'a', delayMs: 600, priority: 1 })
        assert.equal((await queue.stats('q')).nextAt, clock.now() + 300)
        assert.deepEqual(await queue.enqueue({ queue: 'q', id: 'a' }), { added: false, state: 'ready' })
        assert.deepEqual(await drain(queue), ['a', 'other'])
      }),
    )

    it(
      'are looked at once more when one came while the other was worked on',
      on(async (queue) => {
        await queue.enqueue({ queue: 'q', id: 'a' })
        const lease = await takeNow(queue)
        assert.deepEqual(await queue.enqueue({ queue: 'q', id: 'a' }), { added: false, state: 'leased' })
        await queue.enqueue({ queue: 'q', id: 'b' })
        assert.equal(await queue.acknowledge(lease), true)
        assert.equal((await takeNow(queue)).id, 'b')
        const again = await takeNow(queue)
        assert.deepEqual([again.id, again.attempt], ['a', 1])
        assert.equal(await queue.acknowledge(again), true)
        assert.deepEqual(
          (await queue.list('q')).map(({ id }) => id),
          ['b'],
        )
      }),
    )

    it(
      'may follow each other once the first is done',
      on(async (queue) => {
        await queue.enqueue({ queue: 'q', id: 'a' })
        await queue.acknowledge(await takeNow(queue))
        assert.deepEqual(await queue.enqueue({ queue: 'q', id: 'a' }), { added: true, state: 'ready' })
      }),
    )
  })

  describe(`${name} as a queue: leases`, () => {
    it(
      'hide an entry until their time is over; then another may take it, and the first has lost it',
      on(async (queue, clock) => {
        await queue.enqueue({ queue: 'q', id: 'a' })
        const first = await takeNow(queue)
        assert.deepEqual([first.attempt, first.until], [1, clock.now() + visibilityMs])
        clock.advance(visibilityMs - 1)
        assert.equal(await queue.take('q', { visibilityMs }), undefined)
        clock.advance(1)
        const second = await takeNow(queue)
        assert.deepEqual([second.id, second.attempt], ['a', 2])
        assert.equal(await queue.acknowledge(first), false)
        assert.equal(await queue.extend(first, visibilityMs), undefined)
        assert.equal(await queue.retry(first), 'lost')
        assert.equal(await queue.acknowledge(second), true)
        assert.deepEqual(await queue.list('q'), [])
      }),
    )

    it(
      'that are over are lost even when nobody else took the entry',
      on(async (queue, clock) => {
        await queue.enqueue({ queue: 'q', id: 'a' })
        const lease = await takeNow(queue)
        clock.advance(visibilityMs)
        assert.equal(await queue.acknowledge(lease), false)
        assert.equal((await queue.stats('q')).ready, 1)
      }),
    )

    it(
      'last longer when extended',
      on(async (queue, clock) => {
        await queue.enqueue({ queue: 'q', id: 'a' })
        const lease = await takeNow(queue)
        clock.advance(900)
        const longer = await queue.extend(lease, 5000)
        assert.equal(longer?.until, clock.now() + 5000)
        clock.advance(4999)
        assert.equal(await queue.take('q', { visibilityMs }), undefined)
        assert.equal(await queue.acknowledge(lease), true)
      }),
    )

    it(
      'of an acknowledged or removed entry do not touch the one that follows under its key',
      on(async (queue) => {
        await queue.enqueue({ queue: 'q', id: 'a' })
        const old = await takeNow(queue)
        assert.equal(await queue.remove('q', 'a'), true)
        assert.equal(await queue.remove('q', 'a'), false)
        await queue.enqueue({ queue: 'q', id: 'a' })
        const mine = await takeNow(queue)
        assert.notEqual(mine.token, old.token)
        assert.equal(await queue.acknowledge(old), false)
        assert.equal(await queue.acknowledge(mine), true)
      }),
    )

    it(
      'are given to one of many who ask at once',
      on(async (queue) => {
        for (let i = 0; i < 10; i++) await queue.enqueue({ queue: 'q', id: `${i}` })
        const leases = await Promise.all(Array.from({ length: 25 }, () => queue.take('q', { visibilityMs })))
        const ids = leases.flatMap((lease) => lease?.id ?? [])
        assert.deepEqual(ids.sort(), ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
      }),
    )
  })

  describe(`${name} as a queue: retries`, () => {
    it(
      'come back after a delay that grows',
      on(async (queue, clock) => {
        assert.deepEqual([1, 2, 3, 40].map(retryDelayMs), [1000, 2000, 4000, 300_000])
        await queue.enqueue({ queue: 'q', id: 'a' })
        for (const delay of [1000, 2000, 4000]) {
          assert.equal(await queue.retry(await takeNow(queue), { code: 'agent.failed' }), 'delayed')
          const [entry] = await queue.list('q')
          assert.deepEqual([entry?.due, entry?.code], [clock.now() + delay, 'agent.failed'])
          clock.advance(delay)
        }
        assert.equal((await takeNow(queue)).attempt, 4)
      }),
    )

    it(
      'end as a dead letter when the attempts are used up, until it is requeued',
      on(async (queue, clock) => {
        await queue.enqueue({ queue: 'q', id: 'a', attemptsMax: 2 })
        assert.equal(await queue.retry(await takeNow(queue), { delayMs: 0 }), 'delayed')
        assert.equal(await queue.retry(await takeNow(queue), { code: 'agent.timeout' }), 'dead')
        clock.advance(1_000_000)
        assert.equal(await queue.take('q', { visibilityMs }), undefined)
        assert.deepEqual(await queue.enqueue({ queue: 'q', id: 'a' }), { added: false, state: 'dead' })
        const [letter] = await queue.list('q', { state: 'dead' })
        assert.deepEqual([letter?.id, letter?.attempts, letter?.code], ['a', 2, 'agent.timeout'])
        assert.equal(await queue.requeue('q', 'a'), true)
        assert.equal(await queue.requeue('q', 'a'), false)
        assert.equal((await takeNow(queue)).attempt, 1)
      }),
    )

    it(
      'by time-out count as attempts',
      on(async (queue, clock) => {
        await queue.enqueue({ queue: 'q', id: 'a', attemptsMax: 2 })
        for (const attempt of [1, 2]) {
          assert.equal((await takeNow(queue)).attempt, attempt)
          clock.advance(visibilityMs)
        }
        assert.equal(await queue.take('q', { visibilityMs }), undefined)
        assert.deepEqual(await queue.stats('q'), { ready: 0, delayed: 0, leased: 0, dead: 1 })
      }),
    )

    it(
      'keep the place of the entry',
      on(async (queue) => {
        for (const id of ['a', 'b', 'c']) await queue.enqueue({ queue: 'q', id })
        await queue.retry(await takeNow(queue), { delayMs: 0 })
        assert.deepEqual(await drain(queue), ['a', 'b', 'c'])
      }),
    )
  })

  describe(`${name} as a queue: reading`, () => {
    it(
      'lists entries as they came, by state, at most as many as asked for',
      on(async (queue, clock) => {
        for (const id of ['a', 'b', 'c'])
          await queue.enqueue({ queue: 'q', id, priority: id === 'c' ? 1 : 0 })
        await queue.enqueue({ queue: 'q', id: 'd', delayMs: 10 })
        await takeNow(queue)
        const states = (await queue.list('q')).map(({ id, state }) => [id, state])
        assert.deepEqual(states, [
          ['a', 'ready'],
          ['b', 'ready'],
          ['c', 'leased'],
          ['d', 'delayed'],
        ])
        assert.deepEqual(
          (await queue.list('q', { state: 'ready', limit: 1 })).map(({ id }) => id),
          ['a'],
        )
        const first = (await queue.list('q'))[0]
        assert.deepEqual(first, {
          queue: 'q',
          id: 'a',
          key: 'a',
          state: 'ready',
          priority: 0,
          attempts: 0,
          attemptsMax: 5,
          enqueuedAt: clock.now(),
        })
      }),
    )

    it(
      'refuses what cannot be an entry or a lease',
      on(async (queue) => {
        const refused = code('input.invalid')
        await assert.rejects(queue.enqueue({ queue: '', id: 'a' }), refused)
        await assert.rejects(queue.enqueue({ queue: 'q', id: 'a\0' }), refused)
        await assert.rejects(queue.enqueue({ queue: 'q', id: 'a', delayMs: -1 }), refused)
        await assert.rejects(queue.enqueue({ queue: 'q', id: 'a', priority: 0.5 }), refused)
        await assert.rejects(queue.enqueue({ queue: 'q', id: 'a', attemptsMax: 0 }), refused)
        await assert.rejects(queue.take('q', { visibilityMs: 0 }), refused)
        assert.deepEqual(await queue.queues(), [])
      }),
    )
  })
}
