import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { scopedKnowledge } from '../src/memory/knowledge/knowledge.ts'
import { sqliteKnowledge } from '../src/stores/sqlite/knowledge/store.ts'
import { machineClock } from '../src/testing/clock.ts'

const program = fileURLToPath(new URL('fixtures/knowledge/ingest.ts', import.meta.url))
const documents = 120

const ingest = (directory: string) =>
  spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, directory, String(documents)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })

/** Kills the process as soon as it has said so many lines; answers whether it was still at work. */
const killedAfter = async (child: ReturnType<typeof ingest>, lines: number): Promise<string[]> => {
  let said = ''
  child.stdout.setEncoding('utf8')
  for await (const part of child.stdout) {
    said += part
    if (said.split('\n').length > lines) child.kill('SIGKILL')
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return said.split('\n').slice(0, -1)
}

test('an ingestion that is killed again and again loses nothing it said, doubles nothing, and ends whole', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'concord-kill-'))
  try {
    const acknowledged = new Set<string>()
    let kills = 0
    for (const lines of [7, 40, 90, 150, 200]) {
      const child = ingest(directory)
      for (const line of await killedAfter(child, lines))
        if (line.startsWith('added ')) acknowledged.add(line.slice('added '.length))
      if (child.signalCode === 'SIGKILL') kills++
      const db = new DatabaseSync(join(directory, 'knowledge.db'))
      assert.equal(Object.values(db.prepare('PRAGMA integrity_check').get() ?? {})[0], 'ok')
      db.exec(`INSERT INTO words(words, rank) VALUES('integrity-check', 0)`)
      const ids = db
        .prepare('SELECT id FROM documents')
        .all()
        .map(({ id }) => String(id))
      for (const id of acknowledged) assert.ok(ids.includes(id), `${id} was acknowledged and is gone`)
      const [{ loose }] = db
        .prepare('SELECT count(*) AS loose FROM vectors WHERE chunk NOT IN (SELECT id FROM chunks)')
        .all() as [{ loose: number }]
      assert.equal(loose, 0)
      db.close()
    }
    assert.ok(kills >= 3, `only ${kills} processes were killed at work`)
    const last = ingest(directory)
    await killedAfter(last, Number.POSITIVE_INFINITY)
    assert.equal(last.exitCode, 0)
    const store = await sqliteKnowledge({ directory, durability: 'process', clock: machineClock })
    const { documents: found, chunks, vectors } = await store.stats('global')
    assert.deepEqual(
      [found, chunks, vectors],
      [documents, documents, [{ embedder: 'test/letters', vectors: documents }]],
    )
    const knowledge = scopedKnowledge({ store, namespace: 'global', clock: machineClock })
    const hits = await knowledge.search('number77', { limit: 5 })
    assert.deepEqual(
      hits.map(({ document }) => document.id),
      ['d77'],
    )
    await store.close()
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})
