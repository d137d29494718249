import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { machineClock, manualClock } from '../testing/clock.ts'
import { documentDraft, knowledgeStoreContract } from '../testing/contracts/knowledge-store.ts'
import { sqliteKnowledge } from './sqlite/knowledge/store.ts'
import { volatileKnowledge } from './volatile/knowledge.ts'

knowledgeStoreContract('SQLite', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'concord-knowledge-'))
  const clock = manualClock()
  const store = await sqliteKnowledge({ directory, durability: 'process', clock })
  return {
    store,
    clock,
    async close() {
      await store.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
})

knowledgeStoreContract('the volatile store', async () => {
  const clock = manualClock()
  const store = volatileKnowledge({ clock })
  return { store, clock, close: () => store.close() }
})

test('two connections to one file see what the other wrote and removed, vectors too', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'concord-knowledge-'))
  const open = () => sqliteKnowledge({ directory, durability: 'process', clock: machineClock })
  const [here, there] = [await open(), await open()]
  try {
    const vectors = (...values: number[]) => ({
      vectors: [{ ordinal: 0, embedder: 'e', values: Float32Array.from(values) }],
    })
    const near = async (store: typeof here) =>
      (await store.nearest('n', Float32Array.of(1, 0), { embedder: 'e', limit: 9 })).length
    await here.put('n', documentDraft('a', 'one', vectors(1, 0)))
    assert.deepEqual([await near(here), await near(there)], [1, 1])
    await there.put('n', documentDraft('b', 'two', vectors(0, 1)))
    assert.deepEqual([await near(here), await near(there)], [2, 2])
    await here.remove('n', { ids: ['a'] })
    assert.deepEqual([await near(here), await near(there)], [1, 1])
    await here.put('n', documentDraft('b', 'changed', vectors(1, 1)))
    assert.deepEqual([await near(here), await near(there)], [1, 1])
    await Promise.all(
      Array.from({ length: 40 }, (_, at) =>
        (at % 2 ? here : there).put('n', documentDraft(`p${at}`, `same ${at % 10}`, vectors(1, at))),
      ),
    )
    const { documents, chunks } = await here.stats('n')
    assert.deepEqual([documents, chunks, await near(there)], [41, 11, 9])
    assert.equal((await there.lexical('n', ['same'], { limit: 50 })).candidates.length, 10)
  } finally {
    await here.close()
    await there.close()
    await rm(directory, { recursive: true, force: true })
  }
})
