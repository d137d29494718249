import { words } from '../../domain/text/tokens.ts'

const figureWords = `zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
  eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion first second third
  monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september october
  november december`

/** `t` is what is left of "isn't". */
const negationWords = `not no never neither nor none cannot without nobody nothing t unable nicht kein keine keinen keiner nie ohne
  pas jamais sans nunca sin`

const setOf = (list: string): ReadonlySet<string> => new Set(list.split(/\s+/))
const [figures, negations] = [setOf(figureWords), setOf(negationWords)]
const withDigit = /\p{Nd}/u

const factsOf = (text: string): string => {
  const found = words(text).filter((word) => withDigit.test(word) || figures.has(word) || negations.has(word))
  return found.sort().join(' ')
}

/**
 * Whether two texts of nearly the same words may stand for each other: they hold the same numbers,
 * days and negations. Otherwise the one word in which they differ may be what a question is about.
 */
export const holdSameFacts = (one: string, two: string): boolean => factsOf(one) === factsOf(two)
