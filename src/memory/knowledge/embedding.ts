import { ConcordError, toFailure } from '../../domain/errors.ts'
import type { Embedder } from '../../ports/embedder.ts'
import type { KnowledgeStore } from '../../ports/knowledge-store.ts'
import type { Logger } from '../../ports/logger.ts'

/** `skipped` texts could not be embedded while others could: they are found by words, and tried again by the next call. */
export type Progress = { done: number; skipped: number; embedder: string }

export type EmbedOptions = {
  onProgress?: (progress: Progress) => void
  signal?: AbortSignal
  replace?: boolean
}

type Missing = { chunk: number; text: string }

const batchSize = 16
/** A text that every embedder can embed: it fails only when the embedder does. */
const harmless = 'text'

const checked = (vectors: readonly Float32Array[], count: number, embedder: Embedder): Float32Array[] => {
  const good =
    vectors.length === count && vectors.every((each) => each.length > 0 && each.every(Number.isFinite))
  if (good) return [...vectors]
  throw new ConcordError(
    'model.failed',
    `Cannot embed with ${embedder.id} as it must answer one vector of finite numbers a text: it answered something else; try again, or configure "embedder"`,
  )
}

const embedTexts = async (
  embedder: Embedder,
  texts: string[],
  signal: AbortSignal | undefined,
): Promise<Float32Array[]> =>
  checked(await embedder.embed(texts, signal === undefined ? {} : { signal }), texts.length, embedder)

/** A batch that fails is embedded text by text, unless the embedder itself has failed: then this rejects with its error. */
const embedBatch = async (
  embedder: Embedder,
  missing: readonly Missing[],
  signal: AbortSignal | undefined,
): Promise<{
  made: { chunk: number; values: Float32Array }[]
  failed: { chunk: number; error: unknown }[]
}> => {
  const made: { chunk: number; values: Float32Array }[] = []
  const failed: { chunk: number; error: unknown }[] = []
  try {
    const vectors = await embedTexts(
      embedder,
      missing.map(({ text }) => text),
      signal,
    )
    return { made: missing.map(({ chunk }, at) => ({ chunk, values: vectors[at]! })), failed }
  } catch (cause) {
    const alive = await embedTexts(embedder, [harmless], signal).then(
      () => true,
      () => false,
    )
    if (!alive) throw cause
  }
  for (const { chunk, text } of missing)
    try {
      const [values] = await embedTexts(embedder, [text], signal)
      made.push({ chunk, values: values! })
    } catch (error) {
      if (signal?.aborted) throw error
      failed.push({ chunk, error })
    }
  return { made, failed }
}

/** Embeds what has no vector of the embedder, a batch at a time; answers how many chunks were embedded. */
export const embedMissing = async (
  { store, namespace, logger }: { store: KnowledgeStore; namespace: string; logger: Logger },
  embedder: Embedder,
  { onProgress, signal }: EmbedOptions,
): Promise<number> => {
  let [after, done, skipped] = [0, 0, 0]
  while (signal?.aborted !== true) {
    const missing = await store.unembedded(namespace, embedder.id, { after, limit: batchSize })
    if (missing.length === 0) break
    const { made, failed } = await embedBatch(embedder, missing, signal)
    for (const { chunk, error } of failed)
      logger.warn({ failure: toFailure(error), namespace, chunk }, 'a part of knowledge cannot be embedded')
    done += made.length === 0 ? 0 : await store.addVectors(namespace, embedder.id, made)
    skipped += failed.length
    after = missing.at(-1)!.chunk
    onProgress?.({ done, skipped, embedder: embedder.id })
  }
  return done
}
