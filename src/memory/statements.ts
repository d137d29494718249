import { sentences } from '../domain/text/sentences.ts'
import { isStopWord, words } from '../domain/text/tokens.ts'

/** A statement somebody made about themselves and the one thing it is about: a later statement about the same supersedes it. */
export type Statement = { about: string; fact: string }

/*
 * Rules for plain English statements in the first person, matched at the start of a sentence or after "and", "but", "also". Questions,
 * conditions and quotations state nothing. They find what is said plainly and miss what is said between the lines: a model does better
 * where one is configured.
 */

type Rule = { pattern: RegExp; about: (found: RegExpExecArray) => string | undefined }

const feelings = "like|love|enjoy|hate|dislike|adore|can(?:no|’|')t stand"
/** What follows "my ... is" and is no lasting attribute of anybody. */
const passing = new Set(
  'question goal task problem point guess idea request aim plan next first last understanding concern'.split(
    ' ',
  ),
)
const notARole = new Set('bit little lot fan long big huge'.split(' '))

const telling = (text: string): string[] => words(text).filter((word) => !isStopWord(word))

const content = (text: string | undefined): string | undefined => {
  const found = telling(text ?? '')
  return found.length === 0 ? undefined : found.slice(0, 4).join(' ')
}

/** The head of a noun phrase: what it is about when only its adjectives change. */
const head = (text: string | undefined): string | undefined => {
  const phrase = (text ?? '').split(
    /\b(?:for|in|on|with|when|over|to|than|instead|rather|that|which|about|of|at|during)\b/,
  )[0]
  return telling(phrase ?? '').at(-1)
}

const prefixed = (prefix: string, topic: string | undefined): string | undefined =>
  topic === undefined ? undefined : `${prefix} ${topic}`

const rules: Rule[] = [
  { pattern: /^(?:my name(?:'s|’s| is)|call me|i am called|i'm called|i go by)\s+\S/i, about: () => 'name' },
  { pattern: /^i(?: am|'m|’m) (\d+) years old\b/i, about: () => 'age' },
  { pattern: /^i(?: am|'m|’m) allergic to (.+)/i, about: ([, what]) => prefixed('allergy', content(what)) },
  { pattern: /^i(?: am|'m|’m) (?:a |an )?(?:vegan|vegetarian|pescatarian)\b/i, about: () => 'diet' },
  {
    pattern: /^i (?:live|reside) (?:in|at|near)\s+\S|^i(?:'ve|’ve| have)? (?:just )?moved to\s+\S/i,
    about: () => 'home',
  },
  { pattern: /^i (?:am|'m|come) from\s+\S|^i'm from\s+\S/i, about: () => 'origin' },
  { pattern: /^i work (?:as|at|for|in)\s+\S/i, about: () => 'work' },
  { pattern: /^i speak\s+\S/i, about: () => 'language' },
  {
    pattern:
      /^i(?:'d|’d| would)? (?:always |usually |generally |now |really )?prefer (.+?)(?: (?:for|when|while|during|as) (.+))?$/i,
    about: ([, what, purpose]) =>
      purpose === undefined
        ? prefixed('preference', head(what))
        : prefixed('preference for', content(purpose)),
  },
  {
    pattern: new RegExp(
      `^i (?:really |also |now |no longer |don't |don’t |do not |absolutely )*(?:${feelings}) (.+)`,
      'i',
    ),
    about: ([, what]) => prefixed('liking', content(what)),
  },
  {
    pattern: /^my ((?:[\p{L}\d'-]+ ){0,3}[\p{L}\d'-]+?)(?:'s|’s)? (?:is|are|was changed to|is now) \S/iu,
    about: ([, what = '']) => {
      const last = words(what).at(-1) ?? ''
      return passing.has(words(what)[0] ?? '') || passing.has(last)
        ? undefined
        : words(what).join(' ').replace('favorite', 'favourite')
    },
  },
  {
    pattern: /^i(?: am|'m|’m) an? ([\p{L}-]+)/iu,
    about: ([, what = '']) => (notARole.has(what.toLowerCase()) ? undefined : 'role'),
  },
  {
    pattern: /^(?:please )?(?:remember|note|keep in mind)(?: that)?[:,]? (.+)/i,
    about: ([, what]) => content(what),
  },
]

/** What may stand before a statement without changing it. */
const fillers =
  /^(?:(?:hi|hello|hey|well|so|no|yes|ok|okay|sorry|thanks|actually|in fact|to be honest|by the way|also|and|but|fyi)[,!:.]?\s+){1,4}/i

const clauses = (sentence: string): string[] =>
  sentence
    .split(/(?:[,;]\s+|\s+)(?:and|but|also)\s+(?=(?:i|i'm|i’m|my)\b)|;\s+/i)
    .map((clause) => clause.replace(fillers, '').trim())

const statesNothing = (sentence: string): boolean =>
  /\?\s*$/.test(sentence) || /^["“'‘]|^(?:if|suppose|imagine|when)\b/i.test(sentence)

/** Facts that a text states in the first person, in order; of two about the same, the later one. */
export const statementsIn = (text: string): Statement[] => {
  const found = new Map<string, Statement>()
  for (const { text: sentence } of sentences(text)) {
    if (statesNothing(sentence)) continue
    for (const clause of clauses(sentence)) {
      const fact = clause.replace(/[.!\s]+$/, '')
      const statement = stated(fact)
      if (statement === undefined) continue
      found.delete(statement.about)
      found.set(statement.about, statement)
    }
  }
  return [...found.values()]
}

const stated = (fact: string): Statement | undefined => {
  for (const { pattern, about } of rules) {
    const match = pattern.exec(fact)
    if (match === null) continue
    const topic = about(match)
    if (topic === undefined) continue
    // What somebody asks to be remembered may be a statement of a kind that is known.
    const inner = /^(?:please )?(?:remember|note|keep in mind)(?: that)?[:,]? (.+)/i.exec(fact)?.[1]
    return inner === undefined ? { about: topic, fact } : (stated(inner) ?? { about: topic, fact: inner })
  }
  return undefined
}
