/**
 * Not a subject: one of the processes of `lost-updates.ts`. `<sql | concord> <folder>`: says `ready`, and when told to, adds one so many times to a number
 * that the others add to as well, reading it and writing what it read plus one.
 */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openConcord } from '../../src/index.ts'

const [kind, directory = '', count = '100'] = process.argv.slice(2)
process.on('disconnect', () => process.exit(0))

/** Who reads thinks about it before writing; the least of that is a turn of the event loop. */
const turn = () => new Promise((resolve) => setImmediate(resolve))

type Opened = { addOne(): Promise<void>; close(): Promise<void> }

/** The lock is taken before the read, so that nobody comes between. */
const sql = (): Opened => {
  const db = new DatabaseSync(join(directory, 'floor.db'), { timeout: 10_000 })
  const begin = db.prepare('BEGIN IMMEDIATE')
  const read = db.prepare("SELECT value FROM state WHERE key = 'n'")
  const write = db.prepare("UPDATE state SET value = ? WHERE key = 'n'")
  const commit = db.prepare('COMMIT')
  return {
    async addOne() {
      begin.run()
      write.run(Number(read.get()?.value) + 1)
      commit.run()
    },
    close: async () => db.close(),
  }
}

const concord = async (): Promise<Opened> => {
  const opened = await openConcord({ config: { stores: { kind: 'sqlite', directory } } })
  const state = opened.state('global')
  return {
    async addOne() {
      await state.update('n', async (n) => {
        await turn()
        return (typeof n === 'number' ? n : 0) + 1
      })
    },
    close: () => opened.close(),
  }
}

const { addOne, close } = kind === 'sql' ? sql() : await concord()
process.once('message', async () => {
  for (let i = 0; i < Number(count); i++) await addOne()
  process.send?.('done')
  await close()
  process.disconnect()
})
process.send?.('ready')
