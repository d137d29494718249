import type { Scores } from '../src/memory/knowledge/scoring.ts'
import { withKnowledge } from './knowledge-fixture.ts'
import { type Claim, foldsOf, ndcg, part, scifactIn } from './knowledge-scifact.ts'
import { mean } from './metrics.ts'
import { fitRanker, type RankingGroup } from './ranker-fit.ts'

const parts = ['lexical', 'sentence', 'alike', 'pairs', 'feedback', 'vector'] as const
const read = 60
const folds = 5
const options = { l2: 0.002, iterations: 300, rate: 0.1, raise: 'likelihood' } as const

type Asked = RankingGroup & { ids: string[]; relevant: Set<string> }

const featuresOf = (scores: Scores): Map<string, number> =>
  new Map(parts.map((name) => [name, Math.max(0, scores[name] ?? 0)]))

const gained = ({ features, ids, relevant }: Asked, weights: ReadonlyMap<string, number>): number => {
  const score = (row: ReadonlyMap<string, number>) =>
    parts.reduce((sum, name) => sum + row.get(name)! * (weights.get(name) ?? 0), 0)
  const order = features
    .map((row, at) => ({ id: ids[at]!, score: score(row) }))
    .sort((a, b) => b.score - a.score)
  return ndcg(
    order.map(({ id }) => id),
    relevant,
  )
}

const told = (weights: ReadonlyMap<string, number>): string =>
  parts.map((name) => `${name} ${((weights.get(name) ?? 0) / weights.get('lexical')!).toFixed(2)}`).join(', ')

/**
 * Fits the weights of a hit's parts on the part of SciFact's development claims that is for choosing, and prints them for `defaultWeights` in
 * src/memory/knowledge/scoring.ts, with what the way of fitting reaches by cross-validation there.
 */
export const fitKnowledge = (): Promise<void> =>
  withKnowledge(async (knowledge) => {
    const asked = new Map<Claim, Asked>()
    const claims = part(await scifactIn(knowledge), 'choose')
    for (const claim of claims) {
      const hits = await knowledge.search(claim.claim, { limit: read, distinct: 'document' })
      const relevant = new Set(claim.cited_doc_ids.map(String))
      const ids = hits.map(({ document }) => document.id)
      asked.set(claim, {
        ...{ ids, relevant, gains: ids.map((id) => (relevant.has(id) ? 1 : 0)) },
        features: hits.map(({ scores }) => featuresOf(scores)),
      })
    }
    const groups = (some: readonly Claim[]) => some.map((claim) => asked.get(claim)!)
    const useful = (some: readonly Asked[]) => some.filter(({ gains }) => gains.includes(1))
    const fitted = fitRanker(useful(groups(claims)), options)
    const seen = mean(groups(claims).map((each) => gained(each, fitted)))
    console.log(`fitted: ${told(fitted)}; nDCG@10 on the same claims ${seen.toFixed(4)}`)
    const byClaim = foldsOf(claims, folds)
    const crossed = Array.from({ length: folds }, (_, fold) => {
      const others = claims.filter(({ id }) => byClaim.get(id) !== fold)
      const weights = fitRanker(useful(groups(others)), options)
      return groups(claims.filter(({ id }) => byClaim.get(id) === fold)).map((each) => gained(each, weights))
    })
    console.log(`cross-validated, ${folds} folds: ${mean(crossed.flat()).toFixed(4)}`)
  })
