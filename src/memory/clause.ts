/** A clause as its positive form, and what was taken from it. */
export type ClauseForm = {
  text: string
  /** "not", "no longer", "never", or "used to": what the positive form says is not so. */
  negated: boolean
  /** "I think", "not really": which way it goes, or how far, is not certain. */
  unsure: boolean
  /** An exception follows that is not read: "except nuts", "but to amoxicillin". */
  excepted: boolean
  /** "now", "no longer", "instead": it says itself that something else was so before. */
  changed: boolean
}

const contractions: readonly [RegExp, string][] = [
  [/[’]/g, "'"],
  [/\bi'm\b/gi, 'i am'],
  [/\bi've\b/gi, 'i have'],
  [/\bi'd\b/gi, 'i would'],
  [/\bcan't\b/gi, 'cannot'],
  [/\bwon't\b/gi, 'will not'],
  [/\b(is|are|do|does|did|has|have|was|were)n't\b/gi, '$1 not'],
]

const changes = /\b(?:now|no longer|any ?more|any longer|instead|changed|from now on)\b/i
const atEnd = /\s+(?:any ?more|any longer|now|instead|these days|at the moment|currently|nowadays)$/i
const exception = /^(.+?),?\s+(?:except|unless|but|though|although|however|as far as|only if|if)\b.*$/i
const doubts =
  /^(?:i (?:think|believe|guess|suppose|assume|(?:was|have been|am) told)(?: that)?|maybe|perhaps|probably|possibly|it seems(?: that)?),? /i
const doubtedNot = /^i do not (?:think|believe)(?: that)? /i
const adverbs =
  '(?:now|still|also|really|always|usually|generally|currently|actually|absolutely|definitely|just)'
const leading = new RegExp(`^(i(?: am| have| would)? )(?:${adverbs} )+`, 'i')
/** After a negation these say how far it goes. */
const degrees = new RegExp(`^(i(?: am)? )(?:(?:${adverbs}|particularly|especially|exactly|yet) )+`, 'i')

const negations: readonly [RegExp, string][] = [
  [/^i am (?:not|no longer|never) /i, 'i am '],
  [/^i (?:do not|no longer|never|did not) have (?:an? |any )/i, 'i have a '],
  [/^i (?:do not|no longer|never|did not) /i, 'i '],
  [/^i (?:have )?(?:outgrown|outgrew|lost) (?:my |an? )(?=.*allergy)/i, 'i have a '],
  [/^(my .+? (?:is|are) )(?:not|no longer) /i, '$1'],
  [/^(?:not|no longer) (?=allergic to )/i, 'i am '],
]

const past: readonly [RegExp, string][] = [
  [/^i used to be /i, 'i am '],
  [/^i used to /i, 'i '],
]

/** Takes negation, doubt and change from a clause in the first person. Conservative: a negation it does not know leaves a clause that no rule reads. */
export const formOf = (clause: string): ClauseForm => {
  let text = clause
  for (const [pattern, plain] of contractions) text = text.replace(pattern, plain)
  const changed = changes.test(text)
  let [negated, unsure] = [false, false]
  const take = (pattern: RegExp, plain: string): boolean => {
    if (!pattern.test(text)) return false
    text = text.replace(pattern, plain)
    return true
  }
  while (take(atEnd, ''));
  const excepted = take(exception, '$1')
  if (take(doubtedNot, '')) [negated, unsure] = [true, true]
  else if (take(doubts, '')) unsure = true
  if (take(/^i (?:might|may|could) be /i, 'i am ')) unsure = true
  if (take(/^(i am )(?:probably|possibly|maybe|perhaps) /i, '$1')) unsure = true
  take(leading, '$1')
  if (past.some(([pattern, plain]) => take(pattern, plain))) [negated, unsure] = [!negated, true]
  else if (negations.some(([pattern, plain]) => take(pattern, plain))) {
    negated = !negated
    if (take(degrees, '$1')) unsure = true
  }
  take(/^(?=allergic to )/i, 'i am ')
  return { text, negated, unsure, excepted, changed }
}

/** What an agent notes about its subject, as the subject would say it; anything else as it is. */
export const inFirstPerson = (fact: string): string => {
  const [, rest] = /^(?:the )?(?:user|patient|client|customer)('s? .+| .+)$/is.exec(fact.trim()) ?? []
  if (rest === undefined) return fact
  const possessive = /^'s? ((?:[\p{L}\d'-]+ ){1,6}?(?:is|are) .+)$/isu.exec(rest)?.[1]
  if (possessive !== undefined) return `my ${possessive}`
  return rest
    .trim()
    .replace(/^(?:is|'s) /i, 'i am ')
    .replace(/^(?:does not|doesn't) /i, 'i do not ')
    .replace(/^has (?=an?\b|no\b)/i, 'i have ')
    .replace(/^(no longer |never |now )?([a-z]+?)s /i, (_, adverb = '', verb) => `i ${adverb}${verb} `)
}
