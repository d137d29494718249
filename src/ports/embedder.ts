/** Turns texts into vectors of one fixed size. */
export interface Embedder {
  /** `provider/model`; vectors of different ids are never compared. */
  readonly id: string
  readonly dimensions: number
  /** One unit-length vector a text, in order; the adapter batches as its provider allows. Errors as Model.generate. */
  embed(texts: string[], options?: { signal?: AbortSignal }): Promise<Float32Array[]>
}
