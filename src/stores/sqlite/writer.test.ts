import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { machineClock } from '../../testing/clock.ts'
import type { Commits } from './commits.ts'
import { openConnection } from './connection.ts'
import { inFolder, openIn, systemRandom } from './temporary.test.ts'
import { streamWriter } from './writer.ts'

const commits: Commits = {
  onCommit: () => () => undefined,
  listening: () => true,
  note: () => undefined,
  tell: () => undefined,
  keep: () => undefined,
  forget: () => undefined,
  close: () => undefined,
}

describe('the look at what others committed', () => {
  it('learns at the next look what could not be read at this one', () =>
    inFolder(async (folder) => {
      const { state, close } = await openIn(folder)
      const connection = await openConnection({
        file: join(folder, 'concord.db'),
        durability: 'process',
        clock: machineClock,
        busyTimeoutMs: 5000,
        allowNetworkFileSystem: false,
        bytesMax: undefined,
      })
      let unreadable = false
      const noted: unknown[] = []
      const writer = streamWriter(
        {
          ...connection,
          all(sql, ...values) {
            if (unreadable) throw new Error('database is locked')
            return connection.all(sql, ...values)
          },
        },
        systemRandom,
        commits,
        {
          wanted: () => true,
          event: (_stream, _type, key) => noted.push(key),
          all: () => noted.push('all'),
        },
      )
      writer.refresh()
      noted.length = 0
      await state.write([{ namespace: 'global', key: 'a', value: 1 }])
      unreadable = true
      assert.throws(() => writer.refresh(), /locked/)
      unreadable = false
      assert.equal(writer.refresh(), true)
      assert.deepEqual(noted, ['a'])
      assert.equal(writer.refresh(), false)
      connection.db.close()
      await close()
    }))
})
