import { statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

export type Durability = 'process' | 'power'

/** A database as its floor would open it: write-ahead log, synchronous as the promise needs. */
export const openDatabase = (directory: string, durability: Durability): DatabaseSync => {
  const db = new DatabaseSync(join(directory, 'floor.db'))
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${durability === 'power' ? 'FULL' : 'NORMAL'}`)
  return db
}

/** Writes jobs one transaction each, or all that came in one turn of the event loop in one. */
export const committer = (
  db: DatabaseSync,
  grouped: boolean,
): ((job: () => void) => Promise<void> | void) => {
  const begin = db.prepare('BEGIN IMMEDIATE')
  const commit = db.prepare('COMMIT')
  const transact = (jobs: readonly (() => void)[]) => {
    begin.run()
    for (const job of jobs) job()
    commit.run()
  }
  if (!grouped) return (job) => transact([job])
  let queue: { job: () => void; resolve: () => void }[] = []
  const flush = () => {
    const batch = queue
    queue = []
    transact(batch.map(({ job }) => job))
    for (const { resolve } of batch) resolve()
  }
  return (job) =>
    new Promise((resolve) => {
      if (queue.push({ job, resolve }) === 1) setImmediate(flush)
    })
}

/** `count` pieces of work, at most `atOnce` under way. */
export const atOnce = async (count: number, most: number, fn: () => Promise<void>): Promise<void> => {
  let left = count
  const worker = async () => {
    while (left-- > 0) await fn()
  }
  await Promise.all(Array.from({ length: Math.min(count, most) }, worker))
}

export const walBytes = (file: string): number =>
  statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0
