import type { Knowledge } from '../src/memory/knowledge/knowledge.ts'
import { embedAll, withKnowledge } from './knowledge-fixture.ts'
import { ndcg, plainScores } from './knowledge-scifact.ts'
import { gain, mean } from './metrics.ts'
import { tldrPapers } from './scitldr-data.ts'
import { printTable } from './table.ts'

const depth = 10

/**
 * Another collection than the one that forms and weights were chosen on: which of 2,611 abstracts, without their titles, is a one-sentence summary about? Asked are the
 * summaries of the data set's development part.
 */
export const evaluateScitldrRetrieval = (): Promise<void> =>
  withKnowledge(async (knowledge: Knowledge) => {
    const [train, asked] = [tldrPapers('train'), tldrPapers('eval')]
    const documents = [...train, ...asked].map(({ paper_id, source }) => ({
      id: paper_id,
      text: source.join(' '),
    }))
    for (const document of documents) await knowledge.add(document)
    await embedAll(knowledge)
    const numbers = new Map(documents.map(({ id }, at) => [id, at]))
    const claims = asked.map(({ paper_id, target }, id) => ({
      ...{ id, claim: target[0]!, cited_doc_ids: [numbers.get(paper_id)!] },
    }))
    const numbered = documents.map(({ id, text }) => ({ id: String(numbers.get(id)), text }))
    const plain = plainScores(numbered, claims)
    const scores: number[] = []
    for (const { claim, cited_doc_ids } of claims) {
      const hits = await knowledge.search(claim, { limit: depth, distinct: 'document' })
      const found = hits.map(({ document }) => String(numbers.get(document.id)))
      scores.push(ndcg(found, new Set(cited_doc_ids.map(String))))
    }
    const gains = claims.map(({ id }, at) => scores[at]! - plain.get(id)!)
    printTable(`SciTLDR, a summary's paper found, nDCG@10, ${claims.length} summaries`, [
      { measure: 'plain BM25', ours: mean([...plain.values()]).toFixed(4) },
      { measure: `as it comes: over BM25 ${gain(gains)}`, ours: mean(scores).toFixed(4) },
    ])
  })
