import { hashTerm, sentenceEnd, type TermSequence, termSequence } from '../../domain/text/term-sequence.ts'
import type { Clock } from '../../ports/clock.ts'
import {
  checkDimensions,
  type DocumentDraft,
  documentFits,
  groupOfDraft,
  type KnowledgeDocument,
  type KnowledgeFilter,
  type KnowledgeStore,
  type Put,
  type StoredChunk,
} from '../../ports/knowledge-store.ts'
import { VectorIndex } from '../vectors/vector-index.ts'

/** What documents with the same content share. */
type Content = {
  hash: string
  bands: ReadonlySet<string>
  names: Set<Kept>
  chunks: number[]
}
type Kept = { document: KnowledgeDocument; content: Content }
type Chunk = {
  content: Content
  ordinal: number
  start: number
  end: number
  terms: TermSequence
  bodyTerms: number
  titleTerms: number
  vectors: Map<string, Float32Array>
}
type Space = {
  documents: Map<string, Kept>
  /** By hash. */
  contents: Map<string, Content>
  postings: Map<number, Set<number>>
  chunks: Map<number, Chunk>
  indexes: Map<string, VectorIndex>
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Knowledge that is gone with the process: for tests, simulations and runs that shall leave no trace. */
export const volatileKnowledge = ({ clock }: { clock: Clock }): KnowledgeStore => {
  const spaces = new Map<string, Space>()
  let chunkNumber = 0

  const spaceOf = (namespace: string): Space => {
    const space = spaces.get(namespace) ?? {
      documents: new Map(),
      contents: new Map(),
      postings: new Map(),
      chunks: new Map(),
      indexes: new Map(),
    }
    spaces.set(namespace, space)
    return space
  }
  const isLive = ({ document }: Kept): boolean =>
    document.expiresAt === undefined || document.expiresAt > clock.now()
  const hashesOf = (terms: TermSequence): Set<number> => {
    const hashes = new Set(terms)
    hashes.delete(sentenceEnd)
    return hashes
  }

  const dropContent = (space: Space, content: Content): void => {
    for (const number of content.chunks) {
      const chunk = space.chunks.get(number)
      for (const hash of hashesOf(chunk?.terms ?? new Uint32Array())) {
        const posting = space.postings.get(hash)
        posting?.delete(number)
        if (posting?.size === 0) space.postings.delete(hash)
      }
      space.chunks.delete(number)
      for (const index of space.indexes.values()) index.delete(number)
    }
    space.contents.delete(content.hash)
  }

  const setVector = (space: Space, number: number, embedder: string, values: Float32Array): void => {
    let index = space.indexes.get(embedder)
    if (index?.dimensions !== values.length) {
      index = new VectorIndex({ dimensions: values.length })
      space.indexes.set(embedder, index)
    }
    index.set(number, values)
    space.chunks.get(number)?.vectors.set(embedder, values.slice())
  }

  const addContent = (space: Space, draft: DocumentDraft): Content => {
    const content: Content = { hash: draft.hash, bands: new Set(draft.bands), names: new Set(), chunks: [] }
    space.contents.set(draft.hash, content)
    for (const [ordinal, { start, end, terms, sentenceEnds }] of draft.chunks.entries()) {
      const number = ++chunkNumber
      const sequence = termSequence(draft.titleTerms, terms, sentenceEnds)
      const sizes = { bodyTerms: terms.length, titleTerms: draft.titleTerms.length }
      space.chunks.set(number, {
        content,
        ordinal,
        start,
        end,
        terms: sequence,
        ...sizes,
        vectors: new Map(),
      })
      content.chunks.push(number)
      for (const hash of hashesOf(sequence)) {
        const posting = space.postings.get(hash) ?? new Set()
        space.postings.set(hash, posting.add(number))
      }
    }
    for (const { ordinal, embedder, values } of draft.vectors ?? []) {
      const number = content.chunks[ordinal]
      if (number !== undefined) setVector(space, number, embedder, values)
    }
    return content
  }

  const documentOf = (
    draft: DocumentDraft,
    group: string,
    before?: KnowledgeDocument,
  ): KnowledgeDocument => ({
    id: draft.id,
    modality: draft.modality,
    ...(draft.title === undefined ? {} : { title: draft.title }),
    text: draft.text,
    metadata: structuredClone(draft.metadata),
    ...(draft.subject === undefined ? {} : { subject: draft.subject }),
    ...(draft.source === undefined ? {} : { source: draft.source }),
    at: before?.at ?? clock.now(),
    updatedAt: clock.now(),
    ...(draft.expiresAt === undefined ? {} : { expiresAt: draft.expiresAt }),
    version: before?.version ?? 1,
    group,
    ...(draft.chunking === undefined ? {} : { chunking: structuredClone(draft.chunking) }),
  })

  /** Takes one name away, and its content when it was the last. */
  const drop = (space: Space, kept: Kept): void => {
    space.documents.delete(kept.document.id)
    kept.content.names.delete(kept)
    if (kept.content.names.size === 0) dropContent(space, kept.content)
  }

  const own = ({ metadata, subject, source, expiresAt }: KnowledgeDocument | DocumentDraft): string =>
    JSON.stringify([metadata, subject ?? null, source ?? null, expiresAt ?? null])

  /** Before anything is changed: vectors that `leaving` has for itself count for nothing. */
  const checkVectors = (
    space: Space,
    given: readonly { embedder: string; values: Float32Array }[],
    leaving: readonly number[] = [],
  ): void => {
    const lengths = new Map<string, number>()
    for (const { embedder, values } of given) {
      const index = space.indexes.get(embedder)
      const others = [...(index?.keys() ?? [])].some((number) => !leaving.includes(number))
      const there = lengths.get(embedder) ?? (others ? index?.dimensions : undefined)
      checkDimensions(embedder, values.length, there)
      lengths.set(embedder, values.length)
    }
  }

  const put = (space: Space, draft: DocumentDraft): Put => {
    const { id, subject } = draft
    const found = space.documents.get(id)
    const before = found !== undefined && isLive(found) ? found : undefined
    const same = before?.content.hash === draft.hash
    if (same && own(before.document) === own(draft))
      return { outcome: 'unchanged', id, version: before.document.version }
    const alone = found?.content.names.size === 1 && found.content.hash !== draft.hash
    const known = space.contents.get(draft.hash)
    if (known === undefined) checkVectors(space, draft.vectors ?? [], alone ? found.content.chunks : [])
    const content = known ?? addContent(space, draft)
    const twin = [...content.names].find(
      (each) => each.document.id !== id && each.document.subject === subject && isLive(each),
    )?.document
    const kept = same && before.document.subject === subject ? before.document.group : undefined
    const document = documentOf(draft, kept ?? twin?.group ?? groupOfDraft(draft), before?.document)
    if (!same && before !== undefined) document.version++
    const next = { document, content }
    // Added first: a content whose only name is replaced stays.
    content.names.add(next)
    if (found !== undefined) {
      found.content.names.delete(found)
      if (found.content.names.size === 0) dropContent(space, found.content)
    }
    space.documents.set(id, next)
    const { version } = document
    if (before !== undefined) return { outcome: 'updated', id, version }
    return twin === undefined
      ? { outcome: 'created', id, version }
      : { outcome: 'duplicate', id: twin.id, version }
  }

  const fits = (space: Space, filter: KnowledgeFilter) => (number: number) =>
    [...(space.chunks.get(number)?.content.names ?? [])].some(
      (kept) => isLive(kept) && documentFits(kept.document, filter),
    )

  const stored = (
    number: number,
    { ordinal, start, end }: Chunk,
    document: KnowledgeDocument,
  ): StoredChunk => ({
    chunk: number,
    ordinal,
    start,
    end,
    text: document.text.slice(start, end),
    document: structuredClone(document),
  })

  /** Once for every group: the name changed last stands for it. */
  const storedOnce = (number: number, chunk: Chunk, filter: KnowledgeFilter): StoredChunk[] => {
    const groups = new Map<string, StoredChunk>()
    const names = [...chunk.content.names].filter(
      (kept) => isLive(kept) && documentFits(kept.document, filter),
    )
    for (const { document } of names.sort((a, b) => b.document.updatedAt - a.document.updatedAt)) {
      const first = groups.get(document.group)
      if (first === undefined) groups.set(document.group, stored(number, chunk, document))
      else first.also = [...(first.also ?? []), document.id]
    }
    return [...groups.values()]
  }

  const liveTextOf = ({ names }: Content): KnowledgeDocument | undefined =>
    [...names].find((kept) => isLive(kept) && kept.document.modality === 'text')?.document

  return {
    put: async (namespace, draft) => put(spaceOf(namespace), draft),
    async get(namespace, id) {
      const kept = spaceOf(namespace).documents.get(id)
      return kept !== undefined && isLive(kept) ? structuredClone(kept.document) : undefined
    },
    list: async (namespace, { after = '', limit = 100 } = {}) =>
      [...spaceOf(namespace).documents.values()]
        .filter((kept) => isLive(kept) && kept.document.id > after)
        .map(({ document }) => structuredClone(document))
        .sort((a, b) => compare(a.id, b.id))
        .slice(0, limit),
    alike: async (namespace, bands, subject) =>
      [...spaceOf(namespace).contents.values()]
        .filter((content) => bands.some((key) => content.bands.has(key)))
        .flatMap(({ names }) => {
          const name = [...names].find((kept) => isLive(kept) && kept.document.subject === subject)
          return name === undefined ? [] : [structuredClone(name.document)]
        })
        .slice(0, 20),
    async remove(namespace, { ids = [], subject }) {
      const space = spaceOf(namespace)
      const found = [...space.documents.values()].filter(
        ({ document }) =>
          ids.includes(document.id) || (subject !== undefined && document.subject === subject),
      )
      for (const kept of found) drop(space, kept)
      return found.length
    },
    async lexical(namespace, terms, { limit, filter = {}, also = [] }) {
      const space = spaceOf(namespace)
      const hashes = terms.map(hashTerm)
      let [body, title] = [0, 0]
      for (const chunk of space.chunks.values()) {
        body += chunk.bodyTerms
        title += chunk.titleTerms
      }
      const size = Math.max(1, space.chunks.size)
      const frequencies = hashes.map((hash) => space.postings.get(hash)?.size ?? 0)
      const weights = new Map<number, number>()
      for (const [at, hash] of hashes.entries())
        for (const number of space.postings.get(hash) ?? [])
          weights.set(number, (weights.get(number) ?? 0) + Math.log(1 + size / frequencies[at]!))
      const best = [...weights]
        .filter(([number]) => fits(space, filter)(number))
        .sort((a, b) => b[1] - a[1] || a[0] - b[0])
        .slice(0, limit)
        .map(([number]) => number)
      const candidates = [...new Set([...best, ...also])].flatMap((number) => {
        const chunk = space.chunks.get(number)
        if (chunk === undefined) return []
        const { terms, bodyTerms: bodyLength, titleTerms: titleLength } = chunk
        return [{ chunk: number, terms, bodyLength, titleLength }]
      })
      const means = { bodyLength: body / size, titleLength: title / size }
      return { chunks: space.chunks.size, ...means, frequencies, candidates }
    },
    async nearest(namespace, vector, { embedder, limit, filter = {} }) {
      const space = spaceOf(namespace)
      const index = space.indexes.get(embedder)
      if (index === undefined || index.size === 0) return []
      checkDimensions(embedder, vector.length, index.dimensions)
      const allowed = [...index.keys()].filter(fits(space, filter))
      return index.search(vector, limit, allowed).map(({ key, score }) => ({ chunk: key, score }))
    },
    centre: async (namespace, embedder) => spaceOf(namespace).indexes.get(embedder)?.centre(),
    async vectors(namespace, embedder, wanted) {
      const space = spaceOf(namespace)
      return wanted.map((number) => space.chunks.get(number)?.vectors.get(embedder)?.slice())
    },
    async chunks(namespace, wanted, { filter = {} } = {}) {
      const space = spaceOf(namespace)
      return wanted.flatMap((number) => {
        const chunk = space.chunks.get(number)
        return chunk === undefined ? [] : storedOnce(number, chunk, filter)
      })
    },
    async span(namespace, id, from, to) {
      const space = spaceOf(namespace)
      const kept = space.documents.get(id)
      if (kept === undefined || !isLive(kept)) return []
      return kept.content.chunks
        .slice(Math.max(0, from), to + 1)
        .map((number) => stored(number, space.chunks.get(number)!, kept.document))
    },
    unembedded: async (namespace, embedder, { after, limit }) =>
      [...spaceOf(namespace).chunks]
        .filter(([number, { vectors }]) => number > after && !vectors.has(embedder))
        .flatMap(([number, { content, start, end }]) => {
          const document = liveTextOf(content)
          if (document === undefined) return []
          const title = document.title === undefined ? '' : `${document.title}. `
          return [{ chunk: number, text: `${title}${document.text.slice(start, end)}` }]
        })
        .slice(0, limit),
    async addVectors(namespace, embedder, vectors) {
      const space = spaceOf(namespace)
      const there = vectors.filter(({ chunk }) => space.chunks.has(chunk))
      const own = there.map(({ chunk }) => chunk)
      checkVectors(
        space,
        there.map(({ values }) => ({ embedder, values })),
        own,
      )
      for (const { chunk, values } of there) setVector(space, chunk, embedder, values)
      return there.length
    },
    async dropVectors(namespace, embedder) {
      const space = spaceOf(namespace)
      space.indexes.delete(embedder)
      let dropped = 0
      for (const { vectors } of space.chunks.values()) if (vectors.delete(embedder)) dropped++
      return dropped
    },
    embedders: async (namespace) =>
      [...spaceOf(namespace).indexes]
        .filter(([, { size }]) => size > 0)
        .map(([name]) => name)
        .sort(compare),
    async stats(namespace) {
      const space = spaceOf(namespace)
      const live = [...space.documents.values()].filter(isLive)
      const contents = new Map(live.map(({ content, document }) => [content, document.text.length]))
      const vectors = new Map<string, number>()
      for (const chunk of space.chunks.values())
        for (const embedder of chunk.vectors.keys()) vectors.set(embedder, (vectors.get(embedder) ?? 0) + 1)
      return {
        documents: live.length,
        chunks: [...contents.keys()].reduce((sum, { chunks }) => sum + chunks.length, 0),
        characters: [...contents.values()].reduce((sum, length) => sum + length, 0),
        vectors: [...vectors]
          .sort(([a], [b]) => compare(a, b))
          .map(([embedder, count]) => ({ embedder, vectors: count })),
      }
    },
    namespaces: async () =>
      [...spaces]
        .filter(([, { chunks }]) => chunks.size > 0)
        .map(([name]) => name)
        .sort(compare),
    async sweep(limit = 1000) {
      let swept = 0
      for (const space of spaces.values())
        for (const kept of [...space.documents.values()])
          if (swept < limit && !isLive(kept)) {
            drop(space, kept)
            swept++
          }
      return swept
    },
    async close() {},
  }
}
