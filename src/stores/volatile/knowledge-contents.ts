import { hashTerm, sentenceEnd, type TermSequence, termSequence } from '../../domain/text/term-sequence.ts'
import {
  checkDimensions,
  type DocumentDraft,
  type KnowledgeDocument,
  type LexicalCandidates,
} from '../../ports/knowledge-store.ts'
import { VectorIndex } from '../vectors/vector-index.ts'

/** A document by its id. */
export type Kept = { document: KnowledgeDocument; content: Content }
/** What documents with the same content share. */
export type Content = {
  hash: string
  bands: ReadonlySet<string>
  names: Set<Kept>
  chunks: number[]
}
export type Chunk = {
  content: Content
  ordinal: number
  start: number
  end: number
  terms: TermSequence
  bodyTerms: number
  titleTerms: number
  vectors: Map<string, Float32Array>
}

const hashesOf = (terms: TermSequence): Set<number> => {
  const hashes = new Set(terms)
  hashes.delete(sentenceEnd)
  return hashes
}

/** The contents of one namespace, cut into chunks that are found by their terms and vectors. */
export class Contents {
  readonly chunks = new Map<number, Chunk>()
  readonly #byHash = new Map<string, Content>()
  readonly #postings = new Map<number, Set<number>>()
  readonly #indexes = new Map<string, VectorIndex>()
  readonly #nextNumber: () => number

  constructor(nextNumber: () => number) {
    this.#nextNumber = nextNumber
  }

  get(hash: string): Content | undefined {
    return this.#byHash.get(hash)
  }

  all(): Content[] {
    return [...this.#byHash.values()]
  }

  add(draft: DocumentDraft): Content {
    const content: Content = { hash: draft.hash, bands: new Set(draft.bands), names: new Set(), chunks: [] }
    this.#byHash.set(draft.hash, content)
    for (const [ordinal, { start, end, terms, sentenceEnds }] of draft.chunks.entries()) {
      const number = this.#nextNumber()
      const sequence = termSequence(draft.titleTerms, terms, sentenceEnds)
      const sizes = { bodyTerms: terms.length, titleTerms: draft.titleTerms.length }
      const chunk = { content, ordinal, start, end, terms: sequence, ...sizes, vectors: new Map() }
      this.chunks.set(number, chunk)
      content.chunks.push(number)
      for (const hash of hashesOf(sequence)) {
        const posting = this.#postings.get(hash) ?? new Set()
        this.#postings.set(hash, posting.add(number))
      }
    }
    for (const { ordinal, embedder, values } of draft.vectors ?? []) {
      const number = content.chunks[ordinal]
      if (number !== undefined) this.setVector(number, embedder, values)
    }
    return content
  }

  drop(content: Content): void {
    for (const number of content.chunks) {
      const chunk = this.chunks.get(number)
      for (const hash of hashesOf(chunk?.terms ?? new Uint32Array())) {
        const posting = this.#postings.get(hash)
        posting?.delete(number)
        if (posting?.size === 0) this.#postings.delete(hash)
      }
      this.chunks.delete(number)
      for (const index of this.#indexes.values()) index.delete(number)
    }
    this.#byHash.delete(content.hash)
  }

  setVector(number: number, embedder: string, values: Float32Array): void {
    let index = this.#indexes.get(embedder)
    if (index?.dimensions !== values.length) {
      index = new VectorIndex({ dimensions: values.length })
      this.#indexes.set(embedder, index)
    }
    index.set(number, values)
    this.chunks.get(number)?.vectors.set(embedder, values.slice())
  }

  /** Before anything is changed: vectors that `leaving` has for itself count for nothing. */
  checkVectors(
    given: readonly { embedder: string; values: Float32Array }[],
    leaving: readonly number[] = [],
  ): void {
    const lengths = new Map<string, number>()
    for (const { embedder, values } of given) {
      const index = this.#indexes.get(embedder)
      const others = [...(index?.keys() ?? [])].some((number) => !leaving.includes(number))
      const there = lengths.get(embedder) ?? (others ? index?.dimensions : undefined)
      checkDimensions(embedder, values.length, there)
      lengths.set(embedder, values.length)
    }
  }

  dropVectors(embedder: string): number {
    this.#indexes.delete(embedder)
    let dropped = 0
    for (const { vectors } of this.chunks.values()) if (vectors.delete(embedder)) dropped++
    return dropped
  }

  centre(embedder: string): { mean: Float32Array; count: number } | undefined {
    return this.#indexes.get(embedder)?.centre()
  }

  embedders(): string[] {
    return [...this.#indexes].filter(([, { size }]) => size > 0).map(([name]) => name)
  }

  /** The chunks in which the terms weigh most among those that fit, and those of `also`. */
  lexical(
    terms: readonly string[],
    fits: (chunk: number) => boolean,
    { limit, also }: { limit: number; also: readonly number[] },
  ): LexicalCandidates {
    const hashes = terms.map(hashTerm)
    let [body, title] = [0, 0]
    for (const chunk of this.chunks.values()) {
      body += chunk.bodyTerms
      title += chunk.titleTerms
    }
    const size = Math.max(1, this.chunks.size)
    const frequencies = hashes.map((hash) => this.#postings.get(hash)?.size ?? 0)
    const weights = new Map<number, number>()
    for (const [at, hash] of hashes.entries())
      for (const number of this.#postings.get(hash) ?? [])
        weights.set(number, (weights.get(number) ?? 0) + Math.log(1 + size / frequencies[at]!))
    const best = [...weights]
      .filter(([number]) => fits(number))
      .sort((a, b) => b[1] - a[1] || a[0] - b[0])
      .slice(0, limit)
      .map(([number]) => number)
    const candidates = [...new Set([...best, ...also])].flatMap((number) => {
      const chunk = this.chunks.get(number)
      if (chunk === undefined) return []
      const { terms, bodyTerms: bodyLength, titleTerms: titleLength } = chunk
      return [{ chunk: number, terms, bodyLength, titleLength }]
    })
    const means = { bodyLength: body / size, titleLength: title / size }
    return { chunks: this.chunks.size, ...means, frequencies, candidates }
  }

  nearest(
    vector: Float32Array,
    fits: (chunk: number) => boolean,
    { embedder, limit }: { embedder: string; limit: number },
  ): { chunk: number; score: number }[] {
    const index = this.#indexes.get(embedder)
    if (index === undefined || index.size === 0) return []
    checkDimensions(embedder, vector.length, index.dimensions)
    const allowed = [...index.keys()].filter(fits)
    return index.search(vector, limit, allowed).map(({ key, score }) => ({ chunk: key, score }))
  }
}
