import type { Clock } from '../../ports/clock.ts'
import type { KnowledgeStore } from '../../ports/knowledge-store.ts'
import { byCodePoint } from '../order.ts'
import type { Kept } from './knowledge-contents.ts'
import { KnowledgeSpace } from './knowledge-space.ts'

/** Knowledge that is gone with the process: for tests, simulations and runs that shall leave no trace. */
export const volatileKnowledge = ({ clock }: { clock: Clock }): KnowledgeStore => {
  const spaces = new Map<string, KnowledgeSpace>()
  let chunkNumber = 0

  const spaceOf = (namespace: string): KnowledgeSpace => {
    const space = spaces.get(namespace) ?? new KnowledgeSpace(clock, () => ++chunkNumber)
    spaces.set(namespace, space)
    return space
  }
  const copyOf = ({ document }: Kept) => structuredClone(document)

  return {
    put: async (namespace, draft) => spaceOf(namespace).put(draft),
    async get(namespace, id) {
      const kept = spaceOf(namespace).get(id)
      return kept === undefined ? undefined : copyOf(kept)
    },
    list: async (namespace, { after = '', limit = 100 } = {}) =>
      spaceOf(namespace)
        .live()
        .filter(({ document }) => document.id > after)
        .sort((a, b) => byCodePoint(a.document.id, b.document.id))
        .slice(0, limit)
        .map(copyOf),
    async alike(namespace, bands, subject) {
      const space = spaceOf(namespace)
      return space.contents
        .all()
        .filter((content) => bands.some((key) => content.bands.has(key)))
        .flatMap(({ names }) => {
          const name = [...names].find((kept) => space.isLive(kept) && kept.document.subject === subject)
          return name === undefined ? [] : [copyOf(name)]
        })
        .slice(0, 20)
    },
    async remove(namespace, { ids = [], subject }) {
      const space = spaceOf(namespace)
      const found = space
        .all()
        .filter(
          ({ document }) =>
            ids.includes(document.id) || (subject !== undefined && document.subject === subject),
        )
      for (const kept of found) space.drop(kept)
      return found.length
    },
    async lexical(namespace, terms, { limit, filter = {}, also = [] }) {
      const space = spaceOf(namespace)
      return space.contents.lexical(terms, space.fits(filter), { limit, also })
    },
    async nearest(namespace, vector, { filter = {}, ...asked }) {
      const space = spaceOf(namespace)
      return space.contents.nearest(vector, space.fits(filter), asked)
    },
    centre: async (namespace, embedder) => spaceOf(namespace).contents.centre(embedder),
    async vectors(namespace, embedder, wanted) {
      const { chunks } = spaceOf(namespace).contents
      return wanted.map((number) => chunks.get(number)?.vectors.get(embedder)?.slice())
    },
    async chunks(namespace, wanted, { filter = {} } = {}) {
      const space = spaceOf(namespace)
      return wanted.flatMap((number) => space.chunk(number, filter))
    },
    span: async (namespace, id, from, to) => spaceOf(namespace).span(id, from, to),
    unembedded: async (namespace, embedder, page) => spaceOf(namespace).unembedded(embedder, page),
    async addVectors(namespace, embedder, vectors) {
      const { contents } = spaceOf(namespace)
      const there = vectors.filter(({ chunk }) => contents.chunks.has(chunk))
      const leaving = there.map(({ chunk }) => chunk)
      const given = there.map(({ values }) => ({ embedder, values }))
      contents.checkVectors(given, leaving)
      for (const { chunk, values } of there) contents.setVector(chunk, embedder, values)
      return there.length
    },
    dropVectors: async (namespace, embedder) => spaceOf(namespace).contents.dropVectors(embedder),
    embedders: async (namespace) => spaceOf(namespace).contents.embedders().sort(byCodePoint),
    stats: async (namespace) => spaceOf(namespace).stats(),
    namespaces: async () =>
      [...spaces]
        .filter(([, { contents }]) => contents.chunks.size > 0)
        .map(([name]) => name)
        .sort(byCodePoint),
    async sweep(limit = 1000) {
      let swept = 0
      for (const space of spaces.values())
        for (const kept of space.all())
          if (swept < limit && !space.isLive(kept)) {
            space.drop(kept)
            swept++
          }
      return swept
    },
    async close() {},
  }
}
