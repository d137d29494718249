import { CUES, type SentenceKind } from './cues.ts'
import { type SentenceView, sentenceFeatures, viewSentence } from './extract-features.ts'
import { EXTRACT_WEIGHTS } from './extract-weights.ts'
import { type Sentence, sentences } from './sentences.ts'

export type { SentenceKind }

/** A sentence of an abstract: `abstract.slice(start, end) === sentence`. */
export interface ScoredSentence {
  sentence: string
  start: number
  end: number
  /** How well the sentence alone would stand for the paper; compares sentences of one abstract, has no unit. */
  score: number
  kind: SentenceKind
}

/** Abstracts are read up to this many sentences; a whole paper belongs in pieces. */
const SENTENCES_MAX = 200

/**
 * Every sentence of an abstract, in order, with what it does and how well it sums the paper up. The score is a linear model
 * over cue phrases, overlap with the title, position, length and centrality, fitted on SciTLDR; the title may be empty.
 */
export function contributions(title: string, abstract: string): ScoredSentence[] {
  return classify(title, abstract).map(({ sentence: { text, start, end }, score, kind }) => ({
    sentence: text,
    start,
    end,
    score,
    kind,
  }))
}

/** The one sentence that best sums the paper up, among those of `kinds` when given; undefined where there is none. */
export function bestSentence(
  title: string,
  abstract: string,
  kinds?: readonly SentenceKind[],
): ScoredSentence | undefined {
  let best: ScoredSentence | undefined
  for (const each of contributions(title, abstract)) {
    if ((!kinds || kinds.includes(each.kind)) && (!best || each.score > best.score)) best = each
  }
  return best
}

/** Scores of sentences that are already split, in order: the same model as {@link contributions}. */
export function scoreSentences(title: string, list: readonly string[]): number[] {
  return score(title, list.map(viewSentence))
}

interface Classified {
  sentence: Sentence
  view: SentenceView
  score: number
  kind: SentenceKind
}

/** The shared reading of an abstract behind {@link contributions} and the gaps. */
export function classify(title: string, abstract: string): Classified[] {
  const found = sentences(abstract).slice(0, SENTENCES_MAX)
  const views = found.map((sentence) => viewSentence(sentence.text))
  const scores = score(title, views)
  let offered = false
  return found.map((sentence, at) => {
    const view = views[at]!
    const kind = kindOf(view, offered)
    offered ||= kind === 'contribution'
    return { sentence, view, score: scores[at]!, kind }
  })
}

function score(title: string, views: readonly SentenceView[]): number[] {
  return sentenceFeatures(title, views).map((features) => {
    let sum = 0
    for (const [name, value] of features) sum += value * (EXTRACT_WEIGHTS[name] ?? 0)
    return sum
  })
}

/** Rules over the cues, strongest first; `offered` tells whether the abstract has stated its contribution already. */
function kindOf({ cues, text }: SentenceView, offered: boolean): SentenceKind {
  if (OPEN.test(text) && !cues.has('weOffer')) return 'gap'
  const offers =
    cues.has('weOffer') || cues.has('isOffered') || (cues.has('thisPaper') && !cues.has('weFind'))
  if (offers && !cues.has('outcome') && (!offered || cues.has('thisPaper') || cues.has('aNew')))
    return 'contribution'
  if (cues.has('outcome') || (cues.has('numbers') && cues.has('results'))) return 'result'
  if (cues.has('weFind') || FINDS.test(text)) return cues.has('results') && offered ? 'result' : 'finding'
  if (cues.has('gap') && !cues.has('ours') && !cues.has('proposed') && (!offered || cues.has('contrast')))
    return 'gap'
  if (offers) return cues.has('goal') || !offered ? 'contribution' : 'method'
  if (cues.has('results') && offered) return 'result'
  if (offered || cues.has('ours') || CUES.proposed.test(text)) return 'method'
  return 'background'
}

const OPEN =
  /\b(?:open (?:questions?|problems?|challenges?)|future work|under-?explored|under-?studied|remains? (?:unclear|unknown|unexplored|elusive|unsolved))\b/i
const FINDS =
  /\b(?:(?:results|analys[ie]s|findings|study|experiments?|evaluation|it) (?:also )?(?:shows?|reveals?|suggests?|indicates?|demonstrates?|highlights?|finds?)|turns out)\b/i
