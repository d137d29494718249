import { hash } from 'node:crypto'
import type { SubjectFactory } from '../subject.ts'
import { saltOf } from './salt.ts'
import { committer, type Durability, openDatabase } from './sqlite.ts'
import { exampleOf } from './state-floor.ts'

const schema = `
  CREATE TABLE events(position INTEGER PRIMARY KEY, stream INTEGER, version INTEGER, at INTEGER, type TEXT, step TEXT, agent TEXT,
    epoch INTEGER, data TEXT, salt TEXT, data_digest TEXT, digest TEXT, UNIQUE(stream, version));
`

export const dataOf = (n: number) => ({ plan: 1, redo: 0, output: exampleOf(n), ms: 3 })

/** One chained event an append, each writer on a stream of its own whose head it remembers, all of one turn in one transaction. */
export const append: SubjectFactory = async ({ writers, durability }, directory) => {
  const db = openDatabase(directory, durability as Durability)
  db.exec(schema)
  const insert = db.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
  const commit = committer(db, Number(writers) > 1)
  const streams = Array.from({ length: Number(writers) }, (_, id) => ({ id, version: 0, digest: '' }))
  let position = 0

  const one = async (stream: (typeof streams)[number]) => {
    const data = JSON.stringify(dataOf(stream.version))
    const salt = saltOf()
    const ofData = hash('sha256', salt + data, 'base64')
    const at = Date.now()
    await commit(() => {
      position++
      stream.version++
      const { id, version } = stream
      const envelope = JSON.stringify([`run/${id}`, version, position, at, 'step.succeeded', 's', 'a', 1])
      stream.digest = hash('sha256', stream.digest + envelope + ofData, 'base64')
      insert.run(position, id, version, at, 'step.succeeded', 's', 'a', 1, data, salt, ofData, stream.digest)
    })
  }
  return {
    async run(count) {
      const writer = async (stream: (typeof streams)[number]) => {
        for (let i = 0; i < count; i++) await one(stream)
      }
      await Promise.all(streams.map(writer))
    },
    close: async () => db.close(),
  }
}
