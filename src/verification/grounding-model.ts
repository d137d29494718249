import type { Idf } from '../domain/text/similarity.ts'
import {
  coverage,
  heaviestMiss,
  idfCosine,
  type Matching,
  nameCoverage,
  numberShare,
  orderShare,
  pairShare,
  type Statement,
  union,
} from './grounding-features.ts'

/** Features by name; absent means 0. */
export type Features = Record<string, number>

/** Findings speak like this; a sentence with such a cue is the likelier evidence. */
const FINDING_CUE =
  /\b(?:conclu\w+|we (?:\w+ )?(?:show|find|found|demonstrate|report|identif|observ|reveal|propose|introduce|present)\w*|results?|finding\w*|suggest\w*|indicat\w*|associated|significant\w*|here|interpretation|thus|demonstrat\w*|show(?:s|ed|n)?)\b/i
const AIM_CUE =
  /\b(?:objective|background|aims?|purpose|to (?:determine|assess|evaluate|investigate|examine|test)|whether|methods?|design|context|setting|participants|patients and methods|unknown|unclear)\b/i

/** What each sentence offers as the evidence for a claim: features of the sentence ranker. */
export function rankFeatures(matching: Matching, sentences: readonly Statement[], idf: Idf): Features[] {
  const { claim, rows, weights, title } = matching
  const covers = rows.map((row) => coverage(weights, row))
  const top = Math.max(...covers, 1e-9)
  const order = [...covers].sort((a, b) => b - a)
  return sentences.map((sentence, at) => {
    const row = rows[at]!
    const near = union(rows[at - 1] ?? [], rows[at + 1] ?? [])
    const last = sentences.length - 1
    const words = Math.max(1, sentence.stems.length)
    return {
      cover: covers[at]!,
      'cover/top': covers[at]! / top,
      best: covers[at] === order[0] ? 1 : 0,
      'cover+title': coverage(weights, union(row, title)),
      'cover-title': coverage(
        weights,
        row.map((value, i) => Math.max(0, value - title[i]!)),
      ),
      'cover near': near.length > 0 ? coverage(weights, near) : 0,
      cosine: idfCosine(claim, sentence, idf),
      pairs: pairShare(claim, sentence),
      order: orderShare(claim, sentence),
      names: nameCoverage(matching, row),
      numbers: numberShare(claim, sentence),
      'numbers held': claim.numbers.length > 0 ? numberShare(claim, sentence) : 0,
      'heaviest miss': heaviestMiss(matching, row),
      same: claim.direction !== 0 && claim.direction === sentence.direction ? 1 : 0,
      opposite: claim.direction !== 0 && claim.direction === -sentence.direction ? 1 : 0,
      directed: sentence.direction !== 0 ? 1 : 0,
      finding: FINDING_CUE.test(sentence.text) ? 1 : 0,
      aim: AIM_CUE.test(sentence.text) ? 1 : 0,
      states: sentence.values.size > 0 ? 1 : 0,
      first: at === 0 ? 1 : 0,
      last: at === last ? 1 : 0,
      'last but one': at === last - 1 ? 1 : 0,
      relative: last > 0 ? at / last : 0.5,
      length: Math.log(words / 15),
      short: words < 7 ? 1 : 0,
    }
  })
}

const CLAIM_TERMS = { min: 4, max: 24 }
const CLOSING = 3
/** Stems of an abstract. */
const STEMS_USUAL = 130

/** What a whole source offers for a claim: features of the support model. `ranked` is best sentence first. */
export function supportFeatures(
  matching: Matching,
  sentences: readonly Statement[],
  title: Statement | undefined,
  ranked: readonly number[],
  idf: Idf,
): Features {
  const { claim, rows, weights } = matching
  const none = weights.map(() => 0)
  const all = rows.reduce(union, title ? matching.title : none)
  const held = weights.map((_, term) => rows.reduce((sum, row) => sum + (row[term]! > 0.85 ? 1 : 0), 0))
  const everything = coverage(weights, all)
  const named = coverage(weights, matching.title)
  const window = Math.max(0, ...rows.map((row, at) => coverage(weights, union(row, rows[at + 1] ?? none))))
  // A long claim is never covered whole: what coverage means depends on how much there is to cover.
  // Kept to the lengths the fit has seen.
  const size = Math.log(Math.min(CLAIM_TERMS.max, Math.max(CLAIM_TERMS.min, claim.terms.size)) / 8)
  return {
    everything,
    'everything^2': everything * everything,
    title: named,
    'title^2': named * named,
    window,
    size,
    'size*everything': size * everything,
    'size*title': size * named,
    'size*window': size * window,
    'best+title': coverage(weights, union(rows[ranked[0] ?? 0] ?? none, matching.title)),
    frequent: coverage(
      weights,
      held.map((count) => Math.min(4, count) / 4),
    ),
    pairs: pairsHeld(claim, title ? [...sentences, title] : sentences) / Math.max(1, claim.pairs.size),
    order: Math.max(0, ...ranked.slice(0, 3).map((at) => orderShare(claim, sentences[at]!))),
    'title order': title ? orderShare(claim, title) : 0,
    'heaviest miss': heaviestMiss(matching, all),
    names: nameCoverage(matching, all),
    numbers: numbersHeld(claim, sentences),
    'no title': title ? 0 : 1,
    repeated: repetition(matching, sentences),
    // What a source found stands towards its end; what it set out from, at the beginning.
    'latter half': Math.max(0, ...rows.slice(rows.length >> 1).map((row) => coverage(weights, row))),
    'closing cosine': Math.max(
      0,
      ...sentences.slice(-CLOSING).map((sentence) => idfCosine(claim, sentence, idf)),
    ),
  }
}

/** BM25 of the claim's terms, 0 to 2.2: a term said again counts more, in a long source less. */
function repetition({ rows, title, weights }: Matching, sentences: readonly Statement[]): number {
  const length = sentences.reduce((sum, { stems }) => sum + stems.length, 0)
  const norm = 1.2 * (0.25 + (0.75 * length) / STEMS_USUAL)
  return weights.reduce((sum, weight, term) => {
    const count = rows.reduce((all, row) => all + row[term]!, 2 * title[term]!)
    return sum + (weight * count * 2.2) / (count + norm)
  }, 0)
}

/** 1 when the source states every number of the claim, -1 when it lacks one, 0 when the claim states none. */
function numbersHeld(claim: Statement, sentences: readonly Statement[]): number {
  if (claim.numbers.length === 0) return 0
  return claim.numbers.every((value) => sentences.some((sentence) => sentence.values.has(value))) ? 1 : -1
}

/** What one sentence alone offers for a claim, when a citation names that sentence. */
export function sentenceSupportFeatures(
  matching: Matching,
  sentence: Statement,
  title: Statement | undefined,
  idf: Idf,
): Features {
  const { claim, weights } = matching
  const row = matching.rows[0]!
  const both = union(row, matching.title)
  return {
    cover: coverage(weights, row),
    'cover+title': coverage(weights, both),
    cosine: idfCosine(claim, sentence, idf),
    pairs: pairShare(claim, sentence),
    order: orderShare(claim, sentence),
    'heaviest miss': heaviestMiss(matching, both),
    names: nameCoverage(matching, both),
    numbers: numberShare(claim, sentence),
    'no title': title ? 0 : 1,
  }
}

function pairsHeld(claim: Statement, statements: readonly Statement[]): number {
  let count = 0
  for (const pair of claim.pairs) if (statements.some((each) => each.pairs.has(pair))) count += 1
  return count
}

/** The value of a linear model; `bias` counts always. */
export function linear(weights: Readonly<Record<string, number>>, features: Features): number {
  let sum = weights.bias ?? 0
  for (const [name, value] of Object.entries(features)) sum += value * (weights[name] ?? 0)
  return sum
}
