import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, it, type TestContext } from 'node:test'
import type { RunSummary } from '../../domain/summary.ts'
import { manualClock } from '../../testing/clock.ts'
import { searchedInSummary } from '../runs-query.ts'
import { openConnection } from './connection.ts'
import { keepSummary, prepareSummary, readRuns, runsStatement } from './runs.ts'
import { applicationId, migrations } from './schema.ts'

const folder = async (t: TestContext): Promise<string> => {
  const path = await mkdtemp(join(tmpdir(), 'concord-runs-'))
  t.after(() => rm(path, { recursive: true, force: true }))
  return path
}

const made = (file: string, schemas = migrations.length): DatabaseSync => {
  const db = new DatabaseSync(file)
  db.function('searched_text', { deterministic: true }, searchedInSummary)
  for (const step of migrations.slice(0, schemas)) db.exec(step)
  db.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${schemas}`)
  return db
}

const planOf = (db: DatabaseSync, query: Parameters<typeof runsStatement>[0]): string[] => {
  const { sql, values } = runsStatement(query)
  return db
    .prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .all(...values)
    .map((row) => String(row.detail))
}

describe('a list of runs in SQLite', () => {
  it('is read in its order from an index, and sorted by none of its queries', async (t) => {
    const db = made(join(await folder(t), 'log.db'))
    t.after(() => db.close())
    const before = { createdAt: 5, run: 'r' }
    assert.deepEqual(planOf(db, { tag: 'x', before }), [
      'SEARCH tagged USING PRIMARY KEY (tag=? AND (created_at,run)<(?,?))',
      'SEARCH runs USING PRIMARY KEY (run=?)',
    ])
    assert.deepEqual(planOf(db, { principal: 'x', before }), [
      'SEARCH runs USING INDEX runs_principal (principal=? AND (created_at,run)<(?,?))',
    ])
    assert.deepEqual(planOf(db, { text: 'x' }), ['SCAN texts', 'SEARCH runs USING PRIMARY KEY (run=?)'])
    for (const query of [
      {},
      { tag: 'x', text: 'y' },
      { text: 'y', before },
      { before },
      { thread: 'x', before },
    ])
      assert.equal(planOf(db, query).join().includes('TEMP B-TREE'), false, JSON.stringify(query))
  })

  it('finds the goals of a store that was made before they were searched; removed runs are gone', async (t) => {
    const file = join(await folder(t), 'log.db')
    const old = made(file, 5)
    const goal = { text: 'Prüfe die ÜBERSICHT', team: 't' }
    const kept = { run: 'a', status: 'succeeded', goal, createdAt: 1, updatedAt: 1 }
    const insert = 'INSERT INTO runs(run, status, created_at, team, summary) VALUES (?, ?, 1, ?, ?)'
    old.prepare(insert).run('a', 'succeeded', 't', JSON.stringify(kept))
    // A policy put a text in place of the goal.
    old.prepare(insert).run('b', 'succeeded', 't', JSON.stringify({ ...kept, run: 'b', goal: 'hidden' }))
    old.close()
    const connection = await openConnection({
      file,
      clock: manualClock(),
      durability: 'process',
      busyTimeoutMs: 5000,
      allowNetworkFileSystem: false,
      bytesMax: undefined,
    })
    const { db } = connection
    t.after(() => connection.db.close())
    const list = (query: Parameters<typeof readRuns>[1]) => readRuns(connection, query).map(({ run }) => run)
    assert.deepEqual(list({ text: 'übersicht' }), ['a'])
    assert.deepEqual(list({}), ['b', 'a'])
    keepSummary(
      connection,
      prepareSummary({ ...kept, run: 'c', goal: { ...goal, tags: ['x'] } } as RunSummary),
      true,
    )
    assert.deepEqual(list({ tag: 'x', text: 'prüfe' }), ['c'])
    db.exec('DELETE FROM runs')
    for (const table of ['run_texts', 'run_tags'])
      assert.equal(db.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n, 0, table)
  })
})
