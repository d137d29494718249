import { setImmediate } from 'node:timers/promises'
import { isStopWord, stem, stems } from '../../domain/text/tokens.ts'
import { lexicon } from './lexicon.ts'

export type TermIndex = {
  size: number
  /** Documents that share a term with the query, best first; equal scores in document order. */
  search(query: string): { index: number; score: number }[]
}

/** Parts of a document; a term in a part counts `weight` times. */
export type Parts = readonly (readonly [text: string, weight: number])[]

/** `multi-modal` is `multimodal`: after these prefixes the word without its hyphen is a term too. */
const PREFIXES = 'multi omni pre post cross inter intra sub super hyper semi non anti auto meta'.split(' ')
const HYPHEN = 45

/** Saturation and length discount, the same as the domain's index. */
const K1 = 0.9
const B = 0.4

type Postings = { documents: number[]; counts: number[] }

/** Words that Porter's rules shorten by their endings only: the first two letters of the stem are those of the word. */
const PLAIN = /^[a-z]{5,}$/

/**
 * BM25 over texts, made for start-up: nothing is stemmed before a query asks for it, and then only the words that begin alike. Gives
 * the scores of the domain's `bm25Index` over `stems` (a test compares them) in a fraction of its building time.
 */
export const termIndex = (documents: readonly Parts[]): TermIndex => {
  const building = built(documents)
  for (;;) {
    const { done, value } = building.next()
    if (done) return value
  }
}

/** As `termIndex`, giving way to other work on this thread: untrusted documents may be of any size. */
export const termIndexInTurns = async (documents: readonly Parts[]): Promise<TermIndex> => {
  const building = built(documents)
  for (;;) {
    const { done, value } = building.next()
    if (done) return value
    await setImmediate()
  }
}

/** Characters or words counted before others get a turn: some milliseconds. */
const turn = { characters: 500_000, words: 20_000 }

function* built(documents: readonly Parts[]): Generator<undefined, TermIndex> {
  const { chunks, entries, lengths } = yield* counted(documents)
  const average = lengths.reduce((sum, length) => sum + length, 0) / Math.max(1, lengths.length) || 1
  const { plain, odd } = yield* grouped(chunks, entries)
  const merged = new Map<string, Postings>()

  const postingsOf = (term: string): Postings => {
    const known = merged.get(term)
    if (known) return known
    const ids = (plain.get(term.slice(0, 2)) ?? []).filter((id) => stem(chunks[id]!) === term)
    const found = entries.postings([...ids, ...(odd.get(term) ?? [])])
    merged.set(term, found)
    return found
  }

  const search = (query: string): { index: number; score: number }[] => {
    const scores = new Map<number, number>()
    for (const term of new Set(queryTerms(query))) {
      const { documents, counts } = postingsOf(term)
      const idf = Math.log(1 + (lengths.length - documents.length + 0.5) / (documents.length + 0.5))
      for (const [at, document] of documents.entries()) {
        const count = counts[at]!
        const norm = K1 * (1 - B + (B * lengths[document]!) / average)
        scores.set(document, (scores.get(document) ?? 0) + (idf * count * (K1 + 1)) / (count + norm))
      }
    }
    const hits = Array.from(scores, ([index, score]) => ({ index, score }))
    return hits.sort((a, b) => b.score - a.score || a.index - b.index)
  }
  return { size: documents.length, search }
}

type Counted = { chunks: readonly string[]; entries: Entries; lengths: number[] }

function* counted(documents: readonly Parts[]): Generator<undefined, Counted> {
  const words = lexicon()
  for (const prefix of PREFIXES) words.scan(prefix, () => {})
  /** Terms in a chunk: usually one, none for a stop word; scripts without blanks hold more. */
  const sizes: number[] = []
  const entries = entryTable()
  let length = 0
  let weight = 1
  const add = (id: number): void => {
    while (sizes.length <= id) {
      const chunk = words.chunks[sizes.length]!
      sizes.push(PLAIN.test(chunk) ? (isStopWord(chunk) ? 0 : 1) : stems(chunk).length)
    }
    if (sizes[id] === 0) return
    length += weight * sizes[id]!
    entries.add(id, weight)
  }
  let prefixAt = -1
  let scanned = ''
  const onChunk = (id: number, start: number, end: number): void => {
    add(id)
    if (prefixAt >= 0 && end - start > 2)
      words.scan(scanned.slice(prefixAt, start - 1) + scanned.slice(start, end), add)
    prefixAt =
      id < PREFIXES.length && scanned.charCodeAt(end) === HYPHEN && isWordAt(scanned, end + 1) ? start : -1
  }
  const lengths: number[] = []
  let characters = 0
  for (const [document, parts] of documents.entries()) {
    length = 0
    entries.start(document)
    for (const part of parts) {
      scanned = part[0]
      weight = part[1]
      prefixAt = -1
      words.scan(scanned, onChunk)
      characters += scanned.length
    }
    lengths.push(length)
    if (characters < turn.characters) continue
    yield
    characters = 0
  }
  return { chunks: words.chunks, entries, lengths }
}

type Entries = ReturnType<typeof entryTable>

/** Occurrences as three flat columns, chained by chunk from the latest back: nothing to collect as garbage while it grows. */
const entryTable = () => {
  let size = 0
  let document = 0
  let latest = new Int32Array(1 << 15).fill(-1)
  let documents = new Int32Array(1 << 17)
  let counts = new Float64Array(1 << 17)
  let previous = new Int32Array(1 << 17)
  return {
    start: (next: number): void => {
      document = next
    },
    add: (id: number, weight: number): void => {
      if (id >= latest.length) {
        const wider = new Int32Array(2 * Math.max(id, latest.length)).fill(-1)
        wider.set(latest)
        latest = wider
      }
      const last = latest[id]!
      if (last >= 0 && documents[last] === document) {
        counts[last]! += weight
        return
      }
      if (size === documents.length) {
        documents = widened(documents, new Int32Array(2 * size))
        counts = widened(counts, new Float64Array(2 * size))
        previous = widened(previous, new Int32Array(2 * size))
      }
      documents[size] = document
      counts[size] = weight
      previous[size] = last
      latest[id] = size
      size += 1
    },
    has: (id: number): boolean => (latest[id] ?? -1) >= 0,
    /** Documents and counts of all the chunks together, in document order. */
    postings: (ids: readonly number[]): Postings => {
      const sums = new Map<number, number>()
      for (const id of ids)
        for (let at = latest[id] ?? -1; at >= 0; at = previous[at]!)
          sums.set(documents[at]!, (sums.get(documents[at]!) ?? 0) + counts[at]!)
      const sorted = [...sums].sort((a, b) => a[0] - b[0])
      return { documents: sorted.map(([at]) => at), counts: sorted.map(([, count]) => count) }
    },
  }
}

const widened = <Column extends Int32Array | Float64Array>(column: Column, wider: Column): Column => {
  wider.set(column)
  return wider
}

const isWordAt = (text: string, at: number): boolean => /[a-z]/i.test(text[at] ?? '')

/** The words of a query as documents' words are counted. */
const queryTerms = (query: string): string[] => {
  const joined = query.matchAll(new RegExp(`\\b(${PREFIXES.join('|')})-([a-z]\\w{2,})`, 'gi'))
  return [...stems(query), ...joined.flatMap(([, prefix, word]) => stems(`${prefix}${word}`))]
}

type Grouped = { plain: Map<string, number[]>; odd: Map<string, number[]> }

function* grouped(chunks: readonly string[], entries: Entries): Generator<undefined, Grouped> {
  const plain = new Map<string, number[]>()
  const odd = new Map<string, number[]>()
  const put = (groups: Map<string, number[]>, key: string, id: number): void => {
    const group = groups.get(key)
    if (group) group.push(id)
    else groups.set(key, [id])
  }
  for (const [id, chunk] of chunks.entries()) {
    if (id % turn.words === turn.words - 1) yield
    if (!entries.has(id)) continue
    if (PLAIN.test(chunk)) put(plain, chunk.slice(0, 2), id)
    else for (const term of stems(chunk)) put(odd, term, id)
  }
  return { plain, odd }
}
