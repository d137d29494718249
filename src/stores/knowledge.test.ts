import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { manualClock } from '../testing/clock.ts'
import { knowledgeStoreContract } from '../testing/contracts/knowledge-store.ts'
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
