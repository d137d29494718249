import { words } from '../../domain/text/tokens.ts'
import { upperFirst } from './phrasing.ts'

export type Problem = { title: string; question: string }

const WORDS = { min: 2, max: 16 }
const MODELS =
  "((?:(?:current|existing|most|many|state-of-the-art|even|the best|leading|modern|today's|open-source|all|these|large|multi-?modal|vision-language|vision|language|video|audio) )*(?:mllms?|l?vlms?|lmms?|llms?|language models|models?|methods|approaches|agents|systems|benchmarks|works?|studies))"

type Form = { pattern: RegExp; make: (match: RegExpExecArray) => Problem | undefined }

const END = '(?=,|;|:|\\.$|\\.|$| because| due to| while| when | and often| but | as they| since| – )'
const AT = `([^,;:.]{8,110}?)${END}`

const FORMS: Form[] = [
  {
    pattern: new RegExp(
      `${MODELS} (?:\\w+ )?(?:struggle|struggles|struggled) (?:\\w+ )?(?:with|in|on|at) ${AT}`,
      'i',
    ),
    make: ([, , what]) => about(what, (it) => `What would it take for models to cope with ${it}?`),
  },
  {
    pattern: new RegExp(
      `${MODELS} (?:\\w+ ){0,2}(?:struggle|struggles|fail|fails|failed|are unable|unable|struggled) to ${AT}`,
      'i',
    ),
    make: ([, , what]) => doing(what),
  },
  {
    pattern: new RegExp(`${MODELS} (?:\\w+ ){0,2}cannot ${AT}`, 'i'),
    make: ([, , what]) => doing(what),
  },
  {
    pattern:
      /(?:^|, |however |but |while |, )(?:however, |but |yet |the )?([^,;:]{8,100}?) (?:remains?|is|are|has been|have been|is still|are still) (?:\w+ly |still |an? |\w+ and )*(?:under-?explored|unexplored|under-?studied|understudied|open|unclear|unknown|unresolved|unsolved|elusive|poorly understood|overlooked|neglected|(?:a |an )?(?:\w+ )?challeng\w+|difficult|limited|bottleneck)/i,
    make: ([, what]) =>
      about(what, (it) => `How can ${it} be studied and improved in a way that others can repeat?`),
  },
  {
    pattern: new RegExp(`(?:lack|lacks|lacking|lack of|absence of|limited|insufficient) ${AT}`, 'i'),
    make: ([, what]) =>
      about(what, (it) => `How can ${it} be provided, and does providing it close the gap?`),
  },
]

/** The problem a stated gap leaves open, in its own words: a short title and a question; undefined when the wording gives none. */
export const problemIn = (sentence: string): Problem | undefined => {
  for (const { pattern, make } of FORMS) {
    const match = pattern.exec(sentence)
    const problem = match === null ? undefined : make(match)
    if (problem !== undefined) return problem
  }
  return undefined
}

const trimmed = (what: string | undefined): string | undefined => {
  const text = what
    ?.replace(/^(?:the|a|an|how|whether|their|its|our)\s+(?=\S+ \S)/i, '')
    .replace(/\s+(?:and|or|of|in|on|with|to|for)$/i, '')
    .trim()
  if (
    text === undefined ||
    /\b(?:this|these|those|such|it|they|them|we|our|their)\b/i.test(text) ||
    /[(){}[\]"“”]/.test(text)
  )
    return undefined
  const count = words(text).length
  return count >= WORDS.min && count <= WORDS.max ? text : undefined
}

const about = (what: string | undefined, question: (it: string) => string): Problem | undefined => {
  const text = trimmed(what)
  return text === undefined ? undefined : { title: upperFirst(text), question: question(text) }
}

const doing = (what: string | undefined): Problem | undefined => {
  const text = trimmed(
    what?.replace(/^(?:reliably|accurately|effectively|correctly|fully|consistently|adequately) /i, ''),
  )
  return text === undefined
    ? undefined
    : { title: `Getting models to ${text}`, question: `How can models be built or trained to ${text}?` }
}
