/** Turns texts into vectors of one fixed size. */
export interface Embedder {
  /** `provider/model`; vectors of different ids are never compared. */
  readonly id: string
  readonly dimensions: number
  /** Cosine below which texts have nothing in common, where that was measured: what shares no word with a question either is no hit then. */
  readonly cosineMin?: number
  /** One unit-length vector per text, in order (zeros for a text it cannot read); the adapter batches as its provider allows. Errors as Model.generate. */
  embed(texts: string[], options?: { signal?: AbortSignal }): Promise<Float32Array[]>
}

/** A picture as decoded: 4 bytes a pixel (red, green, blue, opacity), row by row. */
export type ImagePixels = { width: number; height: number; data: Uint8Array | Uint8ClampedArray }

/** Turns pictures into vectors of one fixed size; one that also embeds texts into the same space (as CLIP does) lets text find pictures by their pixels. */
export interface ImageEmbedder {
  readonly id: string
  readonly dimensions: number
  /** One unit-length vector a picture, in order. Throws `input.invalid` when `data` is not `width * height * 4` bytes. */
  embedImages(images: readonly ImagePixels[], options?: { signal?: AbortSignal }): Promise<Float32Array[]>
}
