import type { Clock } from '../../../ports/clock.ts'
import type { KnowledgeStore, StoredChunk } from '../../../ports/knowledge-store.ts'
import type { Connection, Row } from '../connection.ts'
import { chunkReader, documentColumns, documentOf, documentTables } from './documents.ts'
import { whereOf } from './filter.ts'
import { lexicalSearch } from './lexical.ts'
import type { vectorIndexes } from './vectors.ts'

/** The number of no namespace; as a word it begins with a digit like the others, so that it is read as one. */
const nowhere = 0
const alikeMax = 20
const live = '(d.expires_at IS NULL OR d.expires_at > ?)'

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

/** Names of namespaces and embedders stand once in the file; elsewhere are their numbers. */
export const numbersOf = (connection: Connection) => {
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

/** What reads knowledge and changes nothing; each call sees one moment of the file. */
type KnowledgeReading = Omit<
  KnowledgeStore,
  'put' | 'remove' | 'addVectors' | 'dropVectors' | 'sweep' | 'lost' | 'close'
>

export const knowledgeReading = (
  connection: Connection,
  clock: Clock,
  vectors: ReturnType<typeof vectorIndexes>,
): KnowledgeReading => {
  const { get, all, read } = connection
  const numbers = numbersOf(connection)
  const lexical = lexicalSearch(connection)
  const chunksOf = chunkReader(connection)

  return {
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
  }
}
