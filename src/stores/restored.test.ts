import assert from 'node:assert/strict'
import { copyFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { openAudit } from '../platform/audit.ts'
import { openConcord } from '../platform/concord.ts'
import { restoreBackup } from '../platform/restore.ts'
import type { StateNews, StateStore, Watch } from '../ports/state-store.ts'
import { serve } from '../server/serve.ts'
import { code } from '../testing/contracts/fixture.ts'
import { httpStateStore } from './http/state-store.ts'
import { inFolder, openIn } from './sqlite/temporary.test.ts'

const ns = 'team/stock'

const write = async (state: StateStore, count: number, value: string) => {
  for (let i = 0; i < count; i++)
    await state.write([{ namespace: ns, key: `k${i % 7}`, value: `${value} ${i}` }])
}

const next = async (watch: Watch): Promise<StateNews> => {
  const { value } = await watch.next()
  assert.ok(value)
  return value
}

/** A reader that handled everything: where it stands. */
const handled = async (state: StateStore): Promise<string> => {
  const watch = state.watch(ns, '*', { since: 0 })
  const head = await state.sequence(ns)
  while ((await next(watch)).sequence < head);
  watch.close()
  return watch.position
}

const removeStore = async (folder: string) => {
  for (const end of ['', '-wal', '-shm']) await rm(join(folder, `concord.db${end}`), { force: true })
}

/** How a store of before comes back. */
const ways: { [way: string]: (backup: string, folder: string) => Promise<void> } = {
  'concord restore': async (backup, folder) => {
    await removeStore(folder)
    await restoreBackup(backup, { config: { stores: { directory: folder } } })
  },
  'a copy in its place': async (backup, folder) => {
    await removeStore(folder)
    await copyFile(backup, join(folder, 'concord.db'))
  },
  'a copy over it': async (backup, folder) => copyFile(backup, join(folder, 'concord.db')),
}

describe('positions of before a restore', () => {
  for (const [way, restore] of Object.entries(ways))
    it(`get a resync after ${way}, however far the store has come again`, () =>
      inFolder(async (folder) => {
        const before = await openIn(folder)
        await write(before.state, 30, 'first')
        const kept = await handled(before.state)
        const backup = join(folder, 'backup.db')
        await before.backup(backup)
        await write(before.state, 20, 'lost')
        const lost = await handled(before.state)
        await before.close()
        await restore(backup, folder)

        const { state, close } = await openIn(folder)
        const early = state.watch(ns, '*', { since: lost })
        const [ahead] = [await next(early)]
        assert.deepEqual([ahead.kind, ahead.kind === 'resync' && ahead.reason], ['resync', 'ahead'])
        await write(state, 40, 'second')
        const watch = state.watch(ns, '*', { since: lost })
        assert.equal(watch.position, lost)
        const news = await next(watch)
        assert.ok(news.kind === 'resync' && news.reason === 'restored', JSON.stringify(news))
        assert.deepEqual(news.entries, await state.list(ns))
        // From there on change by change again.
        await write(state, 1, 'third')
        const change = await next(state.watch(ns, '*', { since: watch.position }))
        assert.deepEqual([change.kind, change.sequence], ['change', 71])
        // What is of both is continued from.
        const on = await next(state.watch(ns, '*', { since: kept }))
        assert.deepEqual([on.kind, on.sequence], ['change', 31])
        early.close()
        await close()
      }))

  it('of a store in memory mean nothing to the next one', async () => {
    const open = async (port: number) => {
      const concord = await openConcord({ config: { stores: { kind: 'memory' } } })
      const server = await serve(concord, { port })
      return { concord, server, close: () => server.close(0).then(() => concord.close()) }
    }
    const first = await open(0)
    await write(first.concord.memory.store, 5, 'first')
    const client = httpStateStore({ url: `${first.server.url}/memory` })
    const watch = client.watch(ns, '*', { since: 0 })
    for (let i = 0; i < 5; i++) await next(watch)
    assert.match(watch.position, /^5-[0-9a-f]{12}$/)
    const pending = next(watch)
    await first.close()
    const second = await open(Number(new URL(first.server.url).port))
    await write(second.concord.memory.store, 9, 'second')
    const news = await pending
    // Reached before or after it had come as far again.
    assert.ok(news.kind === 'resync' && /ahead|restored/.test(news.reason), JSON.stringify(news))
    const since = await next(client.watch(ns, '*', { since: '5-000000000000' }))
    assert.equal(since.kind === 'resync' && since.reason, 'restored')
    await client.close()
    await second.close()
  })

  for (const [way, restore] of Object.entries(ways))
    it(`versions and tokens of before are refused over HTTP after ${way}`, () =>
      inFolder(async (folder) => {
        const open = async (port: number) => {
          const concord = await openConcord({ config: { stores: { directory: folder } } })
          const server = await serve(concord, { port })
          return { concord, server, close: () => server.close(0).then(() => concord.close()) }
        }
        const first = await open(0)
        const { store, tokens } = first.concord.memory
        await write(store, 1, 'first')
        const backup = join(folder, 'backup.db')
        const audit = await openAudit({ config: { stores: { directory: folder } } })
        await audit.backup(backup)
        await audit.close()
        await write(store, 1, 'lost')
        const url = `${first.server.url}/memory`
        const client = httpStateStore({ url })
        const seen = await client.get(ns, 'k0')
        assert.equal(seen?.version, 2)
        const grant = { run: 'r', step: 's', agent: 'a', epoch: 1, key: 'k', attempt: 1, since: 0 }
        const token = tokens.issue({ ...grant, expiresAt: Date.now() + 60_000 })
        await first.close()
        await restore(backup, folder)

        const second = await open(Number(new URL(url).port))
        await write(second.concord.memory.store, 1, 'second')
        // The version fits by chance; what it is of does not.
        const swap = () => client.write([{ namespace: ns, key: 'k0', value: 'swapped', ifVersion: 2 }])
        await assert.rejects(swap(), code('version.conflict'))
        assert.equal((await client.get(ns, 'k0'))?.value, 'second 0')
        assert.equal((await swap())[0]?.ok, true)
        assert.throws(() => second.concord.memory.tokens.verify(token), code('auth.required'))
        await client.close()
        await second.close()
      }))
})
