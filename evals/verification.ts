import { type Idf, idfTable } from '../src/domain/text/similarity.ts'
import { stems } from '../src/domain/text/tokens.ts'
import type { FaultKind } from '../src/verification/claims.ts'
import { groundingScore, SUPPORTED_MIN } from '../src/verification/grounding.ts'
import { linear } from '../src/verification/grounding-model.ts'
import { readSource } from '../src/verification/library.ts'
import { readText } from '../src/verification/reading.ts'
import { SAME_MIN } from '../src/verification/stance.ts'
import { evidenceFor, stanceFeatures } from '../src/verification/stance-features.ts'
import { STANCE_WEIGHTS } from '../src/verification/stance-weights.ts'
import { verifyClaims } from '../src/verification/verify.ts'
import { areaUnderCurve, interval } from './metrics.ts'
import { scifactPairs } from './scifact-data.ts'
import { printTable, type Row } from './table.ts'
import { summaryBases } from './verification/bases.ts'
import { draw, type Plant, SEED } from './verification/draw.ts'
import { listedPapers, type Part } from './verification/papers.ts'
import { writtenPlants } from './verification/written.ts'

/**
 * Rates per kind of planted fault and false alarms. `report` is the part of the papers, and the wordings, on which nothing was chosen;
 * `choose` is the part to work on.
 */
export function evaluateVerification(part: Part): void {
  const { plants, loose, summaries, joined, untouched, reworded } = draw(part)
  const judge = judgeWith(rarity(part))
  const started = performance.now()
  const kinds = [...new Set(plants.map(({ kind }) => kind))]
  const caught = plants.map((plant) => ({ plant, found: judge(plant) }))
  const rate = (list: readonly boolean[]) => `${share(list)} ${interval(list.map(Number))} (${list.length})`
  printTable(`Faults planted in sentences of abstracts, part "${part}", seed ${SEED}`, [
    ...kinds.map((kind): Row => {
      const own = caught.filter(({ plant }) => plant.kind === kind)
      return { measure: kind, target: '>= .75', ours: rate(own.map(({ found }) => found.length > 0)) }
    }),
    { measure: 'all', target: '>= .90', ours: rate(caught.map(({ found }) => found.length > 0)) },
  ])
  const each = (performance.now() - started) / plants.length
  const ofLoose = loose.map((plant) => ({ plant, found: judge(plant) }))
  printTable(
    'The same in human summaries of whole abstracts (SciTLDR), of which little stands in the words of the source',
    [
      ...[...new Set(loose.map(({ kind }) => kind))].map((kind): Row => {
        const own = ofLoose.filter(({ plant }) => plant.kind === kind)
        return { measure: kind, ours: rate(own.map(({ found }) => found.length > 0)) }
      }),
      { measure: 'all', ours: rate(ofLoose.map(({ found }) => found.length > 0)) },
    ],
  )
  printTable('False alarms: what is true and refused', [
    alarm('human summaries (SciTLDR)', '.14', '<= .10', summaries.map(judge)),
    alarm('"summary A, whereas summary B", both papers cited', '.90', '<= .10', joined.map(judge)),
    alarm('sentences of abstracts in the third person', '', '', untouched.map(judge)),
    alarm('sentences of abstracts reworded by rule', '', '', reworded.map(judge)),
  ])
  printTable('False alarms on human summaries by kind', kindsOf(summaries.map(judge)))
  writtenPlants(verdicts)
  evaluateContradiction(part)
  console.log(`\n  ${each.toFixed(1)} ms a planted claim, its source read anew each time`)
}

const verdicts = (claims: Parameters<typeof verifyClaims>[0], idf: Idf) => verifyClaims(claims, { idf })

function judgeWith(idf: Idf): (plant: Plant) => FaultKind[] {
  return ({ claims, base, sources = [] }) =>
    verifyClaims({ claims, sources: [base.source, ...sources] }, { idf }).faults.map(({ kind }) => kind)
}

/** Rarity over the papers of the part: what a library of sources would know. */
function rarity(part: Part): Idf {
  const sources = [...listedPapers(part), ...summaryBases(part).map(({ source }) => source)]
  return idfTable(sources.map(({ title, sentences }) => stems(`${title} ${sentences.join(' ')}`)))
}

function share(list: readonly boolean[]): string {
  return (list.filter(Boolean).length / Math.max(1, list.length)).toFixed(3)
}

function alarm(measure: string, baseline: string, target: string, found: readonly FaultKind[][]): Row {
  const refused = found.map((kinds) => kinds.length > 0)
  return {
    measure,
    baseline,
    target,
    ours: `${share(refused)} ${interval(refused.map(Number))} (${refused.length})`,
  }
}

function kindsOf(found: readonly FaultKind[][]): Row[] {
  const counts = new Map<FaultKind, number>()
  for (const kinds of found) for (const kind of new Set(kinds)) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([kind, count]) => ({ measure: kind, ours: (count / found.length).toFixed(3) }))
}

/** SciFact: what is called supporting, and which share of both is at other thresholds. */
function evaluateContradiction(part: Part): void {
  const { pairs, idf } = scifactPairs()
  const evidence = pairs.filter(
    (pair) => pair.evidence && pair.part === (part === 'choose' ? 'fit' : 'report'),
  )
  const called = evidence.map(({ claim, title, sentences, label }) => {
    const score = groundingScore(claim, sentences, { idf, title }).score
    const source = { id: 's', title, sentences }
    const report = { claims: [{ id: 'c', text: claim, citations: [{ sourceId: 's' }] }], sources: [source] }
    const [verdict] = verifyClaims(report, { idf }).claims
    const read = readSource(source)
    const found = evidenceFor(claim, read, read.sentences, idf)
    const value = linear(STANCE_WEIGHTS, stanceFeatures(readText(claim), found.evidence, read, idf))
    const unopposed = score >= SUPPORTED_MIN && verdict!.met
    return { label, scored: score >= SUPPORTED_MIN, unopposed, value, stance: verdict!.stance }
  })
  const of = (label: string) => called.filter((each) => each.label === label)
  const rates = (label: string, how: (each: (typeof called)[0]) => boolean) => {
    const own = of(label).map(how)
    return `${share(own)} ${interval(own.map(Number))} (${own.length})`
  }
  printTable('SciFact: abstracts called supporting', [
    { measure: 'that contradict, by score alone', ours: rates('CONTRADICT', ({ scored }) => scored) },
    { measure: 'that contradict, no fault found', ours: rates('CONTRADICT', ({ unopposed }) => unopposed) },
    {
      measure: 'that contradict, stance',
      baseline: '.56',
      target: '<= .15',
      ours: rates('CONTRADICT', ({ stance }) => stance === 'supports'),
    },
    { measure: 'that support, by score alone', ours: rates('SUPPORT', ({ scored }) => scored) },
    { measure: 'that support, no fault found', ours: rates('SUPPORT', ({ unopposed }) => unopposed) },
    { measure: 'that support, stance', ours: rates('SUPPORT', ({ stance }) => stance === 'supports') },
    {
      measure: 'that contradict, called contradicting',
      ours: rates('CONTRADICT', ({ stance }) => stance === 'contradicts'),
    },
    {
      measure: 'that support, called contradicting',
      ours: rates('SUPPORT', ({ stance }) => stance === 'contradicts'),
    },
  ])
  const values = (label: string) => of(label).map(({ value }) => value)
  printTable(
    `SciFact: stance alone, AUC ${areaUnderCurve(values('SUPPORT'), values('CONTRADICT')).toFixed(3)}; called supporting with a score and no fault, by the least log odds`,
    [-9, -1, -0.5, 0, 0.5, SAME_MIN, 1.5, 2].map((least) => ({
      measure: least === -9 ? 'any' : `>= ${least}`,
      baseline: `contradict ${share(of('CONTRADICT').map(({ unopposed, value }) => unopposed && value >= least))}`,
      ours: `support ${share(of('SUPPORT').map(({ unopposed, value }) => unopposed && value >= least))}`,
    })),
  )
}
