import { factOf } from './facts.ts'
import type { Row } from './rows.ts'

const file = (name: string): URL => new URL(`subjects/knowledge-${name}.ts`, import.meta.url)

const vectors = (count: number, most: number): Row => {
  const concord = {
    label: 'Concord: one-bit scan and rescoring in WASM SIMD',
    file: file('vectors'),
    name: 'index',
    options: { count },
  }
  return {
    title: `vector search, ${count / 1000}k synthetic clustered vectors of 512 dimensions, ten best`,
    unit: 'us a query',
    perWork: 1,
    scale: 1000,
    floor: {
      label: 'exact scan in plain JavaScript',
      file: file('vectors'),
      name: 'exactScan',
      options: { count },
    },
    others: [
      { ...concord, label: 'the same with a filter of one in ten', options: { count, filtered: true } },
      { ...concord, label: 'the same in plain JavaScript', options: { count, kernel: 'plain' } },
    ],
    concord,
    target: { most },
    notes: (measured) => [
      `recall@10 ${factOf(measured, concord, 'recall')}, ${factOf(measured, concord, 'megabytes')} MiB; nothing is built: a vector is found as soon as it is set`,
      'npm run eval -- memory measures recall on real embeddings',
    ],
  }
}

const text = (): Row => {
  const options = { documents: 50_000 }
  return {
    title: 'text search, 50k synthetic documents, three terms, ten best with their documents',
    unit: 'us a query',
    perWork: 1,
    scale: 1000,
    floor: { label: 'FTS5, bm25 over title and body', file: file('text'), name: 'fts5', options },
    others: [{ label: 'Concord, by words alone', file: file('text'), name: 'knowledge', options }],
    concord: {
      label: 'Concord, the best candidates read closely (the default)',
      file: file('text'),
      name: 'knowledge',
      options: { ...options, precise: true },
    },
    target: { timesFloor: 1 },
  }
}

/** The rows of TARGETS "Memory layer" on knowledge. */
export const knowledgeRows = (): Row[] => [vectors(11_000, 300), vectors(100_000, 2000), text()]
