import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Idf } from '../src/domain/text/similarity.ts'
import { type PreparedSource, plainRarity, prepareSource } from '../src/verification/grounding.ts'
import { matchClaim, readStatement } from '../src/verification/grounding-features.ts'
import {
  linear,
  rankFeatures,
  sentenceSupportFeatures,
  supportFeatures,
} from '../src/verification/grounding-model.ts'
import { type Example, fitLogistic } from './logistic-fit.ts'
import { areaUnderCurve, balancedAccuracy } from './metrics.ts'
import { weightsModule } from './ranker-fit.ts'
import { type ClaimPair, scifactPairs } from './scifact-data.ts'
import { conclusionPairs, summaryPairs, type TopicPair } from './support-data.ts'

const FOLDS = 5
const STRANGER_WEIGHT = 0.15
/** Conclusions and summaries with their own abstract and with the nearest others: of other kinds than SciFact's claims, and many. */
const TOPIC_WEIGHT = 0.05
const L2 = { rank: 5, support: 5, sentence: 5 }
const OUTPUT = join(import.meta.dirname, '../src/verification/grounding-weights.ts')

type Weights = Readonly<Record<string, number>>

/** Fits the three grounding models on the fitting part of SciFact alone and writes their weights into the source. */
export function fitScifact(): void {
  const { pairs, idf } = scifactPairs()
  const part = pairs.filter((pair) => pair.part === 'fit')
  const topics = [...conclusionPairs(), ...summaryPairs()]
  crossValidate(part, idf, topics)
  const { rank, support, sentence } = fitAll(part, idf, topics)
  const about = (what: string) => [
    `${what} Fitted on the fitting part of SciFact by evals/scifact-fit.ts (\`npm run eval -- fit-citations\`); not edited by hand.`,
  ]
  const modules = [
    weightsModule(
      'RANK_WEIGHTS',
      about('Which sentence of an abstract is the evidence.'),
      new Map(Object.entries(rank)),
    ),
    weightsModule(
      'SUPPORT_WEIGHTS',
      about('Whether an abstract supports a claim.'),
      new Map(Object.entries(support)),
    ),
    weightsModule(
      'SENTENCE_SUPPORT_WEIGHTS',
      about('Whether one sentence supports a claim.'),
      new Map(Object.entries(sentence)),
    ),
  ]
  writeFileSync(OUTPUT, modules.join('\n'))
}

function fitAll(
  pairs: readonly ClaimPair[],
  idf: Idf,
  topics: readonly TopicPair[],
): { rank: Weights; support: Weights; sentence: Weights } {
  const rank = Object.fromEntries(fitLogistic(rankExamples(pairs, idf), { l2: L2.rank, balanced: false }))
  const strange = strangers(pairs)
  const support = fitLogistic(
    [
      ...pairs.flatMap((pair) => supportExamples(pair, idf, rank)),
      ...strange.flatMap((pair) => lighter(supportExamples(pair, idf, rank))),
      ...topics.map((pair) => topicExample(pair, rank)),
    ],
    { l2: L2.support },
  )
  const sentence = fitLogistic(
    [
      ...pairs.flatMap((pair) => sentenceExamples(pair, idf, rank)),
      ...strange.flatMap((pair) => lighter(sentenceExamples(pair, idf, rank))),
    ],
    { l2: L2.sentence },
  )
  return { rank, support: Object.fromEntries(support), sentence: Object.fromEntries(sentence) }
}

/**
 * Claims with abstracts on something else. The hard negatives all resemble their claims, so that without these a model is free to say
 * anything of a source that shares nothing with the claim.
 */
function strangers(pairs: readonly ClaimPair[]): ClaimPair[] {
  const known = pairs.filter((pair) => pair.evidence)
  return known.map((pair, at): ClaimPair => {
    const { title, sentences } = known[(at + Math.floor(known.length / 2)) % known.length]!
    return { ...pair, title, sentences, evidence: false, label: 'NONE', rationale: new Set() }
  })
}

function lighter(examples: readonly Example[]): Example[] {
  return examples.map((example) => ({ ...example, weight: STRANGER_WEIGHT * (example.weight ?? 1) }))
}

function rankExamples(pairs: readonly ClaimPair[], idf: Idf): Example[] {
  return pairs.flatMap((pair) => {
    if (!pair.evidence) return []
    const { sentences, matching } = matched(pair, prepareSource(pair.sentences, pair.title), idf)
    return rankFeatures(matching, sentences, idf).map((features, at) => ({
      features,
      positive: pair.rationale.has(at),
    }))
  })
}

/** Each pair with its title and without, with the corpus's rarities and without, as callers will have it. */
function supportExamples(pair: ClaimPair, idf: Idf, rank: Weights): Example[] {
  return [
    { title: pair.title, rarity: idf, weight: 1 },
    { title: undefined, rarity: idf, weight: 0.25 },
    { title: pair.title, rarity: plainRarity, weight: 0.25 },
  ].map(({ title, rarity, weight }) => {
    const source = prepareSource(pair.sentences, title)
    const { matching, order } = ranked(pair, source, rarity, rank)
    return {
      features: supportFeatures(matching, source.sentences, source.title, order, rarity),
      positive: pair.evidence,
      weight,
    }
  })
}

function topicExample({ claim, title, sentences, idf, own }: TopicPair, rank: Weights): Example {
  const source = prepareSource(sentences, title === '' ? undefined : title)
  const { matching, order } = ranked({ claim }, source, idf, rank)
  const features = supportFeatures(matching, source.sentences, source.title, order, idf)
  return { features, positive: own, weight: TOPIC_WEIGHT }
}

/** Rationale sentences against the likeliest and a middling sentence of a wrong abstract, and one beside the point in the right one. */
function sentenceExamples(pair: ClaimPair, idf: Idf, rank: Weights): Example[] {
  const { order } = ranked(pair, prepareSource(pair.sentences, pair.title), idf, rank)
  const beside = order.filter((at) => !pair.rationale.has(at))
  const middle = beside.slice(Math.floor(beside.length / 2), Math.floor(beside.length / 2) + 1)
  const wrong = pair.evidence ? middle : [...order.slice(0, 1), ...middle]
  const chosen = [...pair.rationale]
    .map((at) => ({ at, positive: true }))
    .concat(wrong.map((at) => ({ at, positive: false })))
  return chosen.flatMap(({ at, positive }) =>
    [pair.title, undefined].map((title) => {
      const source = prepareSource(pair.sentences, title)
      const one = { ...source, sentences: [source.sentences[at]!] }
      const { matching } = matched(pair, one, idf)
      return { features: sentenceSupportFeatures(matching, one.sentences[0]!, one.title, idf), positive }
    }),
  )
}

function matched(pair: Pick<ClaimPair, 'claim'>, source: PreparedSource, idf: Idf) {
  const claim = readStatement(pair.claim, source.abbreviations)
  return {
    sentences: source.sentences,
    matching: matchClaim(claim, source.sentences, source.title, idf, source.abbreviations),
  }
}

function ranked(pair: Pick<ClaimPair, 'claim'>, source: PreparedSource, idf: Idf, rank: Weights) {
  const { matching, sentences } = matched(pair, source, idf)
  const scores = rankFeatures(matching, sentences, idf).map((features) => linear(rank, features))
  return { matching, order: [...scores.keys()].sort((a, b) => scores[b]! - scores[a]!) }
}

function crossValidate(pairs: readonly ClaimPair[], idf: Idf, topics: readonly TopicPair[]): void {
  const scores = { support: [[], []] as [number[], number[]], sentence: [[], []] as [number[], number[]] }
  let top1 = 0
  let top3 = 0
  for (let fold = 0; fold < FOLDS; fold += 1) {
    const { rank, support, sentence } = fitAll(
      pairs.filter((pair) => pair.fold !== fold),
      idf,
      topics,
    )
    for (const pair of pairs.filter((each) => each.fold === fold)) {
      const [whole] = supportExamples(pair, idf, rank)
      scores.support[whole!.positive ? 0 : 1].push(linear(support, whole!.features))
      for (const each of sentenceExamples(pair, idf, rank))
        scores.sentence[each.positive ? 0 : 1].push(linear(sentence, each.features))
      if (!pair.evidence) continue
      const { order } = ranked(pair, prepareSource(pair.sentences, pair.title), idf, rank)
      if (pair.rationale.has(order[0]!)) top1 += 1
      if (order.slice(0, 3).some((at) => pair.rationale.has(at))) top3 += 1
    }
  }
  const found = pairs.filter((pair) => pair.evidence).length
  console.log(`fitting part, ${FOLDS}-fold cross-validation by groups of claims:`)
  for (const [name, [up, down]] of Object.entries(scores)) {
    console.log(
      `  ${name}: AUC ${areaUnderCurve(up, down).toFixed(3)}, balanced accuracy ${balancedAccuracy(up, down, 0).toFixed(3)}`,
    )
  }
  console.log(`  evidence sentence top 1 ${(top1 / found).toFixed(3)}, top 3 ${(top3 / found).toFixed(3)}`)
}
