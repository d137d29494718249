import { join } from 'node:path'
import type { SubjectFactory } from '../subject.ts'
import { payload, stepsPerRun, work } from '../work.ts'
import { atOnce, committer, type Durability, openDatabase, walBytes } from './sqlite.ts'

const results = (directory: string, durability: Durability) => {
  const db = openDatabase(directory, durability)
  db.exec('CREATE TABLE results(run INTEGER, step INTEGER, value TEXT, PRIMARY KEY(run, step))')
  return { db, insert: db.prepare('INSERT INTO results VALUES (?, ?, ?)') }
}

const closing = (db: ReturnType<typeof openDatabase>, directory: string) => ({
  facts: () => ({ walBytes: walBytes(join(directory, 'floor.db')) }),
  async close() {
    db.close()
  },
})

/** The least that keeps the promise "every result is durable before the next step starts": one row a step. */
export const pipeline: SubjectFactory = async ({ runs, durability }, directory) => {
  const { db, insert } = results(directory, durability as Durability)
  const alone = Number(runs) === 1
  // Alone a single statement is its own transaction; together the rows of one turn share one.
  const commit = alone ? (job: () => void) => job() : committer(db, true)
  let next = 0
  const one = async () => {
    const run = next++
    let value = payload(run)
    for (let step = 0; step < stepsPerRun; step++) {
      value = await work(value)
      const text = JSON.stringify(value)
      await commit(() => void insert.run(run, step, text))
    }
  }
  return { run: (count) => atOnce(count, Number(runs), one), ...closing(db, directory) }
}

/** A thousand tasks at once, a row each, in group commits, then the join. */
export const fanOut: SubjectFactory = async ({ tasks, durability, bytes }, directory) => {
  const { db, insert } = results(directory, durability as Durability)
  const commit = committer(db, true)
  const filler = 'x'.repeat(Number(bytes))
  let next = 0
  const task = async (run: number, item: number) => {
    const result = { item, filler }
    const text = JSON.stringify(result)
    await commit(() => void insert.run(run, item, text))
    return result
  }
  return {
    async run(count) {
      for (let n = 0; n < count; n++) {
        const run = next++
        const done = await Promise.all(Array.from({ length: Number(tasks) }, (_, i) => task(run, i)))
        if (done.reduce((sum, { item }) => sum + item, 0) === 0) throw new Error('the join is wrong')
      }
    },
    ...closing(db, directory),
  }
}
