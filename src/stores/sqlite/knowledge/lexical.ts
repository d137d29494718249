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
const saturation = 1.2
const lengthDiscount = 0.75
const termsMax = 256
/** Namespaces whose lengths of chunks are kept in memory. */
const namespacesKept = 64
/**
 * How many of the best chunks are checked against a filter at once; four times as many in each next
 * round.
 */
const filteredAtOnce = 200
const staleMax = 1000

/**
 * Lengths of a namespace's chunks by their numbers, the title weighted; numbers only grow, so only
 * new chunks are read.
 */
type Lengths = { last: number; of: Map<number, number> }

const idf = (chunks: number, frequency: number): number =>
  Math.log(1 + (chunks - frequency + 0.5) / (frequency + 0.5))

/**
 * The keys of the highest scores, best first, ties by key: sorting thousands to take the first
 * would cost more than scoring them.
 */
const bestOf = (scores: ReadonlyMap<number, number>, limit: number): number[] => {
  const before = (a: readonly [number, number], b: readonly [number, number]): number =>
    b[1] - a[1] || a[0] - b[0]
  if (scores.size <= limit) return [...scores].sort(before).map(([key]) => key)
  const best: [number, number][] = []
  for (const entry of scores) {
    if (best.length === limit && before(best[limit - 1]!, entry) <= 0) continue
    let [low, high] = [0, best.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (before(best[middle]!, entry) < 0) low = middle + 1
      else high = middle
    }
    best.splice(low, 0, entry)
    if (best.length > limit) best.pop()
  }
  return best.map(([key]) => key)
}

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
    const weight = (at: number) => idf(chunks, frequencies[at]!)
    const order = [...frequencies.keys()]
      .filter((at) => frequencies[at]! > 0)
      .sort((a, b) => frequencies[a]! - frequencies[b]!)
    let left = order.reduce((sum, at) => sum + weight(at), 0)
    let [held, looked] = [0, 0]
    const picked: number[] = []
    for (const at of order) {
      if (looked >= limit * lookedAtPerWanted && left < held / 2) break
      picked.push(at)
      looked += frequencies[at]!
      held += weight(at)
      left -= weight(at)
    }
    return picked
  }

  const columns = 'c.id, c.terms, c.body_terms, c.title_terms'

  const kept = new Map<number, Lengths>()

  const lengthsOf = (namespace: number, chunks: number): Lengths => {
    const before = kept.get(namespace)
    // Lengths of chunks that are gone stay until they are as many as the others.
    const stale = before !== undefined && before.of.size > 2 * chunks + staleMax
    const found = stale || before === undefined ? { last: 0, of: new Map() } : before
    kept.delete(namespace)
    kept.set(namespace, found)
    for (const oldest of kept.keys()) if (kept.size > namespacesKept) kept.delete(oldest)
    for (const [id, title, body] of all(
      'SELECT id, title_terms, body_terms FROM chunks WHERE namespace = ? AND id > ? ORDER BY id',
      ...[namespace, found.last],
    )) {
      found.last = Number(id)
      found.of.set(found.last, titleWeight * Number(title) + Number(body))
    }
    return found
  }

  let listed = false
  /** Every place of a word, chunk by chunk: its chunk and whether it is in the title. */
  const placesOf = (word: string): Row[] => {
    if (!listed)
      connection.run(
        `CREATE VIRTUAL TABLE IF NOT EXISTS temp.places USING fts5vocab(main, words, 'instance')`,
      )
    listed = true
    return all("SELECT doc, col = 'title' FROM temp.places WHERE term = ?", word)
  }

  /**
   * Chunks that hold one of the words, best first by BM25 with the statistics of the namespace
   * alone: those of FTS5's own `bm25()` are of all namespaces.
   */
  const ranked = (
    namespace: number,
    words: readonly { word: string; weight: number }[],
    { meanLength, chunks, limit }: { meanLength: number; chunks: number; limit: number },
  ): number[] => {
    const lengths = lengthsOf(namespace, chunks).of
    const scores = new Map<number, number>()
    const add = (chunk: number, count: number, weight: number): void => {
      const length = lengths.get(chunk) ?? 0
      const norm = saturation * (1 - lengthDiscount + (lengthDiscount * length) / meanLength)
      const score = (weight * count * (saturation + 1)) / (count + norm)
      scores.set(chunk, (scores.get(chunk) ?? 0) + score)
    }
    for (const { word, weight } of words) {
      let [chunk, count] = [0, 0]
      for (const [doc, titled] of placesOf(word)) {
        const here = Number(doc)
        if (here !== chunk) {
          if (count > 0) add(chunk, count, weight)
          chunk = here
          count = 0
        }
        count += Number(titled) === 1 ? titleWeight : 1
      }
      if (count > 0) add(chunk, count, weight)
    }
    return bestOf(scores, limit)
  }

  /** The first `limit` of some chunks of which a document fits the filter. */
  const fitting = (
    chunks: readonly number[],
    limit: number,
    filter: KnowledgeFilter,
    now: number,
  ): number[] => {
    const where = whereOf(filter, now)
    const found: number[] = []
    for (let from = 0, size = filteredAtOnce; from < chunks.length; from += size, size *= 4) {
      const some = chunks.slice(from, from + size)
      const fit = new Set(
        all(
          `SELECT c.id FROM chunks c WHERE c.id IN (SELECT value FROM json_each(?))
           AND EXISTS(SELECT 1 FROM documents d WHERE d.content = c.content AND ${where.sql})`,
          ...[JSON.stringify(some), ...where.values],
        ).map(([id]) => Number(id)),
      )
      found.push(...some.filter((chunk) => fit.has(chunk)))
      if (found.length >= limit) break
    }
    return found.slice(0, limit)
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
    const best = ranked(
      namespace,
      asked.map((at) => ({ word: words[at]!, weight: idf(chunks!, frequencies[at]!) })),
      {
        meanLength: titleWeight * statistics.titleLength + statistics.bodyLength || 1,
        chunks: chunks!,
        limit: restricted ? Number.POSITIVE_INFINITY : limit,
      },
    )
    const picked = restricted ? fitting(best, limit, filter, now) : best
    const rows = all(
      `SELECT ${columns} FROM chunks c WHERE c.id IN (SELECT value FROM json_each(?)) AND c.namespace = ?`,
      ...[JSON.stringify([...new Set([...picked, ...also])]), namespace],
    )
    const byNumber = new Map(rows.map((row) => [Number(row[0]), candidateOf(row)]))
    return {
      ...statistics,
      candidates: [...new Set([...picked, ...also])].flatMap((id) => byNumber.get(id) ?? []),
    }
  }
}
