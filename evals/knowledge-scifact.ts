import { createHash } from 'node:crypto'
import { bm25Index } from '../src/domain/text/bm25.ts'
import { stems } from '../src/domain/text/tokens.ts'
import type { Knowledge } from '../src/memory/knowledge/knowledge.ts'
import type { SearchOptions } from '../src/memory/knowledge/search.ts'
import { readRecords } from './data.ts'
import { embedAll, withKnowledge } from './knowledge-fixture.ts'
import { gain, mean } from './metrics.ts'
import { printTable, type Row } from './table.ts'

export type Claim = { id: number; claim: string; cited_doc_ids: number[] }
type Abstract = { doc_id: number; title: string; abstract: string[] }

const depth = 10
const discount = (rank: number): number => 1 / Math.log2(rank + 2)

/** Normalised discounted cumulative gain of the first ten, each relevant document counting one (Järvelin and Kekäläinen 2002). */
export const ndcg = (found: readonly string[], relevant: ReadonlySet<string>): number => {
  let [sum, ideal] = [0, 0]
  for (let rank = 0; rank < depth; rank++) {
    if (relevant.has(found[rank] ?? '')) sum += discount(rank)
    if (rank < relevant.size) ideal += discount(rank)
  }
  return ideal === 0 ? 0 : sum / ideal
}

/** Forms and weights are chosen on `choose`; `report` is only measured. */
export type Part = 'choose' | 'report'

/** Claims that cite an abstract in common stay together, so that no claim and its negation straddle the parts: the smallest id of a group names it. */
const groupsOf = (claims: readonly Claim[]): Map<number, number> => {
  const parent = new Map<string, string>()
  const root = (key: string): string => {
    const up = parent.get(key) ?? key
    return up === key ? key : root(up)
  }
  for (const { id, cited_doc_ids } of claims)
    for (const doc of cited_doc_ids) parent.set(root(`doc ${doc}`), root(`claim ${id}`))
  const names = new Map<string, number>()
  for (const { id } of claims) {
    const key = root(`claim ${id}`)
    names.set(key, Math.min(names.get(key) ?? id, id))
  }
  return new Map(claims.map(({ id }) => [id, names.get(root(`claim ${id}`))!]))
}

const byteOf = (group: number, at: number): number =>
  createHash('sha256').update(`scifact/${group}`).digest()[at]!

export const part = (claims: readonly Claim[], wanted: Part): Claim[] => {
  const groups = groupsOf(claims)
  return claims.filter(({ id }) => byteOf(groups.get(id)!, 0) % 5 < 2 === (wanted === 'report'))
}

/** The fold of each claim, the same for a whole group. */
export const foldsOf = (claims: readonly Claim[], folds: number): Map<number, number> =>
  new Map([...groupsOf(claims)].map(([id, group]) => [id, byteOf(group, 1) % folds]))

const abstractsIn = (): { id: string; title: string; text: string }[] =>
  readRecords<Abstract>('scifact/corpus.jsonl').map(({ doc_id, title, abstract }) => ({
    id: String(doc_id),
    title,
    text: abstract.join(' '),
  }))

/** The claims, and every abstract added and embedded. */
export const scifactIn = async (knowledge: Knowledge): Promise<Claim[]> => {
  for (const document of abstractsIn()) await knowledge.add(document)
  await embedAll(knowledge)
  return readRecords<Claim>('scifact/claims.jsonl')
}

/** nDCG@10 by claim. */
export type Scored = Map<number, number>

/** Plain BM25 over title and abstract (k1 .9, b .4), as retrieval is compared with in the literature. */
export const plainScores = (
  documents: readonly { id: string; title?: string; text: string }[],
  claims: readonly Claim[],
): Scored => {
  const index = bm25Index(documents.map(({ title = '', text }) => stems(`${title} ${text}`)))
  return new Map(
    claims.map(({ id, claim, cited_doc_ids }) => {
      const found = index.search([...new Set(stems(claim))], depth).map((hit) => documents[hit.index]!.id)
      return [id, ndcg(found, new Set(cited_doc_ids.map(String)))]
    }),
  )
}

const measured = async (knowledge: Knowledge, claims: readonly Claim[], options: SearchOptions) => {
  const scores: Scored = new Map()
  const started = process.cpuUsage()
  for (const { id, claim, cited_doc_ids } of claims) {
    const hits = await knowledge.search(claim, { limit: depth, distinct: 'document', ...options })
    const found = hits.map(({ document }) => document.id)
    scores.set(id, ndcg(found, new Set(cited_doc_ids.map(String))))
  }
  const { user, system } = process.cpuUsage(started)
  return { scores, ms: (user + system) / 1000 / claims.length }
}

/** SciFact retrieval: claims against all 5,183 abstracts, relevant being what a claim cites; gains over plain BM25 are paired. */
export const evaluateScifactRetrieval = (wanted: Part = 'report'): Promise<void> =>
  withKnowledge(async (knowledge) => {
    const claims = part(await scifactIn(knowledge), wanted)
    const plain = plainScores(abstractsIn(), claims)
    const rows: Row[] = [{ measure: 'plain BM25', ours: mean([...plain.values()]).toFixed(4) }]
    const add = async (name: string, options: SearchOptions, goal: Partial<Row> = {}) => {
      const { scores, ms } = await measured(knowledge, claims, options)
      const gains = claims.map(({ id }) => scores.get(id)! - plain.get(id)!)
      rows.push({
        measure: `${name}: over BM25 ${gain(gains)}`,
        ...goal,
        ours: `${mean([...scores.values()]).toFixed(4)}  ${ms.toFixed(1)} ms`,
      })
    }
    await add('as it comes', {}, { target: '>= .71' })
    await add('without vectors', { weights: { vector: 0 } })
    await add('without likeness of letters', { weights: { alike: 0 } })
    await add('words alone', { weights: { vector: 0 }, precise: false })
    printTable(`SciFact retrieval, nDCG@10, ${claims.length} claims of the part to ${wanted}`, rows)
  })
