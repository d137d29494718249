import { words } from '../../../domain/text/tokens.ts'
import { lowerFirst, upperFirst } from '../phrasing.ts'
import { telling } from '../relevance.ts'
import { gerund } from '../verbs.ts'

/** What a stated gap leaves open, in the paper's own words: a short title and ways to ask about it. */
export type Problem = { title: string; questions: string[]; plain?: string[] }

const WORDS_MAX = 15
/** Models, not the methods built around them: that a method falls short is what its successor mends. */
const MODELS =
  '(?:mllms?|l?vlms?|lmms?|[\\w-]*mllms|llms?|language models?|models?|agents?|judges|assistants?)'
const STRUGGLES =
  '(?:\\w+ly |still |often |also |usually )*(?:struggles?|struggled|fails?|failed|falls? short|underperforms?)'
const CLAUSE_END =
  '(?=[.;:–]|, (?:and|but|which|while|yielding|particularly|especially|suggesting|indicating|highlighting|leading|even|often|with|despite|as|revealing|resulting|making|limiting|where|when|due|because|underscoring|showing|hindering|causing)\\b|, \\w+ing\\b| (?:while|because|due to|even|despite|though|although|suggesting|highlighting|underscoring|indicating|and (?:often|exhibit|highlight|show|suggest|tend|lack))\\b|$)'

/** Where a phrase without commas ends. */
const PHRASE_END = '(?=[,.;:–]|$| (?:while|because|due to|even|despite|though|although)\\b)'

type Form = { pattern: RegExp; make: (what: string) => Problem | undefined }

const form = (source: string, make: Form['make']): Form => ({ pattern: new RegExp(source, 'i'), make })

const FORMS: readonly Form[] = [
  form(
    `\\b${MODELS}[^.;]{0,40}? (?:${STRUGGLES}|(?:is|are) unable|cannot) to ([^.;:]{8,140}?)${CLAUSE_END}`,
    (what) => doing(what),
  ),
  form(`\\b${MODELS}[^.;]{0,30}? cannot (?:yet |reliably |always )?([^.;:]{8,140}?)${CLAUSE_END}`, (what) =>
    doing(what),
  ),
  form(`\\bprone to ([^.;:,]{6,110}?)${PHRASE_END}`, (what) => tendency(what)),
  form(
    `\\bvulnerab(?:le|ility|ilities) (?:of [^,.;]{3,60} )?to ([^.;:,]{6,110}?)(?: and (?:emphasize|underscore|highlight|call)|$)`,
    (what) => facing(what),
  ),
  form(
    `\\b(?:degradation|drops?|declines?|degrades?)\\b[^.;,]{0,40}? (?:when|under|in the presence of) (?:they are |it is |being )?(?:exposed to |faced with |given |confronted with )?([^.;:,]{6,90}?)${PHRASE_END}`,
    (what) => facing(what),
  ),
  form(
    `\\b(?:open|remaining|persistent) (?:challenges|problems|questions|limitations|issues) in ([^.;:]{6,140}?)(?=[.;:]|,? (?:providing|offering|and (?:provide|offer|suggest))\\b|$)`,
    (what) => challenges(what),
  ),
  form(`\\b${STRUGGLES} (?:with|in|on|at) ([^.;:]{6,120}?)${CLAUSE_END}`, (what) => facing(what)),
  form(
    `\\b(?:limitations?|weakness(?:es)?|deficienc(?:y|ies)|shortcomings?|(?:performance |significant |large )?gaps?|failures?|challenges?) (?:of [^,.;]{3,40} )?in ((?:[^.;:]){6,110}?)${CLAUSE_END}`,
    (what) => about(what),
  ),
  form(`\\b${MODELS}[^.;]{0,30}? lack ([^.;:]{6,110}?)${CLAUSE_END}`, (what) => about(what)),
  form(
    `\\b(?:future (?:work|research|studies) (?:should|could|will|may|must|can|needs? to)|remains? (?:\\w+ )?(?:to be (?:seen|shown|tested) (?:how|whether) to|to)) ([^.;:]{8,140}?)${CLAUSE_END}`,
    (what) => doing(what),
  ),
  form(
    `\\b(?:room for improvement|far from (?:solved|human|perfect|reliable)) (?:in|on|at) ([^.;:]{6,110}?)${CLAUSE_END}`,
    (what) => about(what),
  ),
  form(
    `\\b(?:underperform|lag|lags|lagging|trail|trails|fall short|falls short|perform (?:\\w+ )?poorly)\\w*[^.;,]{0,50}? (?:in|on|at) ([^.;:,]{6,110}?)${CLAUSE_END}`,
    (what) => about(what),
  ),
  form(
    `\\b(?:is|are|remains?) (?:highly |very |still )?(?:sensitive|susceptible|brittle|fragile) to ([^.;:,]{6,110}?)${CLAUSE_END}`,
    (what) => facing(what),
  ),
  form(
    `(?:^|, |but |while |yet )(?:the )?([^,;:.]{8,100}?) (?:remains?|is still|are still|is largely|are largely|has been largely|have been largely) (?:\\w+ly |still |an? |\\w+ and )*(?:under-?explored|unexplored|under-?studied|insufficiently (?:explored|studied|understood)|open|unclear|unknown|unresolved|unsolved|poorly understood|overlooked|neglected|(?:\\w+ )?challeng\\w+|difficult|limited|(?:\\w+ )?bottleneck)`,
    (what) => about(what),
  ),
]

/** The problem in a sentence that states a gap; undefined when its wording gives none that reads well. */
export const problemIn = (sentence: string): Problem | undefined => {
  for (const { pattern, make } of FORMS) {
    const what = pattern.exec(sentence)?.[1]
    const problem = what === undefined ? undefined : make(what)
    if (problem !== undefined) return problem
  }
  return undefined
}

const POINTS = /\b(?:this|these|those|such|it|its|they|them|their|we|our|both|certain|current|existing)\b/i

/** Not a thing by itself, or half of a comparison or clause. */
const UNFINISHED =
  /^(?:of|in|on|for|to|with|from|as|at|by|and|or|both|not|more|less)\b|\b(?:than|compared|must|should|would|is|are|was|were|which|respectively|yet|but|often|suffer|remains?|exhibit|achieves?)\b|(?<![\p{L}\d-])\d+(?![\p{L}\d-])/iu
const TELLING_MIN = 2

const trimmed = (what: string): string | undefined => {
  const text = what
    .replace(/^(?:yet|but|while|although|though|and|however),?\s+/i, '')
    .replace(/^(?:the|a|an|how|whether|when|where|that)\s+(?=\S+ \S)/i, '')
    .replace(/^(?:current|existing|today's) /i, '')
    .replace(/\s+(?:and|or|of|in|on|with|to|for|as|by|from)$/i, '')
    .replace(/ (?:and|to) (?:provide|achieve|support|ensure|enable|offer|guide|highlight|suggest)\b.*$/i, '')
    .replace(/,? (?:including|such as|especially|particularly)\b.*$/i, '')
    .replace(/[,\s]+$/, '')
    .trim()
  if (POINTS.test(text) || UNFINISHED.test(text) || /[(){}[\]"“”$\\]/.test(text)) return undefined
  const tellings = telling(text)
  return text.includes(' ') && words(text).length <= WORDS_MAX && tellings.length >= TELLING_MIN
    ? text
    : undefined
}

const ADVERBS = /^(?:[a-z]+ly )+/i

/** Of a list that was cut before its last item, the first; of adjectives, all. */
const firstOf = (what: string): string => {
  const [first = ''] = what.split(', ')
  return !what.includes(', ') || / (?:and|or) /.test(what) || !first.includes(' ') ? what : first
}

type Ask = (what: string) => string

/** For papers on other subjects than models. */
const PLAIN: readonly Ask[] = [
  (it) =>
    `What would answer the question of ${it}: longer observation, other measurements, or a trial made for it?`,
  (it) => `Which evidence on ${it} is missing, and how could it be had at reasonable cost?`,
  (it) => `What stands in the way of ${it}, and which result would count as progress?`,
]
const ASK_DOING: readonly Ask[] = [
  (it) =>
    `What would enable models to ${it}: other training data, a training signal that rewards it, or a change at inference time?`,
  (it) => `How can models be made to ${it}, and is the obstacle what they see or what they do with it?`,
  (it) => `Can models learn to ${it} without losing what they do well today, and which test would show it?`,
]
const ASK_ABOUT: readonly Ask[] = [
  (it) =>
    `Which change to data, training or inference would improve ${it}, and does the gain hold beyond one benchmark?`,
  (it) => `What limits ${it} today, and which of the remedies proposed for neighbouring tasks carries over?`,
  (it) => `How should ${it} be measured, and what would a model need to do markedly better?`,
]
const ASK_FACING: readonly Ask[] = [
  (it) => `What would models need to cope with ${it}, and does scale alone provide it?`,
  (it) =>
    `Why do models stumble over ${it}, and which intervention removes the cause rather than the symptom?`,
  (it) => `How can models be prepared for ${it} without a dataset for every case?`,
]
const ASK_CHALLENGES: readonly Ask[] = [
  (it) => `Which of these (${it}) limits progress first, and what experiment would tell?`,
]
const ASK_TENDENCY: readonly Ask[] = [
  (it) => `What makes models prone to ${it}, and can training or decoding prevent it?`,
]

const asked = (title: string, asks: readonly Ask[], what: string): Problem => ({
  title: upperFirst(title),
  questions: asks.map((ask) => ask(lowerFirst(what))),
  plain: PLAIN.map((ask) => ask(lowerFirst(title))),
})

const doing = (what: string): Problem | undefined => {
  const text = trimmed(what.replace(ADVERBS, ''))
  if (text === undefined || !/^[a-z]+(?:-[a-z]+)? /.test(text)) return undefined
  const [verb = '', ...rest] = text.split(' ')
  return asked([gerund(verb), ...rest].join(' '), ASK_DOING, text)
}

const about = (what: string): Problem | undefined => {
  const text = trimmed(firstOf(what))
  return text === undefined ? undefined : asked(text, ASK_ABOUT, text)
}

const facing = (what: string): Problem | undefined => {
  const text = trimmed(firstOf(what))
  return text === undefined ? undefined : asked(text, ASK_FACING, text)
}

const challenges = (what: string): Problem | undefined => {
  const text = trimmed(what)
  return text === undefined ? undefined : asked(text, ASK_CHALLENGES, text)
}

const tendency = (what: string): Problem | undefined => {
  const text = trimmed(what)
  return text === undefined ? undefined : asked(text, ASK_TENDENCY, text)
}
