import { hashTerm, sentenceEnd, type TermSequence, termSequence } from '../../domain/text/term-sequence.ts'
import type { Clock } from '../../ports/clock.ts'
import {
  type DocumentDraft,
  documentFits,
  type KnowledgeDocument,
  type KnowledgeFilter,
  type KnowledgeStore,
  type Put,
  type StoredChunk,
} from '../../ports/knowledge-store.ts'
import { VectorIndex } from '../vectors/vector-index.ts'

type Kept = {
  document: KnowledgeDocument
  hash: string
  bands: ReadonlySet<string>
  aliases: Set<string>
  chunks: number[]
}
type Chunk = {
  kept: Kept
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
  aliases: Map<string, Kept>
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
      aliases: new Map(),
      postings: new Map(),
      chunks: new Map(),
      indexes: new Map(),
    }
    spaces.set(namespace, space)
    return space
  }
  const isLive = ({ document }: Kept): boolean =>
    document.expiresAt === undefined || document.expiresAt > clock.now()
  const named = (space: Space, id: string): Kept | undefined =>
    space.documents.get(id) ?? space.aliases.get(id)
  const hashesOf = (terms: TermSequence): Set<number> => {
    const hashes = new Set(terms)
    hashes.delete(sentenceEnd)
    return hashes
  }

  const dropChunks = (space: Space, kept: Kept): void => {
    for (const number of kept.chunks) {
      const chunk = space.chunks.get(number)
      for (const hash of hashesOf(chunk?.terms ?? new Uint32Array())) {
        const posting = space.postings.get(hash)
        posting?.delete(number)
        if (posting?.size === 0) space.postings.delete(hash)
      }
      space.chunks.delete(number)
      for (const index of space.indexes.values()) index.delete(number)
    }
    kept.chunks = []
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

  const addChunks = (space: Space, kept: Kept, draft: DocumentDraft): void => {
    for (const [ordinal, { start, end, terms, sentenceEnds }] of draft.chunks.entries()) {
      const number = ++chunkNumber
      const sequence = termSequence(draft.titleTerms, terms, sentenceEnds)
      const sizes = { bodyTerms: terms.length, titleTerms: draft.titleTerms.length }
      space.chunks.set(number, { kept, ordinal, start, end, terms: sequence, ...sizes, vectors: new Map() })
      kept.chunks.push(number)
      for (const hash of hashesOf(sequence)) {
        const posting = space.postings.get(hash) ?? new Set()
        space.postings.set(hash, posting.add(number))
      }
    }
    for (const { ordinal, embedder, values } of draft.vectors ?? []) {
      const number = kept.chunks[ordinal]
      if (number !== undefined) setVector(space, number, embedder, values)
    }
  }

  const documentOf = (draft: DocumentDraft, at: number, version: number): KnowledgeDocument => ({
    id: draft.id,
    modality: draft.modality,
    ...(draft.title === undefined ? {} : { title: draft.title }),
    text: draft.text,
    metadata: structuredClone(draft.metadata),
    ...(draft.subject === undefined ? {} : { subject: draft.subject }),
    ...(draft.source === undefined ? {} : { source: draft.source }),
    at,
    updatedAt: clock.now(),
    ...(draft.expiresAt === undefined ? {} : { expiresAt: draft.expiresAt }),
    version,
    group: draft.group ?? draft.id,
  })

  const create = (space: Space, draft: DocumentDraft, at: number, version: number): void => {
    const kept: Kept = {
      document: documentOf(draft, at, version),
      hash: draft.hash,
      bands: new Set(draft.bands),
      aliases: new Set(),
      chunks: [],
    }
    space.documents.set(draft.id, kept)
    addChunks(space, kept, draft)
  }

  const inherit = (space: Space, kept: Kept): boolean => {
    const heir = [...kept.aliases].sort(compare)[0]
    if (heir === undefined) return false
    space.documents.delete(kept.document.id)
    space.aliases.delete(heir)
    kept.aliases.delete(heir)
    kept.document = { ...kept.document, id: heir }
    space.documents.set(heir, kept)
    return true
  }

  const put = (space: Space, draft: DocumentDraft): Put => {
    const before = named(space, draft.id)
    if (before === undefined) {
      const same = [...space.documents.values()].find(
        ({ hash, document }) => hash === draft.hash && document.subject === draft.subject,
      )
      if (same !== undefined) {
        same.aliases.add(draft.id)
        space.aliases.set(draft.id, same)
        return { outcome: 'duplicate', id: same.document.id, version: same.document.version }
      }
      create(space, draft, clock.now(), 1)
      return { outcome: 'created', id: draft.id, version: 1 }
    }
    const { document } = before
    const primary = document.id === draft.id
    if (before.hash === draft.hash) {
      const changed =
        JSON.stringify(document.metadata) !== JSON.stringify(draft.metadata) ||
        document.expiresAt !== draft.expiresAt
      if (primary && changed) {
        const { expiresAt: _, ...rest } = document
        const expiry = draft.expiresAt === undefined ? {} : { expiresAt: draft.expiresAt }
        const metadata = structuredClone(draft.metadata)
        before.document = { ...rest, ...expiry, metadata, updatedAt: clock.now() }
      }
      return { outcome: primary ? 'unchanged' : 'duplicate', id: document.id, version: document.version }
    }
    if (!primary) {
      space.aliases.delete(draft.id)
      before.aliases.delete(draft.id)
      return put(space, draft)
    }
    if (inherit(space, before)) return put(space, draft)
    dropChunks(space, before)
    create(space, draft, document.at, document.version + 1)
    return { outcome: 'updated', id: draft.id, version: document.version + 1 }
  }

  const drop = (space: Space, kept: Kept): number => {
    dropChunks(space, kept)
    space.documents.delete(kept.document.id)
    for (const alias of kept.aliases) space.aliases.delete(alias)
    return 1 + kept.aliases.size
  }

  const removeName = (space: Space, id: string): number => {
    const alias = space.aliases.get(id)
    if (alias !== undefined) {
      alias.aliases.delete(id)
      space.aliases.delete(id)
      return 1
    }
    const kept = space.documents.get(id)
    if (kept === undefined) return 0
    if (!inherit(space, kept)) drop(space, kept)
    return 1
  }

  const fits = (space: Space, filter: KnowledgeFilter) => (number: number) => {
    const kept = space.chunks.get(number)?.kept
    return kept !== undefined && isLive(kept) && documentFits(kept.document, filter)
  }

  const stored = (number: number, { kept, ordinal, start, end }: Chunk): StoredChunk => ({
    chunk: number,
    ordinal,
    start,
    end,
    text: kept.document.text.slice(start, end),
    document: structuredClone(kept.document),
  })

  return {
    put: async (namespace, draft) => put(spaceOf(namespace), draft),
    async get(namespace, id) {
      const kept = named(spaceOf(namespace), id)
      return kept !== undefined && isLive(kept) ? structuredClone(kept.document) : undefined
    },
    list: async (namespace, { after = '', limit = 100 } = {}) =>
      [...spaceOf(namespace).documents.values()]
        .filter((kept) => isLive(kept) && kept.document.id > after)
        .map(({ document }) => structuredClone(document))
        .sort((a, b) => compare(a.id, b.id))
        .slice(0, limit),
    alike: async (namespace, bands, subject) =>
      [...spaceOf(namespace).documents.values()]
        .filter((kept) => isLive(kept) && kept.document.subject === subject)
        .filter((kept) => bands.some((key) => kept.bands.has(key)))
        .slice(0, 20)
        .map(({ document }) => structuredClone(document)),
    async remove(namespace, { ids = [], subject }) {
      const space = spaceOf(namespace)
      let names = ids.reduce((sum, id) => sum + removeName(space, id), 0)
      if (subject !== undefined)
        for (const kept of [...space.documents.values()])
          if (kept.document.subject === subject) names += drop(space, kept)
      return names
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
      if (index?.dimensions !== vector.length) return []
      const allowed = [...index.keys()].filter(fits(space, filter))
      return index.search(vector, limit, allowed).map(({ key, score }) => ({ chunk: key, score }))
    },
    centre: async (namespace, embedder) => spaceOf(namespace).indexes.get(embedder)?.centre(),
    async vectors(namespace, embedder, wanted) {
      const space = spaceOf(namespace)
      return wanted.map((number) => space.chunks.get(number)?.vectors.get(embedder)?.slice())
    },
    async chunks(namespace, wanted) {
      const space = spaceOf(namespace)
      return wanted.flatMap((number) => {
        const chunk = space.chunks.get(number)
        return chunk !== undefined && isLive(chunk.kept) ? [stored(number, chunk)] : []
      })
    },
    async span(namespace, id, from, to) {
      const space = spaceOf(namespace)
      const kept = named(space, id)
      if (kept === undefined || !isLive(kept)) return []
      return kept.chunks
        .slice(Math.max(0, from), to + 1)
        .map((number) => stored(number, space.chunks.get(number)!))
    },
    unembedded: async (namespace, embedder, { after, limit }) =>
      [...spaceOf(namespace).chunks]
        .filter(([number, { kept, vectors }]) => {
          return number > after && isLive(kept) && kept.document.modality === 'text' && !vectors.has(embedder)
        })
        .slice(0, limit)
        .map(
          ([
            number,
            {
              kept: { document },
              start,
              end,
            },
          ]) => ({
            chunk: number,
            text: `${document.title === undefined ? '' : `${document.title}. `}${document.text.slice(start, end)}`,
          }),
        ),
    async addVectors(namespace, embedder, vectors) {
      const space = spaceOf(namespace)
      const there = vectors.filter(({ chunk }) => space.chunks.has(chunk))
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
      const vectors = new Map<string, number>()
      for (const chunk of space.chunks.values())
        for (const embedder of chunk.vectors.keys()) vectors.set(embedder, (vectors.get(embedder) ?? 0) + 1)
      return {
        documents: live.length,
        chunks: live.reduce((sum, { chunks }) => sum + chunks.length, 0),
        characters: live.reduce((sum, { document }) => sum + document.text.length, 0),
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
