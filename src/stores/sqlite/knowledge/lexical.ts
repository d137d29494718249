import { type TermSequence, termSequence } from '../../../domain/text/term-sequence.ts'
import type { KnowledgeFilter, LexicalCandidate, LexicalCandidates } from '../../../ports/knowledge-store.ts'
import type { Connection, Row } from '../connection.ts'
import { isEmptyFilter, whereOf } from './filter.ts'

const plain = /^[a-z0-9]{1,64}$/

/**
 * A term as FTS5 stores it: its namespace's number, then the term itself, or its UTF-8 bytes in hexadecimal where it is not of plain letters and
 * digits. So no term can be read as FTS5's query language, and none is cut up by its tokenizer.
 */
export const wordOf = (namespace: number, term: string): string =>
  `${namespace.toString(36)}_${plain.test(term) ? term : `_${Buffer.from(term.slice(0, 64)).toString('hex')}`}`

/** The terms that {@link wordOf} made words of. */
const termsOf = (words: string): string[] =>
  words
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => word.slice(word.indexOf('_') + 1))
    .map((term) => (term.startsWith('_') ? Buffer.from(term.slice(1), 'hex').toString() : term))

/** So many chunks are looked at for each that is wanted before common terms are left to scoring. */
const lookedAtPerWanted = 20
const titleWeight = 2.5
const termsMax = 256

/** Searching `words` for one namespace. */
export const lexicalSearch = (connection: Connection) => {
  const { get, all } = connection

  const frequency = (word: string): number =>
    Number(get('SELECT doc FROM frequencies WHERE term = ?', word)?.[0] ?? 0)

  /**
   * The rarest terms, until enough chunks hold one of them and the others could not outweigh them: a chunk that holds only common terms scores low,
   * and reading their long posting lists is what a search costs (Turtle and Flood, "Query evaluation: strategies and optimizations", 1995).
   */
  const essential = (frequencies: readonly number[], chunks: number, limit: number): number[] => {
    const idf = (count: number) => Math.log(1 + (chunks - count + 0.5) / (count + 0.5))
    const order = [...frequencies.keys()]
      .filter((at) => frequencies[at]! > 0)
      .sort((a, b) => frequencies[a]! - frequencies[b]!)
    let left = order.reduce((sum, at) => sum + idf(frequencies[at]!), 0)
    let [held, looked] = [0, 0]
    const picked: number[] = []
    for (const at of order) {
      if (looked >= limit * lookedAtPerWanted && left < held / 2) break
      picked.push(at)
      looked += frequencies[at]!
      held += idf(frequencies[at]!)
      left -= idf(frequencies[at]!)
    }
    return picked
  }

  const columns = 'c.id, c.terms, c.body_terms, c.title_terms'

  const matching = (
    query: string,
    limit: number,
    filter: KnowledgeFilter,
    now: number,
    restricted: boolean,
  ): Row[] => {
    if (!restricted)
      return all(
        `SELECT ${columns} FROM (SELECT rowid FROM words WHERE words MATCH ? ORDER BY bm25(words, ${titleWeight}, 1.0) LIMIT ?) w
         JOIN chunks c ON c.id = w.rowid`,
        query,
        limit,
      )
    const where = whereOf(filter, now)
    return all(
      `SELECT ${columns} FROM words JOIN chunks c ON c.id = words.rowid
       WHERE words MATCH ? AND EXISTS(SELECT 1 FROM documents d WHERE d.content = c.content AND ${where.sql}) ORDER BY bm25(words, ${titleWeight}, 1.0) LIMIT ?`,
      ...[query, ...where.values, limit],
    )
  }

  const sequenceOf = (chunk: number, blob: unknown, length: number): TermSequence => {
    // SQLite's blobs need not lie where 32-bit words may.
    if (blob instanceof Uint8Array && blob.length > 0) return new Uint32Array(blob.slice().buffer)
    if (length === 0) return termSequence([], [])
    const [title, body] = get('SELECT title, body FROM words WHERE rowid = ?', chunk) ?? []
    return termSequence(termsOf(String(title ?? '')), termsOf(String(body ?? '')))
  }

  const candidateOf = ([id, blob, body, title]: Row): LexicalCandidate => {
    const [chunk, bodyLength, titleLength] = [Number(id), Number(body), Number(title)]
    return { chunk, terms: sequenceOf(chunk, blob, bodyLength + titleLength), bodyLength, titleLength }
  }

  return (
    namespace: number,
    given: readonly string[],
    {
      limit,
      filter = {},
      also = [],
      now,
    }: { limit: number; filter?: KnowledgeFilter; also?: readonly number[]; now: number },
  ): LexicalCandidates => {
    const terms = given.slice(0, termsMax)
    const [chunks, bodyTerms, titleTerms] = get(
      'SELECT chunks, body_terms, title_terms FROM namespaces WHERE id = ?',
      namespace,
    )?.map(Number) ?? [0, 0, 0]
    const words = terms.map((term) => wordOf(namespace, term))
    const frequencies = words.map(frequency)
    const statistics = {
      chunks: chunks!,
      bodyLength: bodyTerms! / Math.max(1, chunks!),
      titleLength: titleTerms! / Math.max(1, chunks!),
      frequencies,
    }
    const expired = get('SELECT 1 FROM documents WHERE expires_at <= ? LIMIT 1', now) !== undefined
    const restricted = expired || !isEmptyFilter(filter)
    const asked = restricted ? [...words.keys()] : essential(frequencies, chunks!, limit)
    const query = asked.map((at) => `"${words[at]}"`).join(' OR ')
    const found = asked.length === 0 ? [] : matching(query, limit, filter, now, restricted)
    const known = new Set(found.map(([id]) => id))
    const missing = also.filter((chunk) => !known.has(chunk))
    const more =
      missing.length === 0
        ? []
        : all(
            `SELECT ${columns} FROM chunks c WHERE c.id IN (SELECT value FROM json_each(?)) AND c.namespace = ?`,
            JSON.stringify(missing),
            namespace,
          )
    return { ...statistics, candidates: [...found, ...more].map(candidateOf) }
  }
}
