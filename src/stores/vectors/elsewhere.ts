import type {
  DocumentDraft,
  KnowledgeStore,
  StoredChunk,
  VectorCandidate,
} from '../../ports/knowledge-store.ts'
import type { VectorIndex } from '../../ports/vector-index.ts'

const ordinalMax = Number.MAX_SAFE_INTEGER
const pageSize = 100
/**
 * The nearest are checked against the filter; where too few fit, `widening` times more are asked
 * for, `roundsMax` times at most.
 */
const widening = 4
const roundsMax = 4

const numbersOf = (chunks: readonly StoredChunk[]): number[] => chunks.map(({ chunk }) => chunk)

/**
 * A knowledge store whose documents and words are in `store` and whose vectors are in `index`. What
 * is forgotten or replaced is erased from both, the store first; a write that dies between the two
 * leaves vectors of chunks that no longer exist, which no search returns. So do documents that
 * expire.
 */
export const vectorsElsewhere = (store: KnowledgeStore, index: VectorIndex): KnowledgeStore => {
  const chunksOf = (namespace: string, id: string) => store.span(namespace, id, 0, ordinalMax)

  /** Erases the vectors of those chunks that nothing has any more. */
  const eraseGone = async (namespace: string, before: readonly number[]): Promise<void> => {
    if (before.length === 0) return
    const there = new Set(numbersOf(await store.chunks(namespace, before)))
    const gone = before.filter((chunk) => !there.has(chunk))
    if (gone.length > 0) await index.remove(namespace, gone)
  }

  const put = async (namespace: string, draft: DocumentDraft) => {
    const { vectors = [], ...words } = draft
    const before = numbersOf(await chunksOf(namespace, draft.id))
    const done = await store.put(namespace, words)
    const chunks = await chunksOf(namespace, draft.id)
    for (const { ordinal, embedder, values } of vectors) {
      const chunk = chunks.find((each) => each.ordinal === ordinal)?.chunk
      if (chunk !== undefined)
        await index.add(namespace, { embedder, modality: draft.modality }, [{ chunk, values }])
    }
    await eraseGone(namespace, before)
    return done
  }

  const chunksOfSubject = async (namespace: string, subject: string): Promise<number[]> => {
    const found: number[] = []
    for (let after: string | undefined = ''; after !== undefined; ) {
      const page = await store.list(namespace, { after, limit: pageSize })
      for (const document of page)
        if (document.subject === subject) found.push(...numbersOf(await chunksOf(namespace, document.id)))
      after = page.length < pageSize ? undefined : page.at(-1)?.id
    }
    return found
  }

  return {
    ...store,
    put,
    async remove(namespace, removal) {
      const { ids = [], subject } = removal
      const before = subject === undefined ? [] : await chunksOfSubject(namespace, subject)
      for (const id of ids) before.push(...numbersOf(await chunksOf(namespace, id)))
      const removed = await store.remove(namespace, removal)
      await eraseGone(namespace, before)
      return removed
    },
    async nearest(namespace, vector, { embedder, limit, filter = {} }) {
      let kept: VectorCandidate[] = []
      for (let round = 0, asked = limit; round < roundsMax; round++, asked *= widening) {
        const modality = filter.modality === undefined ? {} : { modality: filter.modality }
        const found = await index.nearest(namespace, vector, { embedder, ...modality, limit: asked })
        const numbers = found.map(({ chunk }) => chunk)
        const fit = new Set(numbersOf(await store.chunks(namespace, numbers, { filter })))
        kept = found.filter(({ chunk }) => fit.has(chunk)).slice(0, limit)
        if (kept.length === limit || found.length < asked) break
      }
      return kept
    },
    vectors: (namespace, embedder, chunks) => index.vectors(namespace, embedder, chunks),
    centre: async (namespace, embedder) => index.centre?.(namespace, embedder),
    async unembedded(namespace, embedder, { after, limit }) {
      const found: { chunk: number; text: string }[] = []
      for (let from = after; found.length < limit; ) {
        const page = await store.unembedded(namespace, embedder, { after: from, limit: pageSize })
        const numbers = page.map(({ chunk }) => chunk)
        const there = await index.vectors(namespace, embedder, numbers)
        found.push(...page.filter((_, at) => there[at] === undefined))
        if (page.length < pageSize) break
        from = numbers.at(-1)!
      }
      return found.slice(0, limit)
    },
    async addVectors(namespace, embedder, vectors) {
      const numbers = vectors.map(({ chunk }) => chunk)
      const there = new Set(numbersOf(await store.chunks(namespace, numbers)))
      const kept = vectors.filter(({ chunk }) => there.has(chunk))
      if (kept.length > 0) await index.add(namespace, { embedder, modality: 'text' }, kept)
      return kept.length
    },
    dropVectors: (namespace, embedder) => index.drop(namespace, embedder),
    embedders: async (namespace) =>
      [...new Set((await index.spaces(namespace)).map(({ embedder }) => embedder))].sort(),
    async stats(namespace) {
      const [stats, spaces] = await Promise.all([store.stats(namespace), index.spaces(namespace)])
      const counts = new Map<string, number>()
      for (const { embedder, count } of spaces) counts.set(embedder, (counts.get(embedder) ?? 0) + count)
      const vectors = [...counts].sort().map(([embedder, count]) => ({ embedder, vectors: count }))
      return { ...stats, vectors }
    },
    async close() {
      await store.close()
      await index.close()
    },
  }
}
