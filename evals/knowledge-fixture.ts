import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Knowledge, scopedKnowledge } from '../src/memory/knowledge/knowledge.ts'
import { offlineEmbedder } from '../src/models/offline-embedder.ts'
import type { Embedder } from '../src/ports/embedder.ts'
import { sqliteKnowledge } from '../src/stores/sqlite/knowledge/store.ts'
import { machineClock } from '../src/testing/clock.ts'

const folder = join(import.meta.dirname, '..', '.tmp', 'evals')
/** Vectors of another embedder, or of a text that only begins alike, are others. */
const digestOf = (embedder: string, text: string): string =>
  createHash('sha256').update(`${embedder}\n${text}`).digest('base64url')

const dimensions = 512
const [names, values] = [join(folder, 'vectors.txt'), join(folder, 'vectors.f32')]

const readCache = (): [string, Float32Array][] => {
  if (!existsSync(names)) return []
  const bytes = readFileSync(values)
  const all = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2)
  const lines = readFileSync(names, 'utf8').trim().split('\n')
  return lines.map((name, at) => [name, all.slice(at * dimensions, (at + 1) * dimensions)])
}

/** Every vector that was ever embedded here, in that order. */
export const cachedVectors = (): Float32Array[] => [...new Map(readCache()).values()]

/** Embedding a corpus takes minutes: vectors are kept between evaluations. */
const cached = (embedder: Embedder): Embedder => {
  mkdirSync(folder, { recursive: true })
  const known = new Map(readCache())
  const keyOf = (text: string): string => digestOf(embedder.id, text)
  return {
    ...embedder,
    async embed(texts, options) {
      const missing = [...new Set(texts.filter((text) => !known.has(keyOf(text))))]
      const made = await embedder.embed(missing, options)
      for (const [at, text] of missing.entries()) {
        known.set(keyOf(text), made[at]!)
        appendFileSync(names, `${keyOf(text)}\n`)
        appendFileSync(values, new Uint8Array(made[at]!.buffer, made[at]!.byteOffset, made[at]!.byteLength))
      }
      return texts.map((text) => known.get(keyOf(text))!)
    },
  }
}

/** Knowledge on SQLite in a fresh folder with the offline embedder, as the product makes it. */
export const withKnowledge = async (use: (knowledge: Knowledge) => Promise<void>): Promise<void> => {
  const directory = mkdtempSync(join(tmpdir(), 'concord-eval-'))
  const store = await sqliteKnowledge({ directory, durability: 'process', clock: machineClock })
  const offline = offlineEmbedder()
  const embedder = cached(offline)
  try {
    await use(
      scopedKnowledge({ store, namespace: 'eval', clock: machineClock, embedder: async () => embedder }),
    )
  } finally {
    await offline.close()
    await store.close()
    rmSync(directory, { recursive: true })
  }
}

/** Embeds what was added and says how far it is, now and then. */
export const embedAll = async (knowledge: Knowledge): Promise<void> => {
  let told = performance.now()
  await knowledge.embed({
    onProgress({ done }) {
      if (performance.now() - told < 10_000) return
      told = performance.now()
      console.error(`  ${done} parts embedded`)
    },
  })
}
