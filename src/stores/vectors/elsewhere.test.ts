import assert from 'node:assert/strict'
import { test } from 'node:test'
import { scopedKnowledge } from '../../memory/knowledge/knowledge.ts'
import type { Modality } from '../../ports/knowledge-store.ts'
import type { VectorIndex, VectorSpace } from '../../ports/vector-index.ts'
import { manualClock } from '../../testing/clock.ts'
import { volatileKnowledge } from '../volatile/knowledge.ts'
import { vectorsElsewhere } from './elsewhere.ts'

const cosine = (a: Float32Array, b: Float32Array): number => {
  const dot = a.reduce((sum, value, at) => sum + value * b[at]!, 0)
  return dot / Math.hypot(...a) / Math.hypot(...b)
}

/** The least that answers the port: what a client of another system's index would be. */
const plainIndex = () => {
  type Entry = VectorSpace & { namespace: string; chunk: number; values: Float32Array }
  let entries: Entry[] = []
  const index: VectorIndex = {
    async add(namespace, space, vectors) {
      for (const vector of vectors) {
        entries = entries.filter(
          (each) =>
            each.namespace !== namespace ||
            each.chunk !== vector.chunk ||
            each.embedder !== space.embedder ||
            each.modality !== space.modality,
        )
        entries.push({ namespace, ...space, ...vector })
      }
    },
    nearest: async (namespace, vector, { embedder, modality, limit }) =>
      entries
        .filter((each) => each.namespace === namespace && each.embedder === embedder)
        .filter((each) => modality === undefined || each.modality === modality)
        .map(({ chunk, values }) => ({ chunk, score: cosine(vector, values) }))
        .sort((a, b) => b.score - a.score)
        .slice(0, limit),
    vectors: async (namespace, embedder, chunks) =>
      chunks.map(
        (chunk) =>
          entries.find(
            (each) => each.namespace === namespace && each.embedder === embedder && each.chunk === chunk,
          )?.values,
      ),
    async remove(namespace, chunks) {
      entries = entries.filter((each) => each.namespace !== namespace || !chunks.includes(each.chunk))
    },
    async drop(namespace, embedder) {
      const before = entries.length
      entries = entries.filter((each) => each.namespace !== namespace || each.embedder !== embedder)
      return before - entries.length
    },
    async spaces(namespace) {
      const own = entries.filter((each) => each.namespace === namespace)
      return [...Map.groupBy(own, ({ embedder, modality }) => `${modality} ${embedder}`)].map(
        ([key, all]) => ({
          modality: key.slice(0, key.indexOf(' ')) as Modality,
          embedder: key.slice(key.indexOf(' ') + 1),
          count: all.length,
        }),
      )
    },
    close: async () => {},
  }
  return { index, size: () => entries.length }
}

/** Texts by what they are about; pictures come with vectors of the same space, as CLIP has it. */
const clip = 'test/clip'
const embedder = {
  id: clip,
  dimensions: 2,
  embed: async (texts: string[]) =>
    texts.map((text) => Float32Array.from(/cat|pet/.test(text) ? [1, 0.1] : [0.1, 1])),
}

const open = () => {
  const { index, size } = plainIndex()
  const clock = manualClock()
  const store = vectorsElsewhere(volatileKnowledge({ clock }), index)
  const knowledge = scopedKnowledge({ store, namespace: 'n', clock, embedder: async () => embedder })
  return { store, knowledge, size }
}

test('texts and pictures are found by vectors that another index holds, each by its modality', async () => {
  const { store, knowledge } = open()
  await knowledge.add({ id: 'text', text: 'A cat sleeps.' })
  await knowledge.add({ id: 'other', text: 'Steel is cast.' })
  const values = Float32Array.from([1, 0])
  await knowledge.add({
    ...{ id: 'picture', text: 'IMG 17', modality: 'image' as const },
    vectors: [{ embedder: clip, values }],
  })
  assert.equal(await knowledge.embed(), 2)
  assert.equal((await knowledge.stats()).unembedded, false)
  const ids = async (modality?: Modality) => {
    const filter = modality === undefined ? {} : { filter: { modality } }
    const hits = await knowledge.search({ vector: { embedder: clip, values } }, filter)
    return hits.map(({ document }) => document.id)
  }
  assert.deepEqual(await ids(), ['picture', 'text', 'other'])
  assert.deepEqual(await ids('image'), ['picture'])
  assert.deepEqual(await ids('text'), ['text', 'other'])
  assert.deepEqual(await store.embedders('n'), [clip])
  // Words that none of them holds, in the space that texts and pictures share.
  const found = await knowledge.search('my pet', { limit: 2 })
  assert.deepEqual(
    found.map(({ document }) => document.id),
    ['text', 'picture'],
  )
})

test('what is forgotten, replaced or of another subject is not in the index either', async () => {
  const { knowledge, size } = open()
  await knowledge.add({ id: 'a', text: 'A cat.', subject: 's' })
  await knowledge.add({ id: 'b', text: 'A cat.', subject: 't' })
  await knowledge.add({ id: 'c', text: 'A pet.', subject: 's' })
  await knowledge.embed()
  assert.equal(size(), 2)
  await knowledge.forget({ subject: 's' })
  // `b` shares the text of `a`.
  assert.equal(size(), 1)
  await knowledge.update('b', { text: 'A dog.' })
  assert.equal(size(), 0)
  await knowledge.embed()
  await knowledge.forget('b')
  assert.equal(size(), 0)
})

test('a filter that few documents fit is held against more of the nearest', async () => {
  const { knowledge } = open()
  for (let at = 0; at < 150; at++)
    await knowledge.add({ id: `d${at}`, text: `cat ${at} of many`, metadata: { last: at === 149 } })
  await knowledge.embed()
  const vector = { embedder: clip, values: Float32Array.from([1, 0.1]) }
  const hits = await knowledge.search({ vector }, { limit: 1, filter: { metadata: { last: true } } })
  assert.deepEqual(
    hits.map(({ document }) => document.id),
    ['d149'],
  )
})
