import { bm25Index } from '../src/domain/text/bm25.ts'
import { type Idf, idfTable } from '../src/domain/text/similarity.ts'
import { stems } from '../src/domain/text/tokens.ts'
import { readRecords } from './data.ts'

interface ClaimRecord {
  id: number
  claim: string
  evidence: Record<string, { sentences: number[]; label: 'SUPPORT' | 'CONTRADICT' }[]>
  cited_doc_ids: number[]
}

interface Abstract {
  doc_id: number
  title: string
  abstract: string[]
}

/** A claim with an abstract that holds evidence on it, or with one that BM25 mistakes for such. */
export interface ClaimPair {
  claim: string
  part: 'fit' | 'report'
  fold: number
  title: string
  sentences: string[]
  evidence: boolean
  label: 'SUPPORT' | 'CONTRADICT' | 'NONE'
  /** Indices of rationale sentences. */
  rationale: ReadonlySet<number>
}

const HARD_NEGATIVES = 3
const FOLDS = 5

/**
 * SciFact (Wadden et al. 2020): each claim with its evidence abstracts against the three best BM25 abstracts that are neither
 * evidence nor cited. Claims that share an abstract stay together, so that no pair of a claim and its negation straddles the
 * parts: three fifths of the groups are for fitting, two fifths for reporting.
 */
export function scifactPairs(): { pairs: ClaimPair[]; idf: Idf } {
  const claims = readRecords<ClaimRecord>('scifact/claims.jsonl')
  const abstracts = readRecords<Abstract>('scifact/corpus.jsonl')
  const terms = abstracts.map((each) => stems(`${each.title} ${each.abstract.join(' ')}`))
  const index = bm25Index(terms)
  const byId = new Map(abstracts.map((each) => [each.doc_id, each]))
  const folds = claimFolds(claims)
  const pairs: ClaimPair[] = []
  for (const { id, claim, evidence, cited_doc_ids } of claims) {
    const gold = Object.entries(evidence)
    if (gold.length === 0) continue
    const known = new Set([...gold.map(([doc]) => Number(doc)), ...cited_doc_ids])
    const group = folds.get(id)!
    const shared = {
      claim,
      part: group % 5 < 3 ? 'fit' : 'report',
      fold: Math.floor(group / 5) % FOLDS,
    } as const
    for (const [doc, rationales] of gold) {
      const { title, abstract } = byId.get(Number(doc))!
      const rationale = new Set(rationales.flatMap(({ sentences }) => sentences))
      pairs.push({
        ...shared,
        title,
        sentences: abstract,
        evidence: true,
        label: rationales[0]!.label,
        rationale,
      })
    }
    const hits = index.search(stems(claim), HARD_NEGATIVES + known.size).map((hit) => abstracts[hit.index]!)
    for (const { title, abstract } of hits.filter((hit) => !known.has(hit.doc_id)).slice(0, HARD_NEGATIVES)) {
      pairs.push({
        ...shared,
        title,
        sentences: abstract,
        evidence: false,
        label: 'NONE',
        rationale: new Set(),
      })
    }
  }
  return { pairs, idf: idfTable(terms) }
}

/** A group number per claim, the same for claims connected through cited abstracts; numbers in order of first appearance. */
function claimFolds(claims: readonly ClaimRecord[]): Map<number, number> {
  const parent = new Map<string, string>()
  const root = (key: string): string => {
    const up = parent.get(key) ?? key
    return up === key ? key : root(up)
  }
  for (const { id, cited_doc_ids } of claims) {
    for (const doc of cited_doc_ids) parent.set(root(`doc ${doc}`), root(`claim ${id}`))
  }
  const numbers = new Map<string, number>()
  return new Map(
    claims.map(({ id }) => {
      const key = root(`claim ${id}`)
      if (!numbers.has(key)) numbers.set(key, numbers.size)
      return [id, numbers.get(key)!]
    }),
  )
}
