const WORD_INFLECTED_MIN = 5
const ENDING = /(?:ations?|itions?|ings?|ions?|ers?|ed|es|e|s|ies|y|ally|al|ly|ity)$/
const ENDINGS =
  '(?:ations?|itions?|ings?|ions?|ors?|ers?|ed|es|e|s|ies|y|ally|als?|ly|ity|ical|ic|ive|ment|able)?'

/** How a word of a phrase may be written: `pruning` also finds `pruned`; names and short words stand as they are. */
const wordPattern = (word: string): string => {
  if (word.endsWith('*')) return `${eitherSpelling(escaped(word.slice(0, -1)))}[\\p{L}\\p{N}]*`
  if (/[\p{Lu}\d]/u.test(word)) return `${escaped(word)}s?`
  const base = word.length >= WORD_INFLECTED_MIN ? word.replace(ENDING, '') : word
  if (base.length < 4) return `${eitherSpelling(escaped(word))}(?:s|es)?`
  return `${eitherSpelling(escaped(base))}(?:\\p{L}(?=\\p{L}))?${ENDINGS}`
}

/**
 * `personalis` and `personaliz`, `defenc` and `defens`, `behaviour` and `behavior`: where British
 * and American spelling differ by rule.
 */
const eitherSpelling = (source: string): string =>
  source
    .replace(/(?<=\p{L}{3}i|analy|paraly|cataly)[sz](?=$|[aei])/giu, '[sz]')
    .replace(/(?<=defen|offen|licen|preten)[cs](?=$|[ei])/giu, '[cs]')
    .replace(/(?<=behavi|col|fav|hum|neighb|lab|tum|vap|rum)ou?r/giu, 'ou?r')

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

const phraseSource = (phrase: string): string =>
  phrase
    .trim()
    .split(/[\s-]+/)
    .filter((word) => word !== '')
    .map(wordPattern)
    .join('[-\\s–]*')

/**
 * Finds any of the phrases in a text, ignoring case, hyphens and the endings of words; a word that ends in `*` stands for all that
 * begin so. Flags default to `iu`; `giu` to count.
 */
export const phrasePattern = (phrases: readonly string[], flags = 'iu'): RegExp => {
  const key = `${flags} ${phrases.join('|')}`
  const known = made.get(key)
  if (known !== undefined) return known
  if (made.size >= MADE_MAX) made.clear()
  const sources = phrases.map(phraseSource).filter((source) => source !== '')
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])(?:${sources.join('|') || '(?!)'})(?![\\p{L}\\p{N}])`, flags)
  made.set(key, pattern)
  return pattern
}

const MADE_MAX = 500
const made = new Map<string, RegExp>()
