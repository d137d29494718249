import type { EmbeddingModelV4 } from '@ai-sdk/provider'
import { ConcordError } from '../domain/errors.ts'
import { wellFormed } from '../domain/text/well-formed.ts'
import type { Embedder } from '../ports/embedder.ts'
import { attempt } from './attempt.ts'
import type { FailureContext } from './failure.ts'
import { type ProviderOptions, resolveProvider } from './providers.ts'

export type EmbeddingOptions = {
  id?: string
  /** Length of a vector, checked in every answer and asked of the provider. Unless given, one short text is embedded to learn it. */
  dimensions?: number
  /** Texts in one request at most; the provider's own limit holds too. Default 256. */
  batchMax?: number
  /** UTF-8 bytes in one request at most: OpenAI takes 300,000 tokens, and no token is shorter than a byte. Default 300,000. */
  batchBytesMax?: number
  /** Requests under way at once. Default 4, or 1 where the provider forbids parallel calls. */
  concurrency?: number
  /** For one request; default 120,000. */
  timeoutMs?: number
  context?: Omit<FailureContext, 'id'>
}

type Batch = { from: number; texts: string[] }

/** Consecutive texts that fit one request; a text longer than the limit goes alone, for the provider to judge. */
const batches = (texts: readonly string[], countMax: number, bytesMax: number): Batch[] => {
  const out: Batch[] = []
  let bytes = 0
  texts.forEach((text, from) => {
    const size = Buffer.byteLength(text)
    const last = out.at(-1)
    if (last !== undefined && last.texts.length < countMax && bytes + size <= bytesMax) {
      last.texts.push(text)
      bytes += size
      return
    }
    out.push({ from, texts: [text] })
    bytes = size
  })
  return out
}

const invalid = (id: string, rule: string, now: string): ConcordError =>
  new ConcordError(
    'model.output-invalid',
    `Cannot use the embeddings of ${id} as ${rule}: ${now}; check the model and its dimensions`,
    { details: { model: id } },
  )

const unit = (vector: readonly number[], id: string): Float32Array => {
  const norm = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0))
  if (!Number.isFinite(norm) || norm === 0)
    throw invalid(id, 'a vector must have a length', Number.isNaN(norm) ? 'not a number' : String(norm))
  return Float32Array.from(vector, (value) => value / norm)
}

/** Runs the work on every item, at most `limit` at once; the first failure stops the rest. */
const inParallel = async <Item>(
  items: readonly Item[],
  limit: number,
  signal: AbortSignal | undefined,
  work: (item: Item, signal: AbortSignal) => Promise<void>,
): Promise<void> => {
  const failed = new AbortController()
  const either = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal])
  let first: { error: unknown } | undefined
  const queue = items.values()
  const worker = async () => {
    for (const item of queue) {
      if (first !== undefined) return
      try {
        await work(item, either)
      } catch (error) {
        first ??= { error }
        failed.abort()
      }
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, Math.min(limit, items.length)) }, worker))
  if (first !== undefined) throw first.error
}

/**
 * An AI SDK embedding model (specification v4) as an `Embedder`: batched as the provider allows, unit length, order kept.
 * Asynchronous only because the dimensions may have to be asked for. Throws as `Model.generate`, and `model.output-invalid`
 * when an answer has too few vectors, or vectors of another length.
 */
export const fromAiSdkEmbedding = async (
  model: EmbeddingModelV4,
  options: EmbeddingOptions = {},
): Promise<Embedder> => {
  const id = options.id ?? `${model.provider.split('.')[0]}/${model.modelId}`
  const { batchMax = 256, batchBytesMax = 300_000, timeoutMs = 120_000 } = options
  const countMax = Math.min(batchMax, (await model.maxEmbeddingsPerCall) ?? batchMax)
  const concurrency = (await model.supportsParallelCalls) ? (options.concurrency ?? 4) : 1
  const asked = options.dimensions === undefined ? {} : { dimensions: options.dimensions }
  const embedBatch = async (values: string[], signal?: AbortSignal): Promise<Float32Array[]> => {
    const { embeddings } = await attempt(
      (running) =>
        running.wait(model.doEmbed({ values: wellFormed(values), ...asked, abortSignal: running.signal })),
      { timeoutMs, silenceMs: timeoutMs, signal },
      { ...options.context, id },
    )
    if (embeddings.length !== values.length)
      throw invalid(id, `each of ${values.length} texts needs a vector`, String(embeddings.length))
    return embeddings.map((vector) => unit(vector, id))
  }
  const dimensions = options.dimensions ?? (await embedBatch(['dimensions']))[0]?.length ?? 0
  return {
    id,
    dimensions,
    embed: async (texts, { signal } = {}) => {
      const vectors: Float32Array[] = new Array(texts.length)
      await inParallel(batches(texts, countMax, batchBytesMax), concurrency, signal, async (batch, stop) => {
        const found = await embedBatch(batch.texts, stop)
        found.forEach((vector, index) => {
          if (vector.length !== dimensions)
            throw invalid(id, `a vector has ${dimensions} dimensions`, String(vector.length))
          vectors[batch.from + index] = vector
        })
      })
      return vectors
    },
  }
}

/** Finds embedders by `provider/model`, like `modelRegistry` finds models, with the same errors. */
export const embedderRegistry = (
  options: ProviderOptions & { embedders?: { [id: string]: Omit<EmbeddingOptions, 'id' | 'context'> } } = {},
) => ({
  resolve: async (id: string): Promise<Embedder> => {
    const { embedding, model, context } = await resolveProvider(id, options)
    const own = Object.hasOwn(options.embedders ?? {}, id) ? options.embedders?.[id] : undefined
    const timeoutMs = options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }
    const found = (() => {
      try {
        return embedding(model)
      } catch (cause) {
        throw new ConcordError(
          'model.unconfigured',
          `Cannot resolve the embedder ${id} as its provider must offer embeddings: none; use openai, google or an OpenAI-compatible server`,
          { details: { model: id }, cause },
        )
      }
    })()
    return fromAiSdkEmbedding(found, { ...timeoutMs, ...own, id, context })
  },
})
