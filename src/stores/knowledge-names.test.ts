import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import type { KnowledgeFilter, KnowledgeStore } from '../ports/knowledge-store.ts'
import { manualClock } from '../testing/clock.ts'
import { documentDraft } from '../testing/contracts/knowledge-store.ts'
import { sqliteKnowledge } from './sqlite/knowledge/store.ts'
import { inFolder } from './sqlite/temporary.test.ts'
import { volatileKnowledge } from './volatile/knowledge.ts'

const some = <T>(...values: T[]) => fc.constantFrom(...values)
const step = fc.record({
  kind: some('put', 'put', 'put', 'put', 'forget', 'subject', 'sweep', 'wait'),
  id: some('a', 'b', 'c', 'd', 'e'),
  text: some('red', 'red green', 'blue\nred'),
  subject: some(undefined, 's', 't'),
  metadata: some({}, { n: 1 }),
  ttl: some(undefined, undefined, 3, 9),
  vector: some(undefined, [1, 0], [0, 1]),
})

const filters: KnowledgeFilter[] = [{}, { subject: 's' }, { metadata: { n: 1 } }, { ids: ['a', 'b'] }]

/** All that can be seen of a namespace, in an order of its own. */
const seen = async (store: KnowledgeStore, namespace: string) => {
  const found = async (filter: KnowledgeFilter) => {
    const { candidates, ...counts } = await store.lexical(namespace, ['red'], { limit: 50, filter })
    const near = await store.nearest(namespace, Float32Array.of(1, 0), { embedder: 'e', limit: 50, filter })
    const numbers = [...new Set([...candidates, ...near].map(({ chunk }) => chunk))]
    const chunks = await store.chunks(namespace, numbers, { filter })
    const groups = chunks.map(({ document, also = [], ordinal, text }) =>
      JSON.stringify([[document.id, ...also].sort(), document.subject, ordinal, text]),
    )
    return [counts, candidates.length, near.length, groups.sort()]
  }
  return [
    await store.list(namespace),
    await store.stats(namespace),
    (await store.unembedded(namespace, 'e', { after: 0, limit: 50 })).map(({ text }) => text).sort(),
    await Promise.all(filters.map(found)),
  ]
}

it('both stores show the same after any puts, removals and expiries of documents that share texts', () =>
  inFolder(async (folder) => {
    const clock = manualClock()
    const stores = [
      volatileKnowledge({ clock }),
      await sqliteKnowledge({ directory: folder, durability: 'process', clock }),
    ]
    let round = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const namespace = `n${round++}`
        for (const { kind, id, text, subject, metadata, ttl, vector } of steps) {
          clock.advance(1)
          const expiresAt = ttl === undefined ? {} : { expiresAt: clock.now() + ttl }
          const values = vector && Float32Array.from(vector)
          const vectors = values && { vectors: [{ ordinal: 0, embedder: 'e', values }] }
          const about = subject === undefined ? {} : { subject }
          const draft = documentDraft(id, text, { metadata, ...expiresAt, ...vectors, ...about })
          draft.hash += vector?.join() ?? ''
          const answers = await Promise.all(
            stores.map(async (store) => {
              if (kind === 'forget') return store.remove(namespace, { ids: [id] })
              if (kind === 'subject') return store.remove(namespace, { subject: subject ?? 's' })
              if (kind === 'sweep') return store.sweep()
              if (kind === 'wait') return 0
              const { outcome, version } = await store.put(namespace, draft)
              return { outcome, version }
            }),
          )
          assert.deepEqual(answers[1], answers[0])
          const [here, there] = await Promise.all(stores.map((store) => seen(store, namespace)))
          assert.deepEqual(there, here)
        }
      }),
      { numRuns: 40, verbose: true },
    )
    for (const store of stores) await store.close()
  }))
