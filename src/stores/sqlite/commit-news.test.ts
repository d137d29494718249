import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readdirSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { inFolder, openIn } from './temporary.test.ts'

const key = { namespace: 'global', key: 'k' }
const notPolling = { pollMs: 1_000_000 }

describe('the news of a commit', () => {
  it('reach a watcher of another process in order, the long, the many and those of a fork included', () =>
    inFolder(async (folder) => {
      const there = await openIn(folder, notPolling)
      const watch = there.state.watch('global', '*')
      const here = await openIn(folder)
      const subscription = here.state.subscribe('none')
      await subscription.opened
      const next = async () => {
        const { value } = await watch.next()
        return value?.kind === 'change' ? [value.sequence, value.key, value.value] : value
      }
      await here.state.write([{ ...key, value: 1 }])
      assert.deepEqual(await next(), [1, 'k', 1])
      assert.equal(there.state.peek('global', 'k')?.value, 1)
      const long = 'é'.repeat(100_000)
      await here.state.write([{ ...key, value: long, provenance: { agent: 'a' } }])
      assert.deepEqual(await next(), [2, 'k', long])
      await here.state.write(['a', 'b', 'c'].map((name) => ({ ...key, key: name, value: name })))
      assert.deepEqual(
        [await next(), await next(), await next()],
        ['a', 'b', 'c'].map((n, i) => [3 + i, n, n]),
      )
      await here.state.fork('run/f', { from: 'global', at: { sequence: 1 } })
      await here.state.write([{ ...key, delete: true }])
      assert.deepEqual(await next(), [6, 'k', undefined])
      assert.equal(there.state.peek('global', 'k'), undefined)
      assert.equal(there.state.peek('run/f', 'k')?.value, 1)
      subscription.close()
      watch.close()
      await Promise.all([here.close(), there.close()])
    }))

  it('are not believed where others may write; changes are then found by looking', () =>
    inFolder(async (folder) => {
      mkdirSync(join(folder, 'concord.db.ring'))
      chmodSync(join(folder, 'concord.db.ring'), 0o777)
      const there = await openIn(folder)
      const here = await openIn(folder)
      const watch = there.state.watch('global', '*')
      const subscription = there.state.subscribe('*')
      await Promise.all([subscription.opened, here.state.publish('heard', 'by nobody')])
      await here.state.write([{ ...key, value: 1 }])
      const { value } = await watch.next()
      assert.equal(value?.sequence, 1)
      assert.deepEqual(readdirSync(join(folder, 'concord.db.ring')), [])
      await there.state.publish('heard', 'by itself')
      assert.equal((await subscription.next()).value?.message, 'by itself')
      await Promise.all([here.close(), there.close()])
    }))

  it('that cannot be read bring nobody down', () =>
    inFolder(async (folder) => {
      const there = await openIn(folder, notPolling)
      const watch = there.state.watch('global', '*')
      const subscription = there.state.subscribe('*')
      await subscription.opened
      const [name = ''] = readdirSync(join(folder, 'concord.db.ring'))
      const rogue = createConnection(join(folder, 'concord.db.ring', name))
      await once(rogue, 'connect')
      rogue.setEncoding('utf8')
      const here = await openIn(folder)
      // The ring is told to look: the answer to what it could not read is the change.
      await here.state.write([{ ...key, value: 1 }])
      rogue.write('hrogue\nm{\nnno json\n?\n')
      assert.equal((await watch.next()).value?.sequence, 1)
      await there.state.publish('heard', 'still')
      assert.equal((await subscription.next()).value?.message, 'still')
      rogue.destroy()
      await Promise.all([here.close(), there.close()])
    }))

  it('of three processes that write at once miss nothing, whoever watches', () =>
    inFolder(async (folder) => {
      const stores = await Promise.all([1, 2, 3].map(() => openIn(folder)))
      const each = 100
      const seen = stores.map(async ({ state }) => {
        const sequences: number[] = []
        for await (const news of state.watch('global', '*', { since: 0 })) {
          sequences.push(news.sequence)
          if (sequences.length === each * stores.length) break
        }
        return sequences
      })
      await Promise.all(
        stores.map(async ({ state }) => {
          for (let i = 0; i < each; i++) await state.write([{ ...key, increment: 1 }])
        }),
      )
      const all = Array.from({ length: each * stores.length }, (_, i) => i + 1)
      for (const sequences of await Promise.all(seen)) assert.deepEqual(sequences, all)
      for (const { state } of stores) assert.equal(state.peek('global', 'k')?.value, all.length)
      for (const { log } of stores) assert.equal((await log.verify('state/global')).brokenAt, undefined)
      await Promise.all(stores.map(({ close }) => close()))
    }))
})
