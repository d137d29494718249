import assert from 'node:assert/strict'
import { copyFile, rename, rm, stat, truncate, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { openConcord } from '../../src/index.ts'
import { code } from '../../src/testing/contracts/fixture.ts'
import { project, urlOf } from '../cli/project.ts'

const soak = process.env.CONCORD_SOAK === '1'
const beatMs = 2000

/** What an operator may do by mistake to the files of a store that is used. */
const mistakes: { [what: string]: (file: string) => Promise<void> } = {
  'is deleted': (file) => unlink(file),
  'is replaced by a copy': async (file) => {
    await copyFile(file, `${file}.copy`)
    await rename(`${file}.copy`, file)
  },
  'is moved away': (file) => rename(file, `${file}.old`),
  'is cut to nothing': (file) => truncate(file, 0),
  'loses its write-ahead log': (file) => unlink(`${file}-wal`),
}

describe('a server whose database', () => {
  const sampled = soak
    ? Object.keys(mistakes)
    : ['is deleted', 'is replaced by a copy', 'loses its write-ahead log']
  for (const what of sampled)
    it(`${what} acknowledges nothing more and ends with the reason`, async () => {
      const { start, folder } = project()
      const server = start('serve', '--port', '0')
      const url = await urlOf(server)
      const acknowledged: number[] = []
      const ask = async () => {
        const response = await fetch(`${url}/goal`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ goal: 'hi' }),
        })
        const answer = (await response.json()) as { status?: string }
        if (answer.status === 'success') acknowledged.push(Date.now())
      }
      for (let i = 0; i < 3; i++) await ask()
      assert.equal(acknowledged.length, 3)
      const file = join(folder, '.concord', 'concord.db')
      await mistakes[what]!(file)
      const happened = Date.now()
      // Under load until it is gone.
      const load = (async () => {
        for (;;)
          try {
            await ask()
          } catch {
            return
          }
      })()
      const { code: exit, stderr } = await server.ended
      await load
      assert.equal(exit, 1, stderr)
      assert.match(stderr, /error: Cannot continue with the store .*concord\.db as its file must stay/)
      assert.deepEqual(
        acknowledged.filter((at) => at > happened + beatMs),
        [],
      )
    })

  it('is deleted while nobody asks ends within its beat', async () => {
    const { start, folder } = project()
    const server = start('serve', '--port', '0')
    await urlOf(server)
    await rm(join(folder, '.concord', 'concord.db'))
    const { code: exit, stderr } = await server.ended
    assert.deepEqual([exit, /concord\.db was deleted/.test(stderr)], [1, true], stderr)
  })
})

describe('a program whose store is gone', () => {
  it('is told by every call, by its watches and by lost; a second one makes no store beside it', async () => {
    const { folder } = project()
    const directory = join(folder, 'store')
    const open = () => openConcord({ config: { stores: { directory } } })
    const first = await open()
    const state = first.state('global')
    await state.set('k', 1)
    const next = state.watch('*')[Symbol.asyncIterator]().next()
    next.catch(() => {})
    const file = join(directory, 'concord.db')
    await unlink(file)
    await assert.rejects(open(), code('store.lost'))
    await assert.rejects(stat(file), 'no second store was made')
    assert.equal((await first.lost).code, 'store.lost')
    await assert.rejects(next, code('store.lost'))
    await assert.rejects(state.set('k', 2), code('store.lost'))
    await assert.rejects(state.get('k'), code('store.lost'))
    await assert.rejects(first.run({ text: 'x', team: 'research' }), code('store.lost'))
    await first.close()
  })

  it('is refused beside a process that still has the file which another one replaced', async () => {
    const { folder } = project()
    const directory = join(folder, 'store')
    const open = () => openConcord({ config: { stores: { directory } } })
    const first = await open()
    await first.state('global').set('k', 1)
    await mistakes['is replaced by a copy']!(join(directory, 'concord.db'))
    await assert.rejects(open(), code('store.lost'))
    await first.close()
    // Nobody uses the other any more.
    const second = await open()
    await second.close()
  })

  it('is told of its knowledge, too', async () => {
    const { folder } = project()
    const directory = join(folder, 'store')
    const first = await openConcord({ config: { stores: { directory } } })
    await first.knowledge().add({ text: 'Lamps are kept in the cellar.' })
    await unlink(join(directory, 'knowledge.db'))
    assert.equal((await first.lost).code, 'store.lost')
    await assert.rejects(first.knowledge().add({ text: 'Ladders too.' }), code('store.lost'))
    await first.close()
  })
})
