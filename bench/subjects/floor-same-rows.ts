import { hash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Event } from '../../src/domain/event.ts'
import type { SubjectFactory } from '../subject.ts'
import { payload, work } from '../work.ts'
import { openPipeline } from './concord-pipeline.ts'
import { saltOf } from './salt.ts'
import { atOnce, committer, type Durability, openDatabase, walBytes } from './sqlite.ts'

type Row = {
  type: string
  step: string | null
  agent: string | null
  epoch: number
  text: string
  salt: string
  digest: string
}

/** As narrow as the rows allow: streams, events with a salted digest and the chain, the summary of each run. */
const schema = `
  CREATE TABLE streams(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
  CREATE TABLE events(position INTEGER PRIMARY KEY, stream INTEGER, version INTEGER, at INTEGER, type TEXT, step TEXT, agent TEXT,
    epoch INTEGER, data TEXT, salt TEXT, data_digest TEXT, digest TEXT, UNIQUE(stream, version));
  CREATE TABLE runs(run TEXT PRIMARY KEY, status TEXT, created_at INTEGER, team TEXT, summary TEXT) WITHOUT ROWID;
  CREATE INDEX runs_created ON runs(created_at);
`

type Recorded = { commits: Event[][]; summary: string }

/** One run of Concord as it was written: the events of each commit. */
const record = async (directory: string): Promise<Recorded> => {
  mkdirSync(directory)
  const concord = await openPipeline({ kind: 'sqlite', directory, durability: 'process' })
  try {
    const ends: number[] = []
    const stop = concord.log.onCommit(({ position }) => ends.push(position))
    const { id } = await concord.run({ text: 'recorded', team: 'pipeline' })
    stop()
    const events = await concord.events(id)
    let from = 0
    const commits = ends.map((end) => {
      const part = events.filter(({ position }) => position > from && position <= end)
      from = end
      return part
    })
    const [summary] = await concord.runs()
    return { commits: commits.filter((part) => part.length > 0), summary: JSON.stringify(summary) }
  } finally {
    await concord.close()
  }
}

/**
 * The rows Concord writes for such a run (recorded from one, so it follows what the product does), in as many transactions, hash-chained, by
 * prepared statements and with no engine above them.
 */
export const pipeline: SubjectFactory = async ({ runs, durability }, directory) => {
  const { commits, summary } = await record(join(directory, 'recorded'))
  const db = openDatabase(directory, durability as Durability)
  db.exec(schema)
  const stream = db.prepare('INSERT INTO streams(name) VALUES (?)')
  const insert = db.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
  const keep = db.prepare(`INSERT INTO runs(run, status, created_at, team, summary) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT(run) DO UPDATE SET status = excluded.status, summary = excluded.summary`)
  const commit = committer(db, Number(runs) > 1)
  let position = 0
  let next = 0

  const one = async () => {
    const run = `run/${next++}`
    let id = 0
    let version = 0
    let digest = ''
    let value = payload(next)
    for (const events of commits) {
      const rows: Row[] = []
      for (const { type, step, agent, epoch, data } of events) {
        if (type === 'step.succeeded') value = await work(value)
        const text = JSON.stringify(type === 'step.succeeded' ? { ...data, output: value } : data)
        const salt = saltOf()
        rows.push({
          type,
          step: step ?? null,
          agent: agent ?? null,
          epoch,
          text,
          salt,
          digest: hash('sha256', salt + text, 'base64'),
        })
      }
      const summarised = events.some(({ type }) => type.startsWith('run.'))
      const at = Date.now()
      await commit(() => {
        if (id === 0) id = Number(stream.run(run).lastInsertRowid)
        for (const { type, step, agent, epoch, text, salt, digest: ofData } of rows) {
          position++
          version++
          const envelope = JSON.stringify([run, version, position, at, type, step, agent, epoch])
          digest = hash('sha256', digest + envelope + ofData, 'base64')
          insert.run(position, id, version, at, type, step, agent, epoch, text, salt, ofData, digest)
        }
        if (summarised) keep.run(run, 'running', at, 'pipeline', summary)
      })
    }
  }
  const rows = commits.flat().length
  return {
    run: (count) => atOnce(count, Number(runs), one),
    facts: () => ({ rows, commits: commits.length, walBytes: walBytes(join(directory, 'floor.db')) }),
    async close() {
      db.close()
    },
  }
}
