import { CUE_NAMES, CUES, type CueName } from './cues.ts'
import { commonSubsequence } from './similarity.ts'
import { isStopWord, ngrams, stem, words } from './tokens.ts'

/** One sentence of an abstract with what the scoring model and the labels look at. */
export interface SentenceView {
  text: string
  words: string[]
  /** Stems of the content words. */
  content: string[]
  cues: ReadonlySet<CueName>
}

export function viewSentence(text: string): SentenceView {
  const list = words(text)
  const content: string[] = []
  for (const word of list) if (!isStopWord(word)) content.push(stem(word))
  return { text, words: list, content, cues: new Set(CUE_NAMES.filter((name) => CUES[name].test(text))) }
}

/** Features of each sentence by name; absent means 0. */
export type Features = Map<string, number>

/** Titles and sentences are compared up to this many words: the comparison of order is their product. */
const WORDS_MAX = 120
const ONLY_ONCE: CueName[] = ['weOffer', 'thisPaper', 'isOffered', 'ours', 'weFind', 'named', 'aNew']

/** Features of every sentence of one abstract, in order. Linear in its length. */
export function sentenceFeatures(title: string, views: readonly SentenceView[]): Features[] {
  const titleView = viewSentence(title)
  const titleStems = new Set(titleView.content)
  const titleWords = titleView.words.map(stem).slice(0, WORDS_MAX)
  const counts = new Map<string, number>()
  for (const view of views)
    for (const term of new Set(view.content)) counts.set(term, (counts.get(term) ?? 0) + 1)
  const seen = new Set<CueName>()
  const meanWords = views.reduce((sum, view) => sum + view.words.length, 0) / Math.max(1, views.length)
  return views.map((view, at) => {
    const found: Features = new Map()
    position(found, at, views.length)
    length(found, view.words.length, meanWords)
    overlap(found, view, titleStems, counts, views.length)
    for (const name of view.cues) found.set(name, 1)
    for (const name of ONLY_ONCE) {
      if (!view.cues.has(name)) continue
      if (!seen.has(name)) found.set(`first:${name}`, 1)
      seen.add(name)
    }
    if (seen.has('weOffer') && !found.has('first:weOffer')) found.set('afterOffer', 1)
    if (view.cues.has('weOffer') && view.cues.has('named')) found.set('offer&named', 1)
    if (view.cues.has('weOffer') && view.cues.has('goal')) found.set('offer&goal', 1)
    if (view.cues.has('weFind') && view.cues.has('results')) found.set('find&results', 1)
    const before = views[at - 1]
    if (before && (before.cues.has('gap') || before.cues.has('contrast'))) found.set('afterGap', 1)
    surface(found, view)
    titleWording(found, view.words.map(stem).slice(0, WORDS_MAX), titleWords)
    return found
  })
}

function position(found: Features, at: number, total: number): void {
  found.set(`position:${Math.min(at, 4)}`, 1)
  found.set(`fromEnd:${Math.min(total - 1 - at, 2)}`, 1)
  const relative = total > 1 ? at / (total - 1) : 0
  found.set('relative', relative)
  found.set('relative^2', relative * relative)
}

function length(found: Features, count: number, mean: number): void {
  const log = Math.log(Math.max(1, count) / 20)
  found.set('length', log)
  found.set('length^2', log * log)
  if (count < 8) found.set('length<8', 1)
  if (count < 13) found.set('length<13', 1)
  if (count > 30) found.set('length>30', 1)
  if (count > 42) found.set('length>42', 1)
  found.set('length/mean', Math.log(Math.max(1, count) / Math.max(1, mean)))
}

function overlap(
  found: Features,
  view: SentenceView,
  titleStems: ReadonlySet<string>,
  counts: ReadonlyMap<string, number>,
  total: number,
): void {
  const terms = new Set(view.content)
  let inTitle = 0
  let shared = 0
  for (const term of terms) {
    if (titleStems.has(term)) inTitle += 1
    shared += (counts.get(term) ?? 1) - 1
  }
  const size = Math.max(1, terms.size)
  found.set('title:recall', inTitle / Math.max(1, titleStems.size))
  found.set('title:precision', inTitle / size)
  found.set('title:count', Math.min(6, inTitle) / 6)
  found.set('central:mean', shared / size / Math.max(1, total - 1))
  found.set('central:sum', Math.log1p(shared) / 3)
}

function surface(found: Features, view: SentenceView): void {
  found.set('stopShare', 1 - view.content.length / Math.max(1, view.words.length))
  found.set('commas', Math.min(5, view.text.split(',').length - 1) / 5)
  found.set('capitals', Math.min(5, view.text.match(/\b[A-Z][\w-]*[A-Z]/g)?.length ?? 0) / 5)
  if (view.text.includes('(')) found.set('bracket', 1)
  if (/[:;]/.test(view.text)) found.set('colon', 1)
  if (/[$\\]/.test(view.text)) found.set('formula', 1)
}

/** How much of the title's wording the sentence repeats: F1 of words, of pairs, and of the longest common subsequence. */
function titleWording(found: Features, list: readonly string[], title: readonly string[]): void {
  if (title.length === 0 || list.length === 0) return
  const total = (list.length + title.length) / 2
  found.set('title:words', sharedCount(list, title) / total)
  found.set('title:pairs', sharedCount(ngrams(list, 2), ngrams(title, 2)) / Math.max(1, total - 1))
  found.set('title:order', commonSubsequence(list, title) / total)
}

function sharedCount(a: readonly string[], b: readonly string[]): number {
  const left = new Map<string, number>()
  for (const item of b) left.set(item, (left.get(item) ?? 0) + 1)
  let shared = 0
  for (const item of a) {
    const count = left.get(item) ?? 0
    if (count > 0) shared += 1
    left.set(item, count - 1)
  }
  return shared
}
