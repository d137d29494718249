import {
  checkDimensions,
  type KnowledgeFilter,
  type VectorCandidate,
} from '../../../ports/knowledge-store.ts'
import { VectorIndex } from '../../vectors/vector-index.ts'
import type { Connection } from '../connection.ts'
import { isEmptyFilter, whereOf } from './filter.ts'

type Live = { index: VectorIndex; last: number; removals: number; refreshing?: Promise<void> | undefined }

const indexesMax = 64
const rowsAtOnce = 2000

/** Chunks that went with a transaction: their vectors are no longer to be found. */
export type Removed = { namespace: number; chunks: number[] }

export const blobOf = (values: Float32Array | Uint32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice()

const valuesOf = (blob: Uint8Array): Float32Array => new Float32Array(blob.slice().buffer)

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/**
 * The vectors of the namespaces that were searched lately, in memory, each embedder's apart. 1. Vectors are only ever added to the table with higher ids, so
 * those of other processes are found by reading on. 2. What was removed by others shows as the namespace's `removals`; then keys are compared.
 * 3. A read of many rows lets go of the event loop in between.
 */
export const vectorIndexes = (connection: Connection) => {
  const { get, all } = connection
  const live = new Map<string, Live>()

  const refresh = async (namespace: number, embedder: number, entry: Live): Promise<void> => {
    const removals = Number(get('SELECT removals FROM namespaces WHERE id = ?', namespace)?.[0] ?? 0)
    for (;;) {
      const rows = all(
        'SELECT id, chunk, data FROM vectors WHERE namespace = ? AND embedder = ? AND id > ? ORDER BY id LIMIT ?',
        ...[namespace, embedder, entry.last, rowsAtOnce],
      )
      for (const [id, chunk, data] of rows) {
        entry.last = Number(id)
        if (data instanceof Uint8Array) entry.index.set(Number(chunk), valuesOf(data))
      }
      if (rows.length < rowsAtOnce) break
      await turn()
    }
    if (removals === entry.removals) return
    const kept = new Set(
      all('SELECT chunk FROM vectors WHERE namespace = ? AND embedder = ?', namespace, embedder).map(([id]) =>
        Number(id),
      ),
    )
    for (const key of [...entry.index.keys()]) if (!kept.has(key)) entry.index.delete(key)
    entry.removals = removals
  }

  /** How long the vectors of an embedder are, those of some chunks left out. */
  const dimensionsOf = (
    namespace: number,
    embedder: string,
    leaving: readonly number[] = [],
  ): number | undefined => {
    const row = get(
      `SELECT length(data) / 4 FROM vectors WHERE namespace = ? AND embedder = (SELECT id FROM embedders WHERE name = ?)
       AND chunk NOT IN (SELECT value FROM json_each(?)) LIMIT 1`,
      ...[namespace, embedder, JSON.stringify(leaving)],
    )
    return row === undefined ? undefined : Number(row[0])
  }

  const indexOf = async (namespace: number, name: string): Promise<VectorIndex | undefined> => {
    const embedder = get('SELECT id FROM embedders WHERE name = ?', name)
    if (embedder === undefined) return undefined
    const dimensions = dimensionsOf(namespace, name)
    const key = `${namespace}/${embedder[0]}`
    let entry = live.get(key)
    if (dimensions === undefined || (entry !== undefined && entry.index.dimensions !== dimensions)) {
      live.delete(key)
      entry = undefined
    }
    if (dimensions === undefined) return undefined
    entry ??= { index: new VectorIndex({ dimensions }), last: 0, removals: -1 }
    live.delete(key)
    live.set(key, entry)
    for (const oldest of live.keys()) if (live.size > indexesMax) live.delete(oldest)
    const known = entry
    known.refreshing = (known.refreshing ?? Promise.resolve()).then(() =>
      refresh(namespace, Number(embedder[0]), known),
    )
    await known.refreshing
    return known.index
  }

  const allowedChunks = (namespace: number, filter: KnowledgeFilter, now: number): number[] | undefined => {
    const expired = get('SELECT 1 FROM documents WHERE expires_at <= ? LIMIT 1', now) !== undefined
    if (!expired && isEmptyFilter(filter)) return undefined
    const where = whereOf(filter, now)
    return all(
      `SELECT DISTINCT c.id FROM documents d JOIN chunks c ON c.content = d.content WHERE d.namespace = ? AND ${where.sql}`,
      ...[namespace, ...where.values],
    ).map(([id]) => Number(id))
  }

  return {
    dimensions: dimensionsOf,
    async nearest(
      namespace: number,
      vector: Float32Array,
      options: { embedder: string; limit: number; filter?: KnowledgeFilter; now: number },
    ): Promise<VectorCandidate[]> {
      const index = await indexOf(namespace, options.embedder)
      if (index === undefined) return []
      checkDimensions(options.embedder, vector.length, index.dimensions)
      const allowed = allowedChunks(namespace, options.filter ?? {}, options.now)
      return index.search(vector, options.limit, allowed).map(({ key, score }) => ({ chunk: key, score }))
    },
    async centre(namespace: number, embedder: string) {
      return (await indexOf(namespace, embedder))?.centre()
    },
    of(embedder: string, chunks: readonly number[]): (Float32Array | undefined)[] {
      const id = get('SELECT id FROM embedders WHERE name = ?', embedder)
      return chunks.map((chunk) => {
        const data =
          id && get('SELECT data FROM vectors WHERE chunk = ? AND embedder = ?', chunk, Number(id[0]))?.[0]
        return data instanceof Uint8Array ? valuesOf(data) : undefined
      })
    },
    /** After the commit of this process: what went is out of the indexes at once, without comparing all keys. */
    forget({ namespace, chunks }: Removed): void {
      for (const [key, entry] of live) {
        if (!key.startsWith(`${namespace}/`)) continue
        for (const chunk of chunks) entry.index.delete(chunk)
      }
    },
    /** One transaction of this process raised `removals` so many times. */
    counted(namespace: number, times: number): void {
      for (const [key, entry] of live)
        if (key.startsWith(`${namespace}/`) && entry.removals >= 0) entry.removals += times
    },
    clear: () => live.clear(),
  }
}
