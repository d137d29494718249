import { join, resolve } from 'node:path'
import type { Clock } from '../../../ports/clock.ts'
import { checkDimensions, type KnowledgeStore } from '../../../ports/knowledge-store.ts'
import { committer } from '../committer.ts'
import { type Connection, openConnection, type Row } from '../connection.ts'
import type { Warn } from '../permissions.ts'
import { documentTable } from './documents.ts'
import { knowledgeReading, numbersOf } from './reading.ts'
import { knowledgeSchema } from './schema.ts'
import { blobOf, type Removed, vectorIndexes } from './vectors.ts'

export type SqliteKnowledgeOptions = {
  /** The folder of `knowledge.db`, made when missing. */
  directory: string
  /** What a write survives: the death of the process, or also the loss of power. */
  durability: 'process' | 'power'
  clock: Clock
  busyTimeoutMs?: number
  allowNetworkFileSystem?: boolean
  /** Told what could not be kept from other users of the machine. */
  warn?: Warn
}

const nothing = (): void => {}
/** Nothing here is cached across transactions or told to listeners. */
const hooks = { begun: nothing, flush: nothing, committed: nothing, rolledBack: nothing, settled: nothing }

const removedAtOnce = 200

/** Knowledge in a SQLite file of its own that any number of processes of one machine share. */
export const sqliteKnowledge = async (options: SqliteKnowledgeOptions): Promise<KnowledgeStore> => {
  const { clock, durability, busyTimeoutMs = 5000 } = options
  const connection = await openConnection({
    file: resolve(join(options.directory, 'knowledge.db')),
    durability,
    clock,
    busyTimeoutMs,
    allowNetworkFileSystem: options.allowNetworkFileSystem ?? false,
    bytesMax: undefined,
    warn: options.warn,
    schema: knowledgeSchema,
  })
  return knowledgeOver(connection, clock, busyTimeoutMs)
}

const knowledgeOver = (connection: Connection, clock: Clock, busyTimeoutMs: number): KnowledgeStore => {
  const { run, get, all, read } = connection
  const group = committer(connection, { clock, busyTimeoutMs }, hooks)
  const documents = documentTable(connection)
  const numbers = numbersOf(connection)
  const vectors = vectorIndexes(connection)

  const gone = (removals: readonly Removed[]): void => {
    for (const removed of removals) {
      vectors.forget(removed)
      vectors.counted(removed.namespace, 1)
    }
  }

  /** Before anything is written, as what a refused write has written would stay; vectors of `leaving` go with it and count for nothing. */
  const checkVectors = (
    namespace: number,
    given: readonly { embedder: string; values: Float32Array }[],
    leaving: readonly number[],
  ): void => {
    const lengths = new Map<string, number>()
    for (const { embedder, values } of given) {
      const there = lengths.get(embedder) ?? vectors.dimensions(namespace, embedder, leaving)
      checkDimensions(embedder, values.length, there)
      lengths.set(embedder, values.length)
    }
  }

  const insertVector = (namespace: number, embedder: number, chunk: number, values: Float32Array): void => {
    // Deleted first, not replaced in place: a new vector has a higher id, by which other processes find it.
    run('DELETE FROM vectors WHERE chunk = ? AND embedder = ?', chunk, embedder)
    run(
      'INSERT INTO vectors(namespace, embedder, chunk, data) VALUES(?, ?, ?, ?)',
      ...[namespace, embedder, chunk, blobOf(values)],
    )
  }

  const dropThese = (found: readonly Row[]) => ({
    names: found.length,
    removals: found.flatMap(([pk]) => documents.drop(Number(pk)) ?? []),
  })

  /** Drops documents a slice at a time, so that neither the lock nor the event loop is held for long. */
  const dropAll = async (select: () => Row[]): Promise<number> => {
    let dropped = 0
    for (;;) {
      const { removals, names } = await group.submit(() => dropThese(select()))
      gone(removals)
      dropped += names
      if (names < removedAtOnce) return dropped
    }
  }

  const erased = (): void => {
    // What was deleted must not live on in the write-ahead log.
    read('forget', () => get('PRAGMA wal_checkpoint(TRUNCATE)'))
  }

  let closing: Promise<void> | undefined

  return {
    ...knowledgeReading(connection, clock, vectors),

    async put(name, draft) {
      const { put, removed } = await group.submit(() => {
        const namespace = numbers.namespaceMade(name)
        if (draft.vectors !== undefined)
          checkVectors(namespace, draft.vectors, documents.leaving(namespace, draft))
        const done = documents.put(namespace, draft, clock.now())
        for (const { ordinal, embedder, values } of draft.vectors ?? []) {
          const chunk = done.chunks[ordinal]
          if (chunk !== undefined) insertVector(namespace, numbers.embedderMade(embedder), chunk, values)
        }
        return done
      }, draft.text.length * 3)
      if (removed !== undefined) gone([removed])
      return put
    },

    async remove(name, { ids = [], subject }) {
      const namespace = read('forget', () => numbers.namespace(name))
      if (namespace === undefined) return 0
      let names = 0
      if (ids.length > 0) {
        const done = await group.submit(() =>
          dropThese(
            [...new Set(ids)].flatMap((id) => {
              const pk = documents.nameOf(namespace, id)?.pk
              return pk === undefined ? [] : [[pk]]
            }),
          ),
        )
        gone(done.removals)
        names += done.names
      }
      if (subject !== undefined)
        names += await dropAll(() =>
          all(
            `SELECT pk FROM documents WHERE namespace = ? AND subject = ? LIMIT ${removedAtOnce}`,
            ...[namespace, subject],
          ),
        )
      if (names > 0) erased()
      return names
    },

    addVectors: (name, embedder, given) =>
      group.submit(
        () => {
          const namespace = numbers.namespaceMade(name)
          const id = numbers.embedderMade(embedder)
          checkVectors(
            namespace,
            given.map(({ values }) => ({ embedder, values })),
            given.map(({ chunk }) => chunk),
          )
          let kept = 0
          for (const { chunk, values } of given) {
            if (get('SELECT 1 FROM chunks WHERE id = ? AND namespace = ?', chunk, namespace) === undefined)
              continue
            insertVector(namespace, id, chunk, values)
            kept++
          }
          return kept
        },
        given.reduce((sum, { values }) => sum + values.byteLength, 0),
      ),

    async dropVectors(name, embedder) {
      const dropped = await group.submit(() => {
        const namespace = numbers.namespaceMade(name)
        const { changes } = run(
          'DELETE FROM vectors WHERE namespace = ? AND embedder = (SELECT id FROM embedders WHERE name = ?)',
          ...[namespace, embedder],
        )
        run('UPDATE namespaces SET removals = removals + 1 WHERE id = ?', namespace)
        return Number(changes)
      })
      vectors.clear()
      return dropped
    },

    async sweep(limit = 1000) {
      const now = clock.now()
      const { removals, names } = await group.submit(() =>
        dropThese(all('SELECT pk FROM documents WHERE expires_at <= ? LIMIT ?', now, limit)),
      )
      gone(removals)
      if (names > 0) erased()
      return names
    },

    lost: new Promise((resolve) => connection.guard?.onLost(resolve)),
    close() {
      closing ??= (async () => {
        await group.close()
        vectors.clear()
        connection.guard?.stop()
        connection.db.close()
      })()
      return closing
    },
  }
}
