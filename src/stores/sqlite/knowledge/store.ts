import { join, resolve } from 'node:path'
import type { Clock } from '../../../ports/clock.ts'
import { checkDimensions, type KnowledgeStore, type StoredChunk } from '../../../ports/knowledge-store.ts'
import { committer } from '../committer.ts'
import { type Connection, openConnection, type Row } from '../connection.ts'
import type { Warn } from '../permissions.ts'
import { chunkReader, documentColumns, documentOf, documentTable, documentTables } from './documents.ts'
import { whereOf } from './filter.ts'
import { lexicalSearch } from './lexical.ts'
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

/** The number of no namespace; as a word it begins with a digit like the others, so that it is read as one. */
const nowhere = 0
const removedAtOnce = 200
const alikeMax = 20

const stored = (row: Row, document: StoredChunk['document']): StoredChunk => {
  const [chunk, ordinal, start, end] = row.map(Number)
  return {
    chunk: chunk!,
    ordinal: ordinal!,
    start: start!,
    end: end!,
    text: document.text.slice(start!, end!),
    document,
  }
}

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

const numbersOf = (connection: Connection) => {
  const { get } = connection
  return {
    namespace: (name: string): number | undefined => {
      const row = get('SELECT id FROM namespaces WHERE name = ?', name)
      return row === undefined ? undefined : Number(row[0])
    },
    /** Inside a transaction. */
    namespaceMade: (name: string): number =>
      Number(
        (get('SELECT id FROM namespaces WHERE name = ?', name) ??
          get('INSERT INTO namespaces(name) VALUES(?) RETURNING id', name))?.[0],
      ),
    /** Inside a transaction. */
    embedderMade: (name: string): number =>
      Number(
        (get('SELECT id FROM embedders WHERE name = ?', name) ??
          get('INSERT INTO embedders(name) VALUES(?) RETURNING id', name))?.[0],
      ),
  }
}

const knowledgeOver = (connection: Connection, clock: Clock, busyTimeoutMs: number): KnowledgeStore => {
  const { run, get, all, read } = connection
  const group = committer(connection, { clock, busyTimeoutMs }, hooks)
  const documents = documentTable(connection)
  const numbers = numbersOf(connection)
  const lexical = lexicalSearch(connection)
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

  const live = '(d.expires_at IS NULL OR d.expires_at > ?)'
  const chunksOf = chunkReader(connection)
  let closing: Promise<void> | undefined

  return {
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

    get: async (name, id) =>
      read('read knowledge', () => {
        const row = get(
          `SELECT ${documentColumns} FROM ${documentTables}
           WHERE d.namespace = (SELECT id FROM namespaces WHERE name = ?) AND d.id = ? AND ${live}`,
          ...[name, id, clock.now()],
        )
        return row === undefined ? undefined : documentOf(row)
      }),

    list: async (name, { after = '', limit = 100 } = {}) =>
      read('read knowledge', () =>
        all(
          `SELECT ${documentColumns} FROM ${documentTables} WHERE d.namespace = (SELECT id FROM namespaces WHERE name = ?) AND d.id > ?
             AND ${live} ORDER BY d.id LIMIT ?`,
          ...[name, after, clock.now(), limit],
        ).map((row) => documentOf(row)),
      ),

    alike: async (name, bands, subject) =>
      read('read knowledge', () => {
        const asked = [subject ?? null, clock.now()]
        return all(
          `SELECT ${documentColumns}, min(d.pk) FROM ${documentTables} WHERE d.content IN (
             SELECT DISTINCT b.content FROM bands b WHERE b.namespace = (SELECT id FROM namespaces WHERE name = ?)
               AND b.key IN (SELECT value FROM json_each(?))
               AND EXISTS(SELECT 1 FROM documents d WHERE d.content = b.content AND d.subject IS ? AND ${live}) LIMIT ${alikeMax})
             AND d.subject IS ? AND ${live} GROUP BY d.content ORDER BY d.content`,
          ...[name, JSON.stringify(bands), ...asked, ...asked],
        ).map((row) => documentOf(row))
      }),

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

    lexical: async (name, terms, asked) =>
      read('search knowledge', () =>
        lexical(numbers.namespace(name) ?? nowhere, terms, { ...asked, now: clock.now() }),
      ),

    async nearest(name, vector, asked) {
      const namespace = read('search knowledge', () => numbers.namespace(name))
      if (namespace === undefined) return []
      return vectors.nearest(namespace, vector, { ...asked, now: clock.now() })
    },

    async centre(name, embedder) {
      const namespace = read('search knowledge', () => numbers.namespace(name))
      return namespace === undefined ? undefined : vectors.centre(namespace, embedder)
    },

    vectors: async (_name, embedder, wanted) => read('search knowledge', () => vectors.of(embedder, wanted)),

    chunks: async (name, wanted, { filter = {} } = {}) =>
      read('read knowledge', () => {
        const namespace = numbers.namespace(name) ?? nowhere
        const where = whereOf(filter, clock.now())
        const contents = new Map<number, Row>()
        return wanted.flatMap((chunk) => chunksOf(namespace, chunk, where, contents))
      }),

    span: async (name, id, from, to) =>
      read('read knowledge', () => {
        const row = get(
          `SELECT d.content, ${documentColumns} FROM ${documentTables}
           WHERE d.namespace = (SELECT id FROM namespaces WHERE name = ?) AND d.id = ? AND ${live}`,
          ...[name, id, clock.now()],
        )
        if (row === undefined) return []
        const document = documentOf(row, 1)
        return all(
          'SELECT id, ordinal, start, end FROM chunks WHERE content = ? AND ordinal BETWEEN ? AND ? ORDER BY ordinal',
          ...[Number(row[0]), from, to],
        ).map((chunk) => stored(chunk, document))
      }),

    unembedded: async (name, embedder, { after, limit }) =>
      read('read knowledge', () =>
        all(
          `SELECT c.id, c.start, c.end, t.title, t.text FROM chunks c JOIN contents t ON t.pk = c.content
           WHERE c.namespace = (SELECT id FROM namespaces WHERE name = ?) AND c.id > ?
             AND EXISTS(SELECT 1 FROM documents d WHERE d.content = c.content AND d.modality = 'text' AND ${live})
             AND NOT EXISTS(SELECT 1 FROM vectors v WHERE v.chunk = c.id
               AND v.embedder = (SELECT id FROM embedders WHERE name = ?)) ORDER BY c.id LIMIT ?`,
          ...[name, after, clock.now(), embedder, limit],
        ).map(([id, start, end, title, text]) => ({
          chunk: Number(id),
          text: `${title === null ? '' : `${title}. `}${String(text).slice(Number(start), Number(end))}`,
        })),
      ),

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

    embedders: async (name) =>
      read('read knowledge', () =>
        all(
          `SELECT e.name FROM embedders e WHERE EXISTS(SELECT 1 FROM vectors v
             WHERE v.namespace = (SELECT id FROM namespaces WHERE name = ?) AND v.embedder = e.id) ORDER BY e.name`,
          name,
        ).map(([embedder]) => String(embedder)),
      ),

    stats: async (name) =>
      read('read knowledge', () => {
        const namespace = numbers.namespace(name) ?? nowhere
        const now = clock.now()
        const count = (what: string): number => Number(get(what, namespace, now)?.[0] ?? 0)
        return {
          documents: count(`SELECT count(*) FROM documents d WHERE d.namespace = ? AND ${live}`),
          chunks: count(
            `SELECT count(*) FROM chunks c WHERE c.namespace = ?
             AND EXISTS(SELECT 1 FROM documents d WHERE d.content = c.content AND ${live})`,
          ),
          characters: count(
            `SELECT coalesce(sum(length(t.text)), 0) FROM contents t WHERE t.namespace = ?
             AND EXISTS(SELECT 1 FROM documents d WHERE d.content = t.pk AND ${live})`,
          ),
          vectors: all(
            `SELECT e.name, count(*) FROM vectors v JOIN embedders e ON e.id = v.embedder WHERE v.namespace = ?
             GROUP BY e.name ORDER BY e.name`,
            namespace,
          ).map(([embedder, count]) => ({ embedder: String(embedder), vectors: Number(count) })),
        }
      }),

    namespaces: async () =>
      read('read knowledge', () =>
        all('SELECT name FROM namespaces WHERE chunks > 0 ORDER BY name').map(([name]) => String(name)),
      ),

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
