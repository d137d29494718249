import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { linear } from '../src/verification/grounding-model.ts'
import { readSource } from '../src/verification/library.ts'
import { readText } from '../src/verification/reading.ts'
import { evidenceFor, stanceFeatures } from '../src/verification/stance-features.ts'
import { type Example, fitLogistic } from './logistic-fit.ts'
import { areaUnderCurve } from './metrics.ts'
import { weightsModule } from './ranker-fit.ts'
import { labelledPairs, plantedSummaries, type StancePair, turnedConclusions } from './stance-data.ts'

const FOLDS = 5
const L2 = 20
/** What is labelled by hand counts most: there is little of it. */
const WEIGHTS = { labelled: 1, conclusions: 0.1, summaries: 0.3 }
/** A turned sentence whose abstract speaks of something else without it tells nothing. */
const GROUNDED_MIN = 0.3
const OUTPUT = join(import.meta.dirname, '../src/verification/stance-weights.ts')

interface Row extends Example {
  fold: number
}

/** Fits the model of stance on the fitting part of SciFact and on sentences turned round, and writes its weights into the source. */
export function fitStance(): void {
  const labelled = labelledPairs('fit').flatMap((pair) => rowOf(pair, WEIGHTS.labelled, 0))
  const conclusions = turnedConclusions().flatMap((pair) => rowOf(pair, WEIGHTS.conclusions, GROUNDED_MIN))
  const summaries = plantedSummaries().flatMap((pair) => rowOf(pair, WEIGHTS.summaries, 0))
  crossValidate({ labelled, summaries }, conclusions)
  const weights = fitLogistic([...labelled, ...conclusions, ...summaries], { l2: L2 })
  const about = [
    "Whether sentences that speak of a claim's matter say the same of it. Fitted by evals/stance-fit.ts (`npm run eval -- fit-stance`) on the fitting part of",
    'SciFact, on turned conclusions and on planted summaries; not edited by hand.',
  ]
  writeFileSync(OUTPUT, weightsModule('STANCE_WEIGHTS', about, weights))
}

function rowOf({ claim, source, idf, same, fold }: StancePair, weight: number, scoreMin: number): Row[] {
  const read = readSource({ id: 'source', ...source })
  const { evidence, score } = evidenceFor(claim, read, read.sentences, idf)
  if (score < scoreMin || read.sentences.length === 0) return []
  const features = stanceFeatures(readText(claim), evidence, read, idf)
  return [{ features, positive: same, weight, fold }]
}

function crossValidate(held: Readonly<Record<string, Row[]>>, conclusions: readonly Row[]): void {
  const scores = new Map(
    Object.keys(held).map((name) => [name, { same: [] as number[], not: [] as number[] }]),
  )
  for (let fold = 0; fold < FOLDS; fold += 1) {
    const rest = Object.values(held).flatMap((rows) => rows.filter((row) => row.fold !== fold))
    const weights = Object.fromEntries(fitLogistic([...rest, ...conclusions], { l2: L2 }))
    for (const [name, rows] of Object.entries(held))
      for (const row of rows.filter((each) => each.fold === fold))
        scores.get(name)![row.positive ? 'same' : 'not'].push(linear(weights, row.features))
  }
  console.log(`stance, ${FOLDS}-fold cross-validation on what was fitted:`)
  for (const [name, { same, not }] of scores) {
    console.log(
      `  ${name}: AUC ${areaUnderCurve(same, not).toFixed(3)}; what passes of the same where so much of the opposite does:`,
    )
    const falling = not.toSorted((a, b) => b - a)
    for (const share of [0.05, 0.1, 0.15, 0.2, 0.3, 0.5]) {
      const least = falling[Math.floor(share * falling.length)]!
      console.log(
        `    ${share} -> ${(same.filter((value) => value > least).length / same.length).toFixed(3)} at ${least.toFixed(2)}`,
      )
    }
  }
}
