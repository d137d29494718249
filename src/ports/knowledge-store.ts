import { ConcordError } from '../domain/errors.ts'
import type { Json, JsonObject } from '../domain/json.ts'
import type { TermSequence } from '../domain/text/term-sequence.ts'

/** Of what callers give, in the process and over HTTP. */
export const knowledgeLimits = {
  textCharsMax: 8_000_000,
  idCharsMax: 512,
  subjectCharsMax: 1000,
  /** Of titles and sources. */
  labelCharsMax: 10_000,
  /** Ids of a filter or a removal, values of `in`. */
  listMax: 1000,
  neighboursMax: 20,
} as const

export type Modality = 'text' | 'image' | 'audio'

/** What is known of a document; `text` is the text itself, or the caption of an image or a recording. */
export type KnowledgeDocument = {
  id: string
  modality: Modality
  title?: string
  text: string
  metadata: JsonObject
  /** Whom it is about: the scope of recall and of erasure. */
  subject?: string
  /** Where it comes from: a path, an address, `run/{id}`. */
  source?: string
  /** When it was first added, and last changed; ms since the epoch. */
  at: number
  updatedAt: number
  expiresAt?: number
  /** 1, 2, ... with each change of its content. */
  version: number
  /** The same for documents of a subject that say nearly the same. */
  group: string
  /** How its text was cut, where that was said. */
  chunking?: Chunking
}

export type Chunking = { charsMax?: number } | 'lines'

/**
 * A part of a document's text: `text.slice(start, end)`; `terms` are its stems in order, `sentenceEnds` the positions among them behind each sentence's last
 * (absent: one sentence).
 */
export type ChunkDraft = {
  start: number
  end: number
  terms: readonly string[]
  sentenceEnds?: readonly number[]
}

export type VectorDraft = { ordinal: number; embedder: string; values: Float32Array }

export type DocumentDraft = Omit<KnowledgeDocument, 'at' | 'updatedAt' | 'version' | 'group'> & {
  group?: string
  /** Digest of the content: the same content in a namespace is stored once, whatever names it has. */
  hash: string
  /** Keys that texts which say nearly the same are likely to share. */
  bands: readonly string[]
  titleTerms: readonly string[]
  chunks: readonly ChunkDraft[]
  vectors?: readonly VectorDraft[]
}

/** The group of a document that is like no other: neither other content nor another subject comes to it. */
export const groupOfDraft = ({ group, subject, hash }: DocumentDraft): string =>
  group ?? (subject === undefined ? hash : `${hash}/${subject}`)

export type Put = {
  /**
   * `updated`: anything of it changed. `duplicate`: created, and the content was there under another id of the same subject, which is `id`: the two share
   * text, chunks and vectors and nothing else.
   */
  outcome: 'created' | 'updated' | 'unchanged' | 'duplicate'
  id: string
  version: number
}

type Scalar = string | number | boolean | null
/**
 * Conditions on top-level members of the metadata, all of which must hold. A member that is a list fits when one of its items does.
 * Names are letters, digits, `_`, `-` and `.`.
 */
export type MetadataFilter = {
  [name: string]: Scalar | { in?: readonly Scalar[]; gte?: number | string; lte?: number | string }
}

export type KnowledgeFilter = {
  metadata?: MetadataFilter
  subject?: string
  source?: string
  modality?: Modality
  ids?: readonly string[]
  /** Last changed in this time, inclusive. */
  from?: number
  to?: number
}

/** A chunk with its document's title as a sequence of terms. */
export type LexicalCandidate = { chunk: number; terms: TermSequence; bodyLength: number; titleLength: number }

export type LexicalCandidates = {
  /** Chunks of the namespace, and the mean of their lengths in terms. */
  chunks: number
  bodyLength: number
  titleLength: number
  /** In how many chunks (or their titles) each asked term stands. */
  frequencies: number[]
  candidates: LexicalCandidate[]
}

export type VectorCandidate = { chunk: number; score: number }

export type StoredChunk = {
  chunk: number
  ordinal: number
  start: number
  end: number
  text: string
  document: KnowledgeDocument
  /** Other documents of the same content and group that fit. */
  also?: string[]
}

export type KnowledgeStats = {
  documents: number
  chunks: number
  characters: number
  /** Vectors and what is still to be embedded, per embedder that has any. */
  vectors: { embedder: string; vectors: number }[]
}

export type Removal = { ids?: readonly string[]; subject?: string }

/**
 * Long-term memory: documents cut into chunks, found by their terms and by vectors of any embedder. Every write is one transaction and is
 * found by the next search, also from another process. Nothing that is deleted, past its expiry or outside the filter is ever returned.
 * Chunk numbers are never used twice.
 */
export interface KnowledgeStore {
  /**
   * Creates or replaces a document; its chunks and their vectors are those of its content, which goes with the last document that has it. Throws `input.invalid`
   * for a vector of another length than those of its embedder.
   */
  put(namespace: string, draft: DocumentDraft): Promise<Put>
  get(namespace: string, id: string): Promise<KnowledgeDocument | undefined>
  /** Documents in the order of their ids; `after` is the last id of the page before. */
  list(namespace: string, options?: { after?: string; limit?: number }): Promise<KnowledgeDocument[]>
  /** Documents of the same subject that share a band key, one for each content, at most 20. */
  alike(
    namespace: string,
    bands: readonly string[],
    subject: string | undefined,
  ): Promise<KnowledgeDocument[]>
  /** Removes documents by id, or all of a subject; answers how many. Erased from the file, not only unlinked, but for content that others have too. */
  remove(namespace: string, removal: Removal): Promise<number>
  /**
   * The chunks in which the terms weigh most by the statistics of this namespace alone, at most
   * `limit`, and those of `also` that exist; scoring them is the caller's.
   */
  lexical(
    namespace: string,
    terms: readonly string[],
    options: { limit: number; filter?: KnowledgeFilter; also?: readonly number[] },
  ): Promise<LexicalCandidates>
  /** The nearest chunks by cosine among vectors of one embedder, best first. Throws `input.invalid` for a vector of another length than theirs. */
  nearest(
    namespace: string,
    vector: Float32Array,
    options: { embedder: string; limit: number; filter?: KnowledgeFilter },
  ): Promise<VectorCandidate[]>
  /** Vectors of chunks, in the order asked; undefined where there is none of that embedder. */
  vectors(
    namespace: string,
    embedder: string,
    chunks: readonly number[],
  ): Promise<(Float32Array | undefined)[]>
  /** What the vectors of one embedder, each scaled to length 1, have in common: their mean, and of how many. Undefined where there is none. */
  centre(namespace: string, embedder: string): Promise<{ mean: Float32Array; count: number } | undefined>
  /**
   * Chunks with their documents in the order asked; those that are gone are left out. Of documents that share a chunk the one changed last stands for all of
   * its group that fit the filter, so a chunk comes once for each group.
   */
  chunks(
    namespace: string,
    chunks: readonly number[],
    options?: { filter?: KnowledgeFilter },
  ): Promise<StoredChunk[]>
  /** Chunks of one document by their ordinals, both inclusive. */
  span(namespace: string, id: string, from: number, to: number): Promise<StoredChunk[]>
  /** Chunks of text documents that have no vector of the embedder, in the order of their numbers after `after`. */
  unembedded(
    namespace: string,
    embedder: string,
    options: { after: number; limit: number },
  ): Promise<{ chunk: number; text: string }[]>
  /** Vectors of chunks that are gone meanwhile are dropped. Answers how many were kept. Throws `input.invalid` for another length than the embedder's vectors have. */
  addVectors(
    namespace: string,
    embedder: string,
    vectors: readonly { chunk: number; values: Float32Array }[],
  ): Promise<number>
  /** Drops all vectors of an embedder. */
  dropVectors(namespace: string, embedder: string): Promise<number>
  /** Embedders that have vectors here. */
  embedders(namespace: string): Promise<string[]>
  stats(namespace: string): Promise<KnowledgeStats>
  namespaces(): Promise<string[]>
  /** Removes at most `limit` (default 1,000) documents past their expiry; answers how many. */
  sweep(limit?: number): Promise<number>
  /** Resolves when its file was deleted or replaced while it was used (`store.lost`). Never where there is no file. */
  lost?: Promise<ConcordError>
  close(): Promise<void>
}

/** Throws `input.invalid` for a vector that could not be compared with those of its embedder that are there. */
export const checkDimensions = (embedder: string, given: number, there: number | undefined): void => {
  if (there !== undefined && given !== there)
    throw new ConcordError(
      'input.invalid',
      `Cannot use a vector of ${embedder} as all of an embedder in a namespace have one length: it has ${given} numbers, those there ${there}; name another embedder`,
    )
}

/** One condition of a filter on one member; the meaning every adapter keeps. */
export const memberFits = (value: Json | undefined, condition: MetadataFilter[string]): boolean => {
  if (Array.isArray(value)) return value.some((item) => !Array.isArray(item) && memberFits(item, condition))
  if (value === undefined || (typeof value === 'object' && value !== null)) return false
  if (condition === null || typeof condition !== 'object') return value === condition
  if (condition.in !== undefined && !condition.in.includes(value)) return false
  const within = (bound: number | string, ordered: (a: number | string, b: number | string) => boolean) =>
    (typeof value === 'number' || typeof value === 'string') &&
    typeof value === typeof bound &&
    ordered(value, bound)
  if (condition.gte !== undefined && !within(condition.gte, (a, b) => a >= b)) return false
  return condition.lte === undefined || within(condition.lte, (a, b) => a <= b)
}

const { hasOwn } = Object

/** Whether a document fits a filter. */
export const documentFits = (document: KnowledgeDocument, filter: KnowledgeFilter): boolean =>
  (filter.subject === undefined || document.subject === filter.subject) &&
  (filter.source === undefined || document.source === filter.source) &&
  (filter.modality === undefined || document.modality === filter.modality) &&
  (filter.ids === undefined || filter.ids.includes(document.id)) &&
  (filter.from === undefined || document.updatedAt >= filter.from) &&
  (filter.to === undefined || document.updatedAt <= filter.to) &&
  Object.entries(filter.metadata ?? {}).every(([name, condition]) =>
    memberFits(hasOwn(document.metadata, name) ? document.metadata[name] : undefined, condition),
  )
