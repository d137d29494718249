import type { Scores } from '../src/memory/knowledge/scoring.ts'
import { withKnowledge } from './knowledge-fixture.ts'
import { type Claim, ndcg, part, scifactIn } from './knowledge-scifact.ts'
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
 * Fits the weights of a hit's parts on the SciFact development claims of even position and prints them for `defaultWeights` in
 * src/memory/knowledge/scoring.ts, with what the way of fitting reaches on claims it did not see: the other half, and all by fives.
 */
export const fitKnowledge = (): Promise<void> =>
  withKnowledge(async (knowledge) => {
    const asked = new Map<Claim, Asked>()
    const claims = await scifactIn(knowledge)
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
    const fitted = fitRanker(useful(groups(part(claims, 0))), options)
    const [even, odd] = ([0, 1] as const).map((rest) =>
      groups(part(claims, rest)).map((each) => gained(each, fitted)),
    )
    console.log(
      `fitted on even: ${told(fitted)}; nDCG@10 even ${mean(even!).toFixed(4)}, odd ${mean(odd!).toFixed(4)}`,
    )
    const crossed = Array.from({ length: folds }, (_, fold) => {
      const weights = fitRanker(useful(groups(claims.filter((_, at) => at % folds !== fold))), options)
      return groups(claims.filter((_, at) => at % folds === fold)).map((each) => gained(each, weights))
    })
    console.log(`cross-validated over all, ${folds} folds: ${mean(crossed.flat()).toFixed(4)}`)
  })
