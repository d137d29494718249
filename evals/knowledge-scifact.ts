import type { Knowledge } from '../src/memory/knowledge/knowledge.ts'
import type { SearchOptions } from '../src/memory/knowledge/search.ts'
import { readRecords } from './data.ts'
import { embedAll, withKnowledge } from './knowledge-fixture.ts'
import { interval } from './metrics.ts'
import { printTable, type Row } from './table.ts'

export type Claim = { id: number; claim: string; cited_doc_ids: number[] }
type Abstract = { doc_id: number; title: string; abstract: string[] }

const depth = 10
const discount = (rank: number): number => 1 / Math.log2(rank + 2)

/** Normalised discounted cumulative gain of the first ten, each relevant document counting one (Järvelin and Kekäläinen 2002). */
export const ndcg = (found: readonly string[], relevant: ReadonlySet<string>): number => {
  let [gain, ideal] = [0, 0]
  for (let rank = 0; rank < depth; rank++) {
    if (relevant.has(found[rank] ?? '')) gain += discount(rank)
    if (rank < relevant.size) ideal += discount(rank)
  }
  return ideal === 0 ? 0 : gain / ideal
}

/** Weights are fitted on the claims of even position and reported on those of odd. */
export const part = (claims: readonly Claim[], rest: 0 | 1): Claim[] =>
  claims.filter((_, at) => at % 2 === rest)

/** The claims, and every abstract added and embedded. */
export const scifactIn = async (knowledge: Knowledge): Promise<Claim[]> => {
  for (const { doc_id, title, abstract } of readRecords<Abstract>('scifact/corpus.jsonl'))
    await knowledge.add({ id: String(doc_id), title, text: abstract.join(' ') })
  await embedAll(knowledge)
  return readRecords<Claim>('scifact/claims.jsonl')
}

const measured = async (knowledge: Knowledge, claims: readonly Claim[], options: SearchOptions) => {
  const scores = new Map<number, number>()
  const started = process.cpuUsage()
  for (const { id, claim, cited_doc_ids } of claims) {
    const hits = await knowledge.search(claim, { limit: depth, distinct: 'document', ...options })
    const relevant = new Set(cited_doc_ids.map(String))
    scores.set(
      id,
      ndcg(
        hits.map(({ document }) => document.id),
        relevant,
      ),
    )
  }
  const { user, system } = process.cpuUsage(started)
  const mean = (some: readonly Claim[]) =>
    some.reduce((sum, { id }) => sum + scores.get(id)!, 0) / some.length
  return { mean, spread: interval([...scores.values()]), ms: (user + system) / 1000 / claims.length }
}

/** SciFact retrieval: 809 development claims against all 5,183 abstracts, relevant being what a claim cites. */
export const evaluateScifactRetrieval = (): Promise<void> =>
  withKnowledge(async (knowledge) => {
    const claims = await scifactIn(knowledge)
    const [fit, report] = [part(claims, 0), part(claims, 1)]
    const rows: Row[] = []
    const add = async (name: string, options: SearchOptions, goal: Partial<Row> = {}) => {
      const { mean, spread, ms } = await measured(knowledge, claims, options)
      const value = (some: readonly Claim[]) => mean(some).toFixed(4)
      rows.push({
        measure: `${name}: all (fitted half ${value(fit)}, other half ${value(report)}; ${spread})`,
        ...goal,
        ours: `${value(claims)}  ${ms.toFixed(1)} ms`,
      })
    }
    const goal = { baseline: 'BM25 .693, fused .702', target: '>= .72' }
    await add('as it comes', {}, goal)
    await add('without vectors', { weights: { vector: 0 } })
    await add('words alone', { weights: { vector: 0 }, precise: false })
    await add('words and vectors, not read closely', { precise: false })
    printTable(
      'SciFact retrieval, nDCG@10; weights were fitted on claims of even position, features chosen by cross-validation with all in sight',
      rows,
    )
  })
