import { phrasePattern } from '../../../domain/text/phrases.ts'
import { americanSpelling } from '../../../domain/text/spelling.ts'
import { isStopWord } from '../../../domain/text/tokens.ts'
import { type Entry, GLOSSARY } from './glossary.ts'
import type { Concept } from './question.ts'
import { isAspect, isGeneric } from './words.ts'

const WORD = /[\p{L}\p{N}][\p{L}\p{N}.+'’-]*/gu
const TOPIC_WORDS_MAX = 9

type Place = { start: number; end: number; concept: Concept }

const PREFIX_CHARS = 3

/** The entries whose names could stand in a text: most patterns are never made. */
const entriesFor = (text: string): { entry: Entry; pattern: RegExp }[] => {
  const lower = text.toLowerCase()
  return GLOSSARY.filter(({ names }) =>
    names.some((name) => lower.includes(name.slice(0, PREFIX_CHARS).replace('*', '').toLowerCase())),
  ).map((entry) => ({ entry, pattern: phrasePattern(entry.names, 'giu') }))
}

/** What a text is about: subjects of the glossary, then every other word that is neither a stop word nor a word of asking. */
export const placesIn = (given: string): Place[] => {
  // `Count the papers on ...` asks; `can they count?` is the subject.
  const text = given.replace(/^count\b/i, (word) => ' '.repeat(word.length))
  const found: Place[] = []
  const free = (start: number, end: number): boolean =>
    found.every((place) => end <= place.start || start >= place.end)
  const named: { start: number; end: number; entry: Entry; written: string }[] = []
  for (const { entry, pattern } of entriesFor(text))
    for (const match of text.matchAll(pattern))
      if (!/\p{Ll}\p{Lu}/u.test(match[0]) || entry.names.some((name) => name.includes(match[0])))
        named.push({ start: match.index, end: match.index + match[0].length, entry, written: match[0] })
  // The longest name first: `visual token pruning` is not `pruning`.
  for (const { start, end, entry, written } of named.sort((a, b) => b.end - b.start - (a.end - a.start)))
    if (free(start, end) && (!isGeneric(written) || /ation$/i.test(written)) && !insideName(text, start, end))
      found.push({
        start,
        end,
        concept: { text: written, names: [entry.names[0]!], field: entry.field === true, known: true },
      })
  for (const match of text.matchAll(WORD)) {
    const word = match[0].replace(/[.'’-]+$/, '').replace(/['’]s$/, '')
    const [start, end] = [match.index, match.index + match[0].length]
    const plain = word.toLowerCase()
    if (word.length < 2 || isStopWord(plain) || isStopWord(plain.replace(/['’].*$/, '')) || isGeneric(plain))
      continue
    if (/^\d+$/.test(word) || !free(start, end)) continue
    found.push({
      start,
      end: start + word.length,
      concept: {
        text: word,
        names: [startsSentence(text, start, word) ? plain : word],
        field: false,
        known: false,
      },
    })
  }
  return found.sort((a, b) => a.start - b.start)
}

/** `Personalized models ...`: a capital that the place asks for makes no name. */
const startsSentence = (text: string, start: number, word: string): boolean =>
  /^\p{Lu}\p{Ll}+$/u.test(word) && /(?:^|[.?!:;]\s*)$/.test(text.slice(0, start))

/** `OCR` in `DeepSeek-OCR`: a part of a name is not the subject. */
const insideName = (text: string, start: number, end: number): boolean => {
  const before = /[\p{L}\p{N}.]+-$/u.exec(text.slice(Math.max(0, start - 40), start))?.[0] ?? ''
  const after = /^-[\p{L}\p{N}.]+/u.exec(text.slice(end, end + 40))?.[0] ?? ''
  return /\p{Ll}\p{Lu}|\p{Lu}\p{Ll}*\p{Lu}|\d/u.test(before + after)
}

export const conceptsIn = (text: string): Concept[] => {
  const seen = new Set<string>()
  return placesIn(text)
    .map(({ concept }) => concept)
    .filter(({ names }) => {
      const key = names[0]!.toLowerCase()
      return !seen.has(key) && seen.add(key)
    })
}

/**
 * Neighbouring words of a text that may be one term: two that say something, none of them a field's
 * name.
 */
export const phrasesIn = (text: string): string[] => {
  const fields = placesIn(text).filter(({ concept }) => concept.field)
  const words = [...text.matchAll(WORD)].map(({ 0: word, index }) => ({
    start: index,
    end: index + word.length,
    word: word.replace(/[.'’-]+$/, ''),
  }))
  const says = ({ start, end, word }: (typeof words)[number]): boolean =>
    word.length > 1 &&
    !isStopWord(word.toLowerCase()) &&
    fields.every((place) => end <= place.start || start >= place.end)
  return words.slice(1).flatMap((word, at) => {
    const before = words[at]!
    const beside = /^[\s-]+$/.test(text.slice(before.end, word.start))
    // Two words that only ask (`several methods`) are no term.
    const telling = !isGeneric(before.word) || !isGeneric(word.word)
    return beside && telling && says(before) && says(word) ? [`${before.word} ${word.word}`] : []
  })
}

/** The words of the text that single out the sentences that answer. */
export const aspectsIn = (text: string): string[] => [
  ...new Set((text.match(WORD) ?? []).map((word) => word.toLowerCase()).filter(isAspect)),
]

/** The topic as the text words it, from its first subject to its last; a list of subjects where that is no phrase. */
export const topicIn = (text: string): string => {
  const places = placesIn(text)
  const [first, last] = [places[0], places.at(-1)]
  if (first === undefined || last === undefined) return ''
  const phrase = text.slice(first.start, last.end)
  const plain = phrase.split(' ').length <= TOPIC_WORDS_MAX && !/[?.;:!,] /.test(phrase)
  return plain ? phrase : [...new Set(places.map(({ concept }) => concept.text))].slice(0, 5).join(', ')
}

const entryOf = ({ names, known }: Concept): Entry | undefined =>
  known ? GLOSSARY.find((each) => each.names[0] === names[0]) : undefined

/** Every way to write a concept: the glossary's where it knows it. */
export const namesOf = (concept: Concept): string[] => [
  ...new Set([...concept.names, ...(entryOf(concept)?.names ?? [])]),
]

/** The glossary's words for a concept, to search with. */
export const queryFor = (concepts: readonly Concept[]): string => {
  const parts = concepts.flatMap((concept) => {
    const entry = entryOf(concept)
    return entry === undefined ? [concept.text] : [concept.text, entry.query]
  })
  const words = parts.join(' ').split(/\s+/)
  // Papers are spelled either way, and an index of words knows no families of them.
  const spelled = words.flatMap((word) => {
    const lower = word.toLowerCase()
    const american = americanSpelling(lower)
    return american === lower ? [word] : [word, american]
  })
  return [...new Set(spelled)].join(' ')
}

const ALIASES: readonly string[][] = [
  ['DPO', 'direct preference optimization'],
  ['GRPO', 'group relative policy optimization'],
  ['PPO', 'proximal policy optimization'],
  ['SFT', 'supervised fine-tuning'],
  ['RL', 'reinforcement learning'],
  ['RAG', 'retrieval-augmented generation'],
  ['CoT', 'chain-of-thought', 'chain of thought'],
  ['MoE', 'mixture of experts', 'mixture-of-experts'],
]

/** Finds what speaks of one side of a comparison. */
export const sidePattern = (side: string): RegExp => {
  const concepts = conceptsIn(side)
  const telling = concepts.filter(({ field }) => !field)
  const names = (telling.length > 0 ? telling : concepts).flatMap((each) => {
    const aliases = ALIASES.find((alias) =>
      alias.some((name) => name.toLowerCase() === each.text.toLowerCase()),
    )
    // `DPO` is one kind of alignment, `reinforcement learning` is all its kinds.
    const whole = each.known && phrasePattern([each.names[0]!]).test(each.text)
    return [each.text, ...(aliases ?? []), ...(whole ? namesOf(each) : [])]
  })
  return phrasePattern(names.length === 0 ? [side] : names)
}
