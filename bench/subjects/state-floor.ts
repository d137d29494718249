import { hash } from 'node:crypto'
import type { SubjectFactory } from '../subject.ts'
import { saltOf } from './salt.ts'
import { committer, type Durability, openDatabase } from './sqlite.ts'

/** The rows a compare-and-set needs: the key's, and one event that is chained, is the history and bears the operation's id. */
const schema = `
  CREATE TABLE events(position INTEGER PRIMARY KEY, stream INTEGER, version INTEGER, at INTEGER, type TEXT, agent TEXT, operation TEXT,
    data TEXT, salt TEXT, data_digest TEXT, digest TEXT, UNIQUE(stream, version));
  CREATE UNIQUE INDEX events_operation ON events(stream, operation) WHERE operation IS NOT NULL;
  CREATE TABLE state(namespace TEXT, key TEXT, version INTEGER, value TEXT, at INTEGER, expires_at INTEGER, agent TEXT, sequence INTEGER,
    PRIMARY KEY(namespace, key)) WITHOUT ROWID;
`

export const exampleOf = (n: number) => ({
  n,
  note: 'a value of some eighty bytes, as agents leave for each other',
})

/** Prepared statements in one group commit for all writers, each on its own key. */
export const compareAndSet: SubjectFactory = async ({ writers, durability }, directory) => {
  const db = openDatabase(directory, durability as Durability)
  db.exec(schema)
  const add = db.prepare('INSERT INTO state VALUES (?, ?, 0, NULL, 0, NULL, NULL, 0)')
  const set = db.prepare(
    'UPDATE state SET version = ?, value = ?, at = ?, agent = ?, sequence = ? WHERE namespace = ? AND key = ? AND version = ?',
  )
  const insert = db.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
  const commit = committer(db, Number(writers) > 1)
  const keys = Array.from({ length: Number(writers) }, (_, i) => ({ key: `writer:${i}`, version: 0 }))
  for (const { key } of keys) add.run('team/bench', key)
  let position = 0
  let digest = ''
  let operations = 0

  const one = async (mine: { key: string; version: number }) => {
    const value = JSON.stringify(exampleOf(mine.version))
    const operation = `bench/${operations++}`
    const version = mine.version + 1
    const data = `{"namespace":"team/bench","key":${JSON.stringify(mine.key)},"version":${version},"value":${value},"operation":${JSON.stringify(operation)}}`
    const salt = saltOf()
    const ofData = hash('sha256', salt + data, 'base64')
    const at = Date.now()
    await commit(() => {
      if (
        set.run(version, value, at, 'bench', position + 1, 'team/bench', mine.key, mine.version).changes !== 1
      )
        throw new Error('somebody came between')
      position++
      const envelope = JSON.stringify([
        'state/team/bench',
        position,
        position,
        at,
        'state.changed',
        'bench',
        operation,
      ])
      digest = hash('sha256', digest + envelope + ofData, 'base64')
      insert.run(position, 1, position, at, 'state.changed', 'bench', operation, data, salt, ofData, digest)
    })
    mine.version = version
  }
  return {
    async run(count) {
      const writer = async (mine: { key: string; version: number }) => {
        for (let i = 0; i < count; i++) await one(mine)
      }
      await Promise.all(keys.map(writer))
    },
    close: async () => db.close(),
  }
}

const table = new Map(Array.from({ length: 1000 }, (_, i) => [`key:${i}`, exampleOf(i)]))
const names = [...table.keys()]

/** A thousand reads of a thousand keys. */
export const read: SubjectFactory = async () => ({
  async run(count) {
    let sum = 0
    for (let i = 0; i < count; i++) for (const name of names) sum += table.get(name)?.n ?? 0
    if (sum < 0) throw new Error('unreachable: keeps the reads from being left out')
  },
})

/** A thousand reads of a thousand keys, each a prepared SELECT. */
export const get: SubjectFactory = async (_options, directory) => {
  const db = openDatabase(directory, 'process')
  db.exec(schema)
  const add = db.prepare('INSERT INTO state VALUES (?, ?, 1, ?, 0, NULL, NULL, 1)')
  for (const name of names) add.run('team/bench', name, JSON.stringify(table.get(name)))
  const one = db.prepare('SELECT version, value FROM state WHERE namespace = ? AND key = ?')
  return {
    async run(count) {
      for (let i = 0; i < count; i++)
        for (const name of names) {
          const row = one.get('team/bench', name)
          if (JSON.parse(String(row?.value)).n === undefined) throw new Error('a key is missing')
        }
    },
    close: async () => db.close(),
  }
}
