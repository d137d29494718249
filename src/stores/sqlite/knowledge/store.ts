import { join, resolve } from 'node:path'
import type { Clock } from '../../../ports/clock.ts'
import type { KnowledgeDocument, KnowledgeStore, StoredChunk } from '../../../ports/knowledge-store.ts'
import { committer } from '../committer.ts'
import { type Connection, openConnection, type Row } from '../connection.ts'
import { documentColumns, documentOf, documentTable, type Removed } from './documents.ts'
import { lexicalSearch } from './lexical.ts'
import { knowledgeSchema } from './schema.ts'
import { blobOf, vectorIndexes } from './vectors.ts'

export type SqliteKnowledgeOptions = {
  /** The folder of `knowledge.db`, made when missing. */
  directory: string
  /** What a write survives: the death of the process, or also the loss of power. */
  durability: 'process' | 'power'
  clock: Clock
  busyTimeoutMs?: number
  allowNetworkFileSystem?: boolean
}

const nothing = (): void => {}
/** Nothing here is cached across transactions or told to listeners. */
const hooks = { begun: nothing, flush: nothing, committed: nothing, rolledBack: nothing, settled: nothing }

const removedAtOnce = 200
const alikeMax = 20

const stored = (row: Row): StoredChunk => {
  const [chunk, ordinal, start, end] = row.map(Number)
  const document = documentOf(row, 4)
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

  const insertVector = (namespace: number, embedder: number, chunk: number, values: Float32Array): void => {
    // Deleted first, not replaced in place: a new vector has a higher id, by which other processes find it.
    run('DELETE FROM vectors WHERE chunk = ? AND embedder = ?', chunk, embedder)
    run(
      'INSERT INTO vectors(namespace, embedder, chunk, data) VALUES(?, ?, ?, ?)',
      ...[namespace, embedder, chunk, blobOf(values)],
    )
  }

  /** Drops documents a slice at a time, so that neither the lock nor the event loop is held for long. */
  const dropAll = async (select: () => { namespace: number; pk: number }[]): Promise<number> => {
    let dropped = 0
    for (;;) {
      const { removals, names } = await group.submit(() => {
        const found = select()
        const aliases = found.reduce(
          (sum, { pk }) => sum + Number(get('SELECT count(*) FROM aliases WHERE document = ?', pk)?.[0]),
          0,
        )
        const removals = found.map(({ namespace, pk }) => documents.drop(namespace, pk))
        return { removals, names: found.length + aliases }
      })
      gone(removals)
      dropped += names
      if (removals.length < removedAtOnce) return dropped
    }
  }

  const erased = (): void => {
    // What was deleted must not live on in the write-ahead log.
    read('forget', () => get('PRAGMA wal_checkpoint(TRUNCATE)'))
  }

  const document = (namespace: number, id: string): KnowledgeDocument | undefined => {
    const pk = documents.pkOf(namespace, id)
    const row =
      pk !== undefined &&
      get(
        `SELECT ${documentColumns} FROM documents d WHERE d.pk = ? AND (d.expires_at IS NULL OR d.expires_at > ?)`,
        ...[pk, clock.now()],
      )
    return row ? documentOf(row) : undefined
  }

  const chunkColumns = `c.id, c.ordinal, c.start, c.end, ${documentColumns}`
  let closing: Promise<void> | undefined

  return {
    async put(name, draft) {
      const { put, removed } = await group.submit(() => {
        const namespace = numbers.namespaceMade(name)
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
        const namespace = numbers.namespace(name)
        return namespace === undefined ? undefined : document(namespace, id)
      }),

    list: async (name, { after = '', limit = 100 } = {}) =>
      read('read knowledge', () =>
        all(
          `SELECT ${documentColumns} FROM documents d WHERE d.namespace = (SELECT id FROM namespaces WHERE name = ?) AND d.id > ?
             AND (d.expires_at IS NULL OR d.expires_at > ?) ORDER BY d.id LIMIT ?`,
          ...[name, after, clock.now(), limit],
        ).map((row) => documentOf(row)),
      ),

    alike: async (name, bands, subject) =>
      read('read knowledge', () =>
        all(
          `SELECT ${documentColumns} FROM documents d WHERE d.pk IN (
             SELECT document FROM bands WHERE namespace = (SELECT id FROM namespaces WHERE name = ?)
               AND key IN (SELECT value FROM json_each(?)) LIMIT ${alikeMax})
             AND d.subject IS ? AND (d.expires_at IS NULL OR d.expires_at > ?) ORDER BY d.pk`,
          ...[name, JSON.stringify(bands), subject ?? null, clock.now()],
        ).map((row) => documentOf(row)),
      ),

    async remove(name, { ids = [], subject }) {
      const namespace = read('forget', () => numbers.namespace(name))
      if (namespace === undefined) return 0
      let names = 0
      if (ids.length > 0) {
        const done = await group.submit(() => ids.map((id) => documents.removeName(namespace, id)))
        gone(done.flatMap(({ removed }) => removed ?? []))
        names += done.reduce((sum, each) => sum + each.names, 0)
      }
      if (subject !== undefined)
        names += await dropAll(() =>
          all(
            `SELECT pk FROM documents WHERE namespace = ? AND subject = ? LIMIT ${removedAtOnce}`,
            ...[namespace, subject],
          ).map(([pk]) => ({ namespace, pk: Number(pk) })),
        )
      if (names > 0) erased()
      return names
    },

    lexical: async (name, terms, asked) =>
      read('search knowledge', () =>
        lexical(numbers.namespace(name) ?? -1, terms, { ...asked, now: clock.now() }),
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

    chunks: async (name, wanted) =>
      read('read knowledge', () => {
        const namespace = numbers.namespace(name)
        const now = clock.now()
        return wanted.flatMap((chunk) => {
          const row = get(
            `SELECT ${chunkColumns} FROM chunks c JOIN documents d ON d.pk = c.document
             WHERE c.id = ? AND c.namespace = ? AND (d.expires_at IS NULL OR d.expires_at > ?)`,
            ...[chunk, namespace ?? -1, now],
          )
          return row === undefined ? [] : [stored(row)]
        })
      }),

    span: async (name, id, from, to) =>
      read('read knowledge', () => {
        const namespace = numbers.namespace(name) ?? -1
        const pk = documents.pkOf(namespace, id) ?? -1
        return all(
          `SELECT ${chunkColumns} FROM chunks c JOIN documents d ON d.pk = c.document
           WHERE c.document = ? AND c.ordinal BETWEEN ? AND ? AND (d.expires_at IS NULL OR d.expires_at > ?) ORDER BY c.ordinal`,
          ...[pk, from, to, clock.now()],
        ).map(stored)
      }),

    unembedded: async (name, embedder, { after, limit }) =>
      read('read knowledge', () =>
        all(
          `SELECT c.id, c.start, c.end, d.title, d.text FROM chunks c JOIN documents d ON d.pk = c.document
           WHERE c.namespace = (SELECT id FROM namespaces WHERE name = ?) AND c.id > ? AND d.modality = 'text'
             AND (d.expires_at IS NULL OR d.expires_at > ?)
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
        const namespace = numbers.namespace(name) ?? -1
        const now = clock.now()
        const [documents, characters] = get(
          `SELECT count(*), coalesce(sum(length(text)), 0) FROM documents d
           WHERE d.namespace = ? AND (d.expires_at IS NULL OR d.expires_at > ?)`,
          ...[namespace, now],
        )?.map(Number) ?? [0, 0]
        const chunks = get(
          `SELECT count(*) FROM chunks c JOIN documents d ON d.pk = c.document
           WHERE d.namespace = ? AND (d.expires_at IS NULL OR d.expires_at > ?)`,
          ...[namespace, now],
        )?.[0]
        return {
          documents: documents!,
          chunks: Number(chunks),
          characters: characters!,
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
      const removals = await group.submit(() =>
        all('SELECT namespace, pk FROM documents WHERE expires_at <= ? LIMIT ?', now, limit).map(
          ([namespace, pk]) => documents.drop(Number(namespace), Number(pk)),
        ),
      )
      gone(removals)
      if (removals.length > 0) erased()
      return removals.length
    },

    close() {
      closing ??= (async () => {
        await group.close()
        vectors.clear()
        connection.db.close()
      })()
      return closing
    },
  }
}
