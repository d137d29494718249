import type { KnowledgeFilter, LexicalCandidates } from '../../../ports/knowledge-store.ts'
import { countsIn, hashTerm } from '../../term-profile.ts'
import type { Connection } from '../connection.ts'
import { isEmptyFilter, whereOf } from './filter.ts'

const plain = /^[a-z0-9]{1,64}$/

/**
 * A term as FTS5 stores it: its namespace's number, then the term itself, or its UTF-8 bytes in hexadecimal where it is not of plain letters and
 * digits. So no term can be read as FTS5's query language, and none is cut up by its tokenizer.
 */
export const wordOf = (namespace: number, term: string): string =>
  `${namespace.toString(36)}_${plain.test(term) ? term : `_${Buffer.from(term.slice(0, 64)).toString('hex')}`}`

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

  const matching = (
    query: string,
    limit: number,
    filter: KnowledgeFilter,
    now: number,
    restricted: boolean,
  ): number[] => {
    if (!restricted)
      return all(
        `SELECT rowid FROM words WHERE words MATCH ? ORDER BY bm25(words, ${titleWeight}, 1.0) LIMIT ?`,
        query,
        limit,
      ).map(([id]) => Number(id))
    const where = whereOf(filter, now)
    return all(
      `SELECT words.rowid FROM words JOIN chunks c ON c.id = words.rowid JOIN documents d ON d.pk = c.document
       WHERE words MATCH ? AND ${where.sql} ORDER BY bm25(words, ${titleWeight}, 1.0) LIMIT ?`,
      ...[query, ...where.values, limit],
    ).map(([id]) => Number(id))
  }

  return (
    namespace: number,
    given: readonly string[],
    { limit, filter = {}, now }: { limit: number; filter?: KnowledgeFilter; now: number },
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
    if (asked.length === 0) return { ...statistics, candidates: [] }
    const query = asked.map((at) => `"${words[at]}"`).join(' OR ')
    const hashes = terms.map(hashTerm)
    const found = matching(query, limit, filter, now, restricted)
    const candidates = found.flatMap((chunk) => {
      const row = get('SELECT profile, body_terms, title_terms FROM chunks WHERE id = ?', chunk)
      if (!(row?.[0] instanceof Uint8Array)) return []
      const counts = countsIn(row[0], hashes)
      return [{ chunk, ...counts, bodyLength: Number(row[1]), titleLength: Number(row[2]) }]
    })
    return { ...statistics, candidates }
  }
}
