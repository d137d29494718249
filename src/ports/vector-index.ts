import type { Modality, VectorCandidate } from './knowledge-store.ts'

/**
 * Vectors that can be compared with each other: those of one embedder, and what they describe, as
 * one embedder may place texts and images in one space.
 */
export type VectorSpace = { embedder: string; modality: Modality }

export type ChunkVector = { chunk: number; values: Float32Array }

/**
 * Vectors of chunks apart from their words and documents: a FAISS file, Qdrant, Pinecone or any
 * other nearest-neighbour index. It knows numbers of chunks and nothing of filters, expiry or
 * subjects; `vectorsElsewhere` joins it to a store that does. Chunk numbers are unique in a
 * namespace and never used twice.
 */
export interface VectorIndex {
  /** Adds vectors, or replaces those of the same chunk and space. Resolves when they are found. */
  add(namespace: string, space: VectorSpace, vectors: readonly ChunkVector[]): Promise<void>
  /**
   * The nearest chunks by cosine among vectors of one embedder, of one modality where it is given;
   * best first.
   */
  nearest(
    namespace: string,
    vector: Float32Array,
    options: { embedder: string; modality?: Modality; limit: number },
  ): Promise<VectorCandidate[]>
  /** The vectors in the order asked; undefined for a chunk without one. */
  vectors(
    namespace: string,
    embedder: string,
    chunks: readonly number[],
  ): Promise<(Float32Array | undefined)[]>
  /** Erases all vectors of chunks. */
  remove(namespace: string, chunks: readonly number[]): Promise<void>
  /** Erases all vectors of an embedder; returns how many. */
  drop(namespace: string, embedder: string): Promise<number>
  /** The spaces that have vectors, and how many. */
  spaces(namespace: string): Promise<(VectorSpace & { count: number })[]>
  /**
   * The mean of an embedder's vectors, each scaled to length 1; an index that cannot compute it
   * leaves it out, and nothing is taken away from vectors then.
   */
  centre?(namespace: string, embedder: string): Promise<{ mean: Float32Array; count: number } | undefined>
  close(): Promise<void>
}
