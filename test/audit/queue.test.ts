import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, it } from 'node:test'
import { guardStores } from '../../src/platform/stores.ts'
import { manualClock } from '../../src/testing/clock.ts'
import { withStores, workshop } from './fixture.ts'

const shop = await workshop()

const start = (...args: string[]) => {
  const child: ChildProcess = spawn(
    process.execPath,
    [join(import.meta.dirname, 'queue-worker.ts'), ...args],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
  const lines: string[] = []
  const reader = createInterface({ input: child.stdout! })
  reader.on('line', (line) => lines.push(line))
  return { child, lines, first: once(reader, 'line'), closed: once(child, 'close') }
}

describe('the queue between processes', () => {
  it('never gives one entry to two takers at a time, and every entry to one', async () => {
    const directory = shop.fresh()
    const ids = Array.from({ length: 120 }, (_, i) => `entry-${i}`)
    await withStores(directory, async ({ queue }) => {
      await Promise.all(ids.map((id) => queue.enqueue({ queue: 'q', id })))
    })
    const takers = ['x', 'y', 'z'].map((name) => start('takeAll', directory, name))
    await Promise.all(takers.map(({ first }) => first))
    for (const { child } of takers) child.stdin?.write('go\n')
    await Promise.all(takers.map(({ closed }) => closed))
    const done = takers.flatMap(({ lines }) => lines.filter((line) => line !== 'ready'))
    assert.deepEqual(done.sort(), ids.map((id) => `${id} 1 true`).sort())
    await withStores(directory, async ({ queue, log }) => {
      assert.deepEqual(await queue.queues(), [])
      for (const id of ids) {
        const held = (await log.read(`held/${id}`)).map(({ data }) => data)
        assert.equal(held.length, 2, `${id} was held ${held.length / 2} times`)
      }
    })
  })

  it('shows an entry again when its taker was killed and the time of its lease is over', async () => {
    const directory = shop.fresh()
    await withStores(directory, ({ queue }) => queue.enqueue({ queue: 'q', id: 'a' }))
    const taker = start('hold', directory, '60000')
    const [line] = await taker.first
    const [, id, until] = String(line).split(' ')
    assert.equal(id, 'a')
    taker.child.kill('SIGKILL')
    await taker.closed
    const clock = manualClock(Number(until) - 1)
    await withStores(
      directory,
      async ({ queue }) => {
        assert.equal(await queue.take('q', { visibilityMs: 1000 }), undefined)
        clock.advance(1)
        const lease = await queue.take('q', { visibilityMs: 1000 })
        assert.deepEqual([lease?.id, lease?.attempt], ['a', 2])
        assert.equal(await queue.acknowledge(lease!), true)
      },
      clock,
    )
  })

  it('is not left half done by a commit that fails', async () => {
    const directory = shop.fresh()
    await withStores(directory, async ({ queue, log }) => {
      const wrong = log.append({ stream: 'run/a', expectedVersion: 7, epoch: 0, events: [] })
      const [refused, added] = await Promise.allSettled([wrong, queue.enqueue({ queue: 'q', id: 'a' })])
      assert.deepEqual([refused.status, added.status], ['rejected', 'fulfilled'])
      assert.equal((await queue.stats('q')).ready, 1)
    })
  })

  it('is written past beforeStore, which may deny', async () => {
    const directory = shop.fresh()
    await withStores(directory, async (stores) => {
      const seen: unknown[] = []
      const { queue } = guardStores(stores, (sink, record) => {
        if (sink !== 'queue') return record
        seen.push(record)
        return 'id' in record && record.id === 'no' ? { denied: 'not this one' } : record
      })
      await queue.enqueue({ queue: 'q', id: 'yes' })
      await assert.rejects(queue.enqueue({ queue: 'q', id: 'no' }), /the policy denies it: not this one/)
      assert.deepEqual(seen, [
        { queue: 'q', id: 'yes' },
        { queue: 'q', id: 'no' },
      ])
      assert.deepEqual(
        (await stores.queue.list('q')).map(({ id }) => id),
        ['yes'],
      )
    })
  })
})
