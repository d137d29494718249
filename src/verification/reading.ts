import { isStopWord, stem, tokens } from '../domain/text/tokens.ts'
import { NEGATORS, RHETORIC } from './function-words.ts'
import { allQuantities, type Quantity } from './quantities.ts'

/** A word of a text as the checkers see it. */
export interface Word {
  text: string
  norm: string
  stem: string
  start: number
  end: number
  /** Neither a function word nor one by which papers speak of themselves ("we find that"). */
  content: boolean
  /** Capitals or digits inside, or a capital that does not open a sentence. */
  name: boolean
  /** Which piece between commas, semicolons, colons, brackets and dashes it stands in. */
  piece: number
  /** A negation says no of it. */
  negated: boolean
  /** It is what something else is compared with: after "than", "over", "unlike", "instead of". */
  compared: boolean
}

export interface Reading {
  text: string
  words: readonly Word[]
  /** Content words in order. */
  content: readonly Word[]
  quantities: readonly Quantity[]
}

/** Words of a text beyond these are not read: nobody states one thing in so many. */
const WORDS_MAX = 400
/** Content words that a negation or a comparison reaches. */
const REACH = { negation: 3, comparison: 5 }

export function readText(text: string): Reading {
  const found = tokens(text).slice(0, WORDS_MAX)
  const words: Word[] = []
  let piece = 0
  let opens = true
  for (const [at, token] of found.entries()) {
    const before = text.slice(found[at - 1]?.end ?? 0, token.start)
    if (at > 0 && /[,;:()[\]—–?!]|\.\s| - /.test(before)) piece += 1
    opens = at === 0 || /[.?!:“"]\s*$/.test(before)
    words.push({
      text: token.text,
      norm: token.norm,
      stem: stem(token.norm),
      start: token.start,
      end: token.end,
      content: !isStopWord(token.norm) && !RHETORIC.has(token.norm) && !NEGATORS.has(token.norm),
      name:
        /\p{L}/u.test(token.text) &&
        (/\p{L}.*\p{Lu}|\p{L}.*\d|\d.*\p{L}/u.test(token.text) || (!opens && /^\p{Lu}/u.test(token.text))),
      piece,
      negated: false,
      compared: false,
    })
  }
  markNegated(words, text)
  markCompared(words)
  return { text, words, content: words.filter((word) => word.content), quantities: allQuantities(text) }
}

function markNegated(words: Word[], text: string): void {
  for (const [at, word] of words.entries()) {
    // "training-free" says no to training.
    if (word.norm === 'free' && at > 0 && text[word.start - 1] === '-') words[at - 1]!.negated = true
    const turned =
      (word.norm === 'rather' && words[at + 1]?.norm === 'than') ||
      (word.norm === 'instead' && words[at + 1]?.norm === 'of')
    if (!turned && !NEGATORS.has(word.norm)) continue
    if (word.norm === 'not' && words[at + 1]?.norm === 'only') continue
    let reached = 0
    for (let next = at + 1; next < words.length && reached < REACH.negation; next += 1) {
      const other = words[next]!
      if (next > at + 1 && (other.piece !== word.piece || STOPS.has(other.norm))) break
      if (!other.content) continue
      reached += 1
      words[next] = { ...other, negated: !other.negated }
    }
  }
}

const STOPS = new Set(
  'and but or while whereas although though because since if when which that who so'.split(' '),
)
const COMPARING = new Set(
  'than over versus vs unlike surpassing outperforming exceeding beating compared relative'.split(' '),
)
const COMPARING_VERB = /^(?:outperform|surpass|exceed|beat)(?:s|ed)?$/

function markCompared(words: Word[]): void {
  for (const [at, word] of words.entries()) {
    const turned = (word.norm === 'instead' || word.norm === 'ahead') && words[at + 1]?.norm === 'of'
    if (!turned && !COMPARING.has(word.norm) && !COMPARING_VERB.test(word.norm)) continue
    let reached = 0
    for (let next = at + 1; next < words.length && reached < REACH.comparison; next += 1) {
      const other = words[next]!
      if (other.piece !== word.piece || STOPS.has(other.norm) || ENDS_COMPARISON.has(other.norm)) break
      if (!other.content) continue
      reached += 1
      words[next] = { ...other, compared: true }
    }
  }
}

const ENDS_COMPARISON = new Set('on in by for with across at to under'.split(' '))
