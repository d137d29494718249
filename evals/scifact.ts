import type { Idf } from '../src/domain/text/similarity.ts'
import { stems } from '../src/domain/text/tokens.ts'
import { type Grounding, groundingScore, SUPPORTED_MIN } from '../src/verification/grounding.ts'
import { areaUnderCurve, balancedAccuracy } from './metrics.ts'
import { type ClaimPair, scifactPairs } from './scifact-data.ts'
import { printTable, type Row } from './table.ts'

/** Citation checking on the part of SciFact's development claims that no weight was fitted on. */
export function evaluateCitations(): void {
  const { pairs, idf } = scifactPairs()
  const part = pairs.filter((pair) => pair.part === 'report')
  const started = performance.now()
  const scored = part.map((pair) => ({ pair, found: score(pair, { idf, titled: true }) }))
  const each = (performance.now() - started) / part.length
  const evidence = scored.filter(({ pair }) => pair.evidence)
  const hit = (count: number) =>
    evidence.filter(({ pair, found }) =>
      found.topSentences.slice(0, count).some((at) => pair.rationale.has(at)),
    ).length
  const share = (count: number) => (hit(count) / evidence.length).toFixed(3)
  printTable(
    `SciFact, reporting part: ${evidence.length} evidence abstracts and ${part.length - evidence.length} BM25 hard negatives`,
    [
      ...validity('abstract supports claim', scored, {
        area: ['.755-.826', '>= .85'],
        accuracy: ['.695', '>= .77'],
      }),
      ...validity(
        'idf overlap alone',
        part.map((pair) => ({ pair, found: overlap(pair, idf) })),
      ),
      ...validity(
        'without title',
        part.map((pair) => ({ pair, found: score(pair, { idf }) })),
      ),
      ...validity(
        'without idf',
        part.map((pair) => ({ pair, found: score(pair, { titled: true }) })),
      ),
      ...validity(
        'SUPPORT only as evidence',
        scored.filter(({ pair }) => pair.label !== 'CONTRADICT'),
      ),
      { measure: 'supporting sentence, top 1', baseline: '.512', target: '>= .60', ours: share(1) },
      { measure: 'supporting sentence, top 3', baseline: '.837', target: '>= .88', ours: share(3) },
      ...opposition(evidence),
      { measure: 'ms a claim and abstract', ours: each.toFixed(2) },
    ],
  )
}

interface Scored {
  pair: ClaimPair
  found: Pick<Grounding, 'score' | 'opposed'>
}

function score(pair: ClaimPair, { idf, titled }: { idf?: Idf; titled?: boolean }): Grounding {
  return groundingScore(pair.claim, pair.sentences, {
    ...(idf && { idf }),
    ...(titled && { title: pair.title }),
  })
}

/** The baseline of the table: the idf share of the claim's stems that stand anywhere in the abstract. */
function overlap(pair: ClaimPair, idf: Idf): Scored['found'] {
  const held = new Set(stems(`${pair.title} ${pair.sentences.join(' ')}`))
  const terms = [...new Set(stems(pair.claim))]
  const weight = (list: string[]) => list.reduce((sum, term) => sum + idf(term), 0)
  return { score: weight(terms.filter((term) => held.has(term))) / weight(terms), opposed: false }
}

function validity(
  name: string,
  all: readonly Scored[],
  goals?: { area: [string, string]; accuracy: [string, string] },
): Row[] {
  const scores = (evidence: boolean) =>
    all.filter(({ pair }) => pair.evidence === evidence).map(({ found }) => found.score)
  const [up, down] = [scores(true), scores(false)]
  const goal = (pair?: [string, string]) => (pair ? { baseline: pair[0], target: pair[1] } : {})
  const accuracy = balancedAccuracy(up, down, SUPPORTED_MIN).toFixed(3)
  return [
    { measure: `${name}: AUC`, ...goal(goals?.area), ours: areaUnderCurve(up, down).toFixed(3) },
    { measure: `${name}: balanced accuracy at ${SUPPORTED_MIN}`, ...goal(goals?.accuracy), ours: accuracy },
  ]
}

/** How often wording alone tells that the evidence says the contrary. */
function opposition(evidence: readonly Scored[]): Row[] {
  const flagged = (label: string) => {
    const some = evidence.filter(({ pair }) => pair.label === label)
    return `${some.filter(({ found }) => found.opposed).length} of ${some.length}`
  }
  return [
    { measure: 'contradicted claims hinted as opposed', ours: flagged('CONTRADICT') },
    { measure: 'supported claims hinted as opposed (wrongly)', ours: flagged('SUPPORT') },
  ]
}
