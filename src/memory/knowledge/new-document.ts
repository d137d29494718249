import type { JsonObject } from '../../domain/json.ts'
import type { ImagePixels } from '../../ports/embedder.ts'
import type { Modality } from '../../ports/knowledge-store.ts'
import type { ChunkingOptions } from './chunking.ts'

export type NewDocument = {
  /** Default: derived from title, content and subject, so that adding the same twice changes nothing. */
  id?: string
  title?: string
  /** The text, or the caption of an image or a recording. */
  text: string
  metadata?: JsonObject
  subject?: string
  source?: string
  ttlMs?: number
  /** Default `text`. */
  modality?: Modality
  chunking?: ChunkingOptions | 'lines'
  /** Compared with other images by the image embedder. */
  image?: ImagePixels
  /** Vectors made elsewhere, of any embedder. */
  vectors?: readonly { embedder: string; values: Float32Array }[]
}
