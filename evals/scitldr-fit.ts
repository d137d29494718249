import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sentenceFeatures, viewSentence } from '../src/domain/text/extract-features.ts'
import { fitRanker, type RankingGroup, weightsModule } from './ranker-fit.ts'
import { rougeMax } from './rouge.ts'
import { tldrPapers } from './scitldr-data.ts'

const FOLDS = 5
/** Chosen by the cross-validation below, on the train split. */
const L2 = 0.005
const OUTPUT = join(import.meta.dirname, '../src/domain/text/extract-weights.ts')

/** Fits the sentence scorer on SciTLDR's train split alone and writes its weights into the source. */
export function fitScitldr(): void {
  const groups = tldrPapers('train').map(
    (paper): RankingGroup => ({
      features: sentenceFeatures(paper.title, paper.source.map(viewSentence)),
      gains: paper.source.map((sentence) => meanRouge1(sentence, paper.target)),
    }),
  )
  console.log(
    `train, ${FOLDS}-fold cross-validation: mean of plain and stemmed ROUGE-1 ${crossValidated(groups).toFixed(2)}`,
  )
  const about = [
    'Weights of the sentence scorer, fitted on the train split of SciTLDR-A by evals/scitldr-fit.ts to maximise the expected',
    'ROUGE-1 of the chosen sentence. Made by `npm run eval -- fit-scitldr`; not edited by hand.',
  ]
  writeFileSync(OUTPUT, weightsModule('EXTRACT_WEIGHTS', about, fitRanker(groups, { l2: L2 })))
}

/** Stemmed and plain ROUGE-1 in equal parts: steadier than either. */
function meanRouge1(sentence: string, references: readonly string[]): number {
  return (rougeMax(sentence, references, false).rouge1 + rougeMax(sentence, references, true).rouge1) / 2
}

function crossValidated(groups: readonly RankingGroup[]): number {
  let sum = 0
  for (let fold = 0; fold < FOLDS; fold += 1) {
    const weights = fitRanker(
      groups.filter((_, at) => at % FOLDS !== fold),
      { l2: L2 },
    )
    for (const group of groups.filter((_, at) => at % FOLDS === fold)) {
      const scores = group.features.map((row) =>
        row.entries().reduce((s, [k, v]) => s + v * (weights.get(k) ?? 0), 0),
      )
      sum += group.gains[scores.indexOf(Math.max(...scores))]!
    }
  }
  return sum / groups.length
}
