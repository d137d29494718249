import { createHash } from 'node:crypto'
import { copyJson, type JsonObject } from '../../domain/json.ts'
import { nearDuplicateKeys } from '../../domain/text/near-duplicates.ts'
import { sentences } from '../../domain/text/sentences.ts'
import { stems } from '../../domain/text/tokens.ts'
import { isUnspaced, singles } from '../../domain/text/unspaced.ts'
import type { ChunkDraft, DocumentDraft, Modality, VectorDraft } from '../../ports/knowledge-store.ts'
import { type ChunkingOptions, chunksOf, type Span } from './chunking.ts'
import { checkContent } from './rules.ts'

/** A document as it is given, before it is cut into chunks; what `beforeStore` sees. */
export type KnowledgeRecord = {
  id: string
  modality: Modality
  title?: string
  text: string
  metadata: JsonObject
  subject?: string
  source?: string
  expiresAt?: number
  /** `lines`: every line is a chunk, as the turns of a conversation are. */
  chunking?: ChunkingOptions | 'lines'
  group?: string
  vectors?: readonly VectorDraft[]
}

const linesOf = (text: string): Span[] => {
  const lines: Span[] = []
  for (let start = 0; start <= text.length; ) {
    const found = text.indexOf('\n', start)
    const end = found < 0 ? text.length : found
    if (text.slice(start, end).trim() !== '') lines.push({ start, end })
    start = end + 1
  }
  return lines.length === 0 ? [{ start: 0, end: 0 }] : lines
}

const digestOf = ({ modality, title, text, chunking, vectors = [] }: KnowledgeRecord): string => {
  const hash = createHash('sha256').update(JSON.stringify([modality, title ?? null, text, chunking ?? null]))
  // Indexed by pairs since 0.1.0: a document that was added before is indexed again when it is added again.
  if (isUnspaced(text)) hash.update('pairs')
  for (const { embedder, ordinal, values } of vectors)
    hash
      .update(`${embedder}/${ordinal}/`)
      .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
  return hash.digest('base64url')
}

const chunkOf = (text: string, { start, end }: Span): ChunkDraft => {
  const terms: string[] = []
  const sentenceEnds: number[] = []
  for (const sentence of sentences(text.slice(start, end))) {
    // Behind the words in their order, as they stand beside none.
    for (const term of [...stems(sentence.text), ...singles(sentence.text)]) terms.push(term)
    sentenceEnds.push(terms.length)
  }
  return { start, end, terms, sentenceEnds }
}

/** A record cut into chunks, with its terms and the keys by which duplicates are found. Needs no model. */
export const draftOf = (record: KnowledgeRecord): DocumentDraft => {
  checkContent(record.id, record.text, record.modality)
  const { text, title, modality, chunking } = record
  const spans = chunking === 'lines' ? linesOf(text) : chunksOf(text, chunking)
  return {
    ...record,
    metadata: copyJson(record.metadata) as JsonObject,
    hash: digestOf(record),
    bands: modality === 'text' ? nearDuplicateKeys(text) : [],
    titleTerms: title === undefined ? [] : stems(title),
    chunks: spans.map((span) => chunkOf(text, span)),
  }
}
