import { createHash } from 'node:crypto'
import { ConcordError, toFailure } from '../../domain/errors.ts'
import type { Read } from '../../domain/event.ts'
import { nearDuplicateKeys } from '../../domain/text/near-duplicates.ts'
import { jaccard, shingles } from '../../domain/text/similarity.ts'
import { wellFormed } from '../../domain/text/well-formed.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Embedder, ImageEmbedder, ImagePixels } from '../../ports/embedder.ts'
import type {
  KnowledgeDocument,
  KnowledgeStats,
  KnowledgeStore,
  Modality,
  Put,
  Removal,
} from '../../ports/knowledge-store.ts'
import { type Logger, silentLogger } from '../../ports/logger.ts'
import { draftOf, type KnowledgeRecord } from './draft.ts'
import { type EmbedOptions, embedMissing } from './embedding.ts'
import type { NewDocument } from './new-document.ts'
import { checkContent, checkGiven, checkRemoval, checkSearch, checkVector } from './rules.ts'
import { holdSameFacts } from './same-facts.ts'
import { type Hit, type SearchOptions, searchKnowledge } from './search.ts'

export type Question =
  | string
  | { text?: string; image?: ImagePixels; vector?: { embedder: string; values: Float32Array } }

/** Long-term memory of one namespace: what was added is found by its words at once, by its meaning as soon as it is embedded. */
export interface Knowledge {
  /** Adds or replaces; needs no model. Content that is there under another id is stored once, and each id keeps its own metadata, subject, source and expiry. */
  add(document: NewDocument): Promise<Put>
  search(question: Question, options?: SearchOptions): Promise<Hit[]>
  get(id: string): Promise<KnowledgeDocument | undefined>
  list(options?: { after?: string; limit?: number }): Promise<KnowledgeDocument[]>
  /** Changes what is given and keeps the rest. Throws `not-found`. Others of the same content keep what they have. */
  update(id: string, change: Partial<Omit<NewDocument, 'id'>>): Promise<Put>
  /** Erases documents by id, or all of a subject; answers how many went. Text that another document has too stays for that one. */
  forget(what: string | Removal): Promise<number>
  stats(): Promise<KnowledgeStats & { embedder?: string; unembedded: boolean }>
  /**
   * Embeds what has no vector of the present embedder, a batch at a time; continues where an earlier call was stopped. Resolves with how many chunks were embedded;
   * what it cannot embed is skipped, logged and counted in the progress. Rejects when the embedder itself fails.
   * `replace` then drops the vectors of other text embedders.
   */
  embed(options?: EmbedOptions): Promise<number>
  /** The same for another namespace. */
  in(namespace: string): Knowledge
}

/** Who asks: notes what was found, refuses to write for one who was replaced, finds only what they may know. */
export type Asking = {
  /** Filled with what was found, for a step's closing event. */
  reads?: () => Read[]
  /** Rejects when whoever writes is no longer wanted; asked right before each write. */
  fence?: () => Promise<void>
  /** Whether what is about somebody, or about nobody, may be found. */
  knows?: (subject: string | undefined) => boolean
}

export type KnowledgeParts = Asking & {
  store: KnowledgeStore
  namespace: string
  clock: Clock
  /** The embedder of texts; undefined when there is none. Asked for on first use. */
  embedder?: () => Promise<Embedder | undefined>
  imageEmbedder?: ImageEmbedder
  /** Embeds in the background what was added. */
  background?: (work: (signal: AbortSignal) => Promise<unknown>) => void
  logger?: Logger
}

const nearDuplicateFrom = 0.8
const readsMax = 100
/** Where some of what is found is left out, so many times more is looked at. */
const spare = 4
const spareMax = 400
const limitDefault = 10

const idOf = (text: string, { title, subject }: Pick<NewDocument, 'title' | 'subject'>): string =>
  createHash('sha256')
    .update(JSON.stringify([title ?? null, text, ...(subject === undefined ? [] : [subject])]))
    .digest('base64url')
    .slice(0, 22)

/**
 * The group of the first document that says nearly the same, with the same numbers and negations.
 */
const groupOf = async (store: KnowledgeStore, namespace: string, record: KnowledgeRecord) => {
  if (record.modality !== 'text') return undefined
  const keys = nearDuplicateKeys(record.text)
  if (keys.length === 0) return undefined
  const own = shingles(record.text)
  for (const other of await store.alike(namespace, keys, record.subject))
    if (jaccard(own, shingles(other.text)) >= nearDuplicateFrom && holdSameFacts(record.text, other.text))
      return other.group
  return undefined
}

const modalityOf = ({ modality, image }: NewDocument): Modality =>
  modality ?? (image === undefined ? 'text' : 'image')

const without = (document: KnowledgeDocument): NewDocument & { id: string } => {
  const {
    at: _at,
    updatedAt: _updated,
    expiresAt: _expires,
    version: _version,
    group: _group,
    ...rest
  } = document
  return rest
}

export const scopedKnowledge = (parts: KnowledgeParts): Knowledge => {
  const { store, namespace, clock, imageEmbedder, logger = silentLogger } = parts
  const textEmbedder = async () => parts.embedder?.()

  const imageVector = async (image: ImagePixels): Promise<{ embedder: string; values: Float32Array }> => {
    if (imageEmbedder === undefined)
      throw new ConcordError('model.unconfigured', 'Cannot compare images as no image embedder is configured')
    const [values] = await imageEmbedder.embedImages([image])
    return { embedder: imageEmbedder.id, values: values! }
  }

  const recordOf = async (given: NewDocument, expiresAt?: number): Promise<KnowledgeRecord> => {
    const { image, ttlMs, vectors = [], modality = modalityOf(given), ...rest } = given
    const expiry = ttlMs === undefined ? expiresAt : clock.now() + ttlMs
    const own = image === undefined ? [] : [await imageVector(image)]
    const all = [...vectors, ...own].map((each) => ({ ...each, ordinal: 0 }))
    const { id = idOf(given.text + all.map(({ values }) => values.join()).join(), given) } = given
    return {
      ...rest,
      id,
      modality,
      metadata: given.metadata ?? {},
      ...(expiry === undefined ? {} : { expiresAt: expiry }),
      ...(all.length === 0 ? {} : { vectors: all }),
    }
  }

  const embed = async (options: EmbedOptions = {}): Promise<number> => {
    const { signal, replace = false } = options
    const embedder = await textEmbedder()
    if (embedder === undefined) return 0
    const done = await embedMissing({ store, namespace, logger }, embedder, options)
    if (replace && signal?.aborted !== true)
      for (const other of await store.embedders(namespace))
        if (other !== embedder.id && other !== imageEmbedder?.id) await store.dropVectors(namespace, other)
    return done
  }

  const put = async (record: KnowledgeRecord): Promise<Put> => {
    checkContent(record.id, record.text, record.modality)
    const group = await groupOf(store, namespace, record)
    await parts.fence?.()
    const done = await store.put(namespace, draftOf({ ...record, ...(group === undefined ? {} : { group }) }))
    if (parts.embedder !== undefined && (done.outcome === 'created' || done.outcome === 'updated'))
      parts.background?.((signal) =>
        embed({ signal }).catch((error: unknown) => {
          if (!signal.aborted)
            logger.warn({ failure: toFailure(error), namespace }, 'knowledge is not embedded')
        }),
      )
    return done
  }

  /** The question's vector: only where there is something to compare it with. */
  const vectorOf = async (question: Exclude<Question, string>) => {
    if (question.vector !== undefined) {
      checkVector(question.vector.values, 'search knowledge')
      return question.vector
    }
    if (question.image !== undefined) return imageVector(question.image)
    if (question.text === undefined || question.text.trim() === '' || parts.embedder === undefined)
      return undefined
    const there = await store.embedders(namespace)
    if (there.length === 0) return undefined
    const embedder = await textEmbedder()
    if (embedder === undefined || !there.includes(embedder.id)) return undefined
    const [values] = await embedder.embed([question.text])
    if (values === undefined) return undefined
    const { id, cosineMin } = embedder
    return { embedder: id, values, ...(cosineMin === undefined ? {} : { least: cosineMin }) }
  }

  return {
    async add(document) {
      checkGiven(document, 'add a document')
      return put(await recordOf(wellFormed(document)))
    },
    async search(asked, options = {}) {
      checkSearch(options)
      const question = typeof asked === 'string' ? { text: asked } : asked
      const vector = await vectorOf(question)
      const request = {
        ...(question.text === undefined ? {} : { text: question.text }),
        ...(vector === undefined ? {} : { vector }),
      }
      const find = (given: SearchOptions) => searchKnowledge(store, namespace, request, clock.now(), given)
      const { knows } = parts
      let hits = await find(options)
      if (knows !== undefined && hits.some(({ document }) => !knows(document.subject))) {
        const { limit = limitDefault } = options
        const more = await find({ ...options, limit: Math.max(limit, Math.min(spareMax, limit * spare)) })
        hits = more.filter(({ document }) => knows(document.subject)).slice(0, limit)
      }
      const reads = parts.reads?.()
      if (reads !== undefined)
        for (const { document, start, end } of hits)
          if (reads.length < readsMax) reads.push({ document: document.id, start, end })
      return hits
    },
    get: (id) => store.get(namespace, id),
    list: (options) => store.list(namespace, options),
    async update(id, change) {
      checkGiven(change, 'update a document')
      const before = await store.get(namespace, id)
      if (before === undefined)
        throw new ConcordError(
          'not-found',
          `Cannot update "${id}" as the document must exist in ${namespace}: there is none; add it`,
        )
      if (before.modality !== 'text' && change.image === undefined && change.vectors === undefined)
        throw new ConcordError(
          'input.invalid',
          `Cannot update "${id}" as its vectors are made of what it shows: neither image nor vectors are given; give them again`,
        )
      const { metadata = before.metadata, ...rest } = wellFormed(change)
      return put(await recordOf({ ...without(before), ...rest, metadata, id }, before.expiresAt))
    },
    async forget(what) {
      const removal = typeof what === 'string' ? { ids: [what] } : what
      checkRemoval(removal)
      await parts.fence?.()
      return store.remove(namespace, removal)
    },
    async stats() {
      const stats = await store.stats(namespace)
      const embedder = await textEmbedder()
      if (embedder === undefined) return { ...stats, unembedded: false }
      const missing = await store.unembedded(namespace, embedder.id, { after: 0, limit: 1 })
      return { ...stats, embedder: embedder.id, unembedded: missing.length > 0 }
    },
    embed,
    in: (other) => scopedKnowledge({ ...parts, namespace: other }),
  }
}
