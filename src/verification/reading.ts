import { isStopWord, stem, type Token, tokens } from '../domain/text/tokens.ts'
import { NEGATORS, RHETORIC } from './function-words.ts'
import { allQuantities, type Quantity } from './quantities.ts'

/** A word of a text as the checkers see it. */
export interface Word {
  text: string
  norm: string
  stem: string
  start: number
  end: number
  /** Neither a function word nor one by which papers speak of themselves ("we find that"); "more" and its like are. */
  content: boolean
  /** Function words aside: what a source must hold. */
  bare: boolean
  /** Capitals or digits inside, or a capital that does not open a sentence. */
  name: boolean
  /** Capitals or digits inside. */
  strong: boolean
  /** It is part of a number. */
  counts: boolean
  /** Which piece between commas, semicolons, colons, brackets and dashes it stands in. */
  piece: number
  /** A negation reaches it. */
  negated: boolean
  /** It is the first word that a negation reaches. */
  target: boolean
  /** It is what something else is compared with: after "than", "over", "unlike", "instead of". */
  compared: boolean
}

export interface Reading {
  text: string
  words: readonly Word[]
  /** Content words in order. */
  content: readonly Word[]
  quantities: readonly Quantity[]
  /** Stems of all its words. */
  stems: ReadonlySet<string>
}

/** Function words that tell which way something goes. */
const POLAR = new Set('more most before after above below few'.split(' '))
export const TEXT_CHARS_MAX = 4000
/** Words of a text beyond these are not read: nobody states one thing in so many. */
const WORDS_MAX = 400
const QUANTITIES_MAX = 40
/** Content words that a negation or a comparison reaches. */
const REACH = { negation: 3, comparison: 5 }

/** Reads the first {@link TEXT_CHARS_MAX} characters: what is longer is not one statement. */
export function readText(whole: string): Reading {
  const text = whole.slice(0, TEXT_CHARS_MAX)
  const found = tokens(text).slice(0, WORDS_MAX)
  const quantities = allQuantities(text).slice(0, QUANTITIES_MAX)
  const words: Word[] = []
  let piece = 0
  let opens = true
  for (const [at, token] of found.entries()) {
    const before = text.slice(found[at - 1]?.end ?? 0, token.start)
    if (at > 0 && (/[,;:()[\]—–?!]|\.\s| - /.test(before) || CONTRASTS.has(token.norm))) piece += 1
    opens = at === 0 || /[.?!:“"]\s*$/.test(before)
    const own = !RHETORIC.has(token.norm) && !NEGATORS.has(token.norm)
    const strong = /\p{L}/u.test(token.text) && UNLIKE_WORDS.test(compound(found, at, text))
    words.push({
      text: token.text,
      norm: token.norm,
      stem: stem(token.norm),
      start: token.start,
      end: token.end,
      content: own && (!isStopWord(token.norm) || POLAR.has(token.norm)),
      bare: own && !isStopWord(token.norm),
      name: strong || (!opens && /^\p{Lu}/u.test(token.text)),
      strong,
      piece,
      counts: quantities.some(({ start, end }) => start <= token.start && token.start < end),
      negated: false,
      target: false,
      compared: false,
    })
  }
  markNegated(words, text)
  markCompared(words)
  return {
    text,
    words,
    content: words.filter((word) => word.content),
    quantities,
    stems: new Set(words.map((word) => word.stem)),
  }
}

/** Capitals or digits inside: no ordinary word is written so. */
const UNLIKE_WORDS = /[\p{L}\d].*\p{Lu}|\p{L}.*\d|\d.*\p{L}/u
/** Open a statement of their own. */
const CONTRASTS = new Set('whereas while although though but because'.split(' '))
const COMPOUND_MAX = 6

/** The token with what hyphens and dots bind to it, as long as that is written like a name: `Qwen2.5-VL`, not `Bayesian-based`. */
function compound(found: readonly Token[], at: number, text: string): string {
  const bound = (left: number, right: number) => {
    const [a, b] = [found[left], found[right]]
    return (
      a !== undefined &&
      b !== undefined &&
      b.start - a.end === 1 &&
      /[-‐./+]/.test(text[a.end]!) &&
      !/^\p{Ll}/u.test(b.text) &&
      !/^\p{Ll}/u.test(a.text)
    )
  }
  let from = at
  let to = at
  while (at - from < COMPOUND_MAX && bound(from - 1, from)) from -= 1
  while (to - at < COMPOUND_MAX && bound(to, to + 1)) to += 1
  return text.slice(found[from]!.start, found[to]!.end)
}

function markNegated(words: Word[], text: string): void {
  for (const [at, word] of words.entries()) {
    // "training-free" says no to training.
    if (word.norm === 'free' && at > 0 && /[-‐\s]/.test(text[word.start - 1]!) && words[at - 1]!.content)
      words[at - 1] = { ...words[at - 1]!, negated: true }
    const turned =
      (word.norm === 'rather' && words[at + 1]?.norm === 'than') ||
      (word.norm === 'instead' && words[at + 1]?.norm === 'of')
    if (!turned && !denies(word, text)) continue
    if (word.norm === 'not' && words[at + 1]?.norm === 'only') continue
    let reached = 0
    for (let next = at + 1; next < words.length && reached < REACH.negation; next += 1) {
      const other = words[next]!
      if (next > at + 1 && (other.piece !== word.piece || STOPS.has(other.norm))) break
      if (!other.content) continue
      reached += 1
      words[next] = { ...other, negated: !other.negated, target: reached === 1 }
    }
  }
}

/** Whether a word says no; a `t` does behind an apostrophe only ("don't", and not "w.r.t."). */
export function denies({ norm, start }: Pick<Word, 'norm' | 'start'>, text: string): boolean {
  return NEGATORS.has(norm) && (norm !== 't' || /['’]/.test(text[start - 1] ?? ''))
}

const STOPS = new Set(
  'and but or while whereas although though because since if when which that who so'.split(' '),
)
const COMPARING = new Set(
  'than versus vs unlike surpassing outperforming exceeding beating compared relative'.split(' '),
)
const GAINED = /^(?:improv|gain|increas|advantag|superior|better|boost|advanc|speedup|reduction|preferr?)/
const COMPARING_VERB = /^(?:outperform|surpass|exceed|beat)(?:s|ed)?$/

function markCompared(words: Word[]): void {
  for (const [at, word] of words.entries()) {
    const turned = (word.norm === 'instead' || word.norm === 'ahead') && words[at + 1]?.norm === 'of'
    const gained =
      word.norm === 'over' && words.slice(Math.max(0, at - 4), at).some(({ norm }) => GAINED.test(norm))
    if (!turned && !gained && !COMPARING.has(word.norm) && !COMPARING_VERB.test(word.norm)) continue
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
