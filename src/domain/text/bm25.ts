export interface Bm25Options {
  /** Saturation of repeated terms. */
  k1?: number
  /** How much long documents are discounted, 0 to 1. */
  b?: number
}

export interface Bm25Hit {
  /** Position of the document in the list the index was built from. */
  index: number
  score: number
}

export interface Bm25Index {
  size: number
  /** The best documents first; those that share no term are left out; equal scores in document order. */
  search(terms: readonly string[], limit?: number): Bm25Hit[]
}

interface Postings {
  documents: number[]
  weights: number[]
}

/**
 * In-memory BM25 over documents given as terms (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009; idf in
 * Lucene's positive form). Weights are computed once, so a search is one addition per posting.
 */
export function bm25Index(
  documents: readonly (readonly string[])[],
  { k1 = 0.9, b = 0.4 }: Bm25Options = {},
): Bm25Index {
  const postings = new Map<string, Postings>()
  let length = 0
  for (const [index, terms] of documents.entries()) {
    length += terms.length
    for (const [term, count] of termCounts(terms)) {
      const entry = postings.get(term) ?? { documents: [], weights: [] }
      if (entry.documents.length === 0) postings.set(term, entry)
      entry.documents.push(index)
      entry.weights.push(count)
    }
  }
  const averageLength = length / Math.max(1, documents.length) || 1
  for (const { documents: list, weights } of postings.values()) {
    const idf = Math.log(1 + (documents.length - list.length + 0.5) / (list.length + 0.5))
    for (const [at, index] of list.entries()) {
      const count = weights[at]!
      const norm = k1 * (1 - b + (b * documents[index]!.length) / averageLength)
      weights[at] = (idf * count * (k1 + 1)) / (count + norm)
    }
  }
  return { size: documents.length, search: (terms, limit = 10) => search(postings, terms, limit) }
}

function search(postings: Map<string, Postings>, terms: readonly string[], limit: number): Bm25Hit[] {
  const scores = new Map<number, number>()
  for (const [term, count] of termCounts(terms)) {
    const entry = postings.get(term)
    if (!entry) continue
    for (const [at, index] of entry.documents.entries()) {
      scores.set(index, (scores.get(index) ?? 0) + count * entry.weights[at]!)
    }
  }
  const hits = Array.from(scores, ([index, score]) => ({ index, score }))
  return hits.sort((a, b) => b.score - a.score || a.index - b.index).slice(0, limit)
}

function termCounts(terms: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1)
  return counts
}
