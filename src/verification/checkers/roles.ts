import { likeness } from '../alignment.ts'
import {
  type Checker,
  clauseAt,
  type Finding,
  type Matter,
  placeOf,
  quoted,
  type Segment,
} from '../matter.ts'
import type { Reading, Word } from '../reading.ts'

/** Who does what to whom, and what is better than what, is as in the source. */
export const roleChecker: Checker = {
  kinds: ['role'],
  check(matter) {
    const found: Finding[] = []
    for (const segment of matter.segments) {
      const exchange =
        exchanged(segment) ?? turned(segment) ?? moved(segment) ?? comparedAsOwn(matter, segment)
      if (exchange === undefined) continue
      found.push({
        kind: 'role',
        message: `${exchange.what}; ${placeOf(segment.passage)} says ${quoted(segment.passage)}.`,
        clause: clauseAt(matter.clauses, segment.start + exchange.at),
        sourceId: segment.passage.source.cited.id,
      })
    }
    return { looked: { role: matter.segments.length }, found }
  },
}

interface Exchange {
  what: string
  at: number
}

const NEAR = 0.6
const EXCHANGED_MAX = 3

/** Two places of a sentence whose words stand in each other's stead. */
function exchanged({ alignment }: Segment): Exchange | undefined {
  if (alignment.ordered < NEAR) return undefined
  const { gaps } = alignment
  for (const [at, one] of gaps.entries()) {
    if (one.claim.length === 0 || one.source.length === 0) continue
    for (const two of gaps.slice(at + 1)) {
      if (two.claim.length === 0 || two.source.length === 0) continue
      if (Math.min(one.claim.length, two.claim.length) > EXCHANGED_MAX) continue
      const first = one.claim.find((word) => held(word, two.source) && !held(word, one.source))
      const second = two.claim.find((word) => held(word, one.source) && !held(word, two.source))
      if (first && second && !/^\d/.test(first.norm + second.norm))
        return { what: `exchanges ${first.text} and ${second.text}`, at: first.start }
    }
  }
  return undefined
}

function held(word: Word, words: readonly Word[]): boolean {
  return words.some((other) => likeness(word, other) >= 0.75)
}

/** Relations of which the two sides are not the same. */
const RELATION =
  /^(?:outperform|surpass|exceed|beat|underperform|outdo|improv|dominat|match|approach|rival|trail|lag|replac|depend|rel|requir|precede|follow|caus|driv|govern|determin|predict|explain|affect|influenc|contain|includ|induc|inhibit|activat|regulat|suppress|promot|trigger|enabl|reduc|increas|than|over|versus|rather|instead|unlik|aggregat|produc|generat|guid|support|prevent)/

/** Nouns and adjectives made of a verb relate nothing. */
const NOMINAL = /(?:ion|ions|ment|ments|ing|ance|ence|ive|ic|al|er|or|ity|able)$/

function relates({ stem: form, norm, name, text }: Word, { text: whole }: Reading, end: number): boolean {
  return (
    RELATION.test(form) &&
    !name &&
    (norm === 'outperforming' || !NOMINAL.test(norm)) &&
    whole[end] !== '-' &&
    text !== ''
  )
}

/** Both sides of a relation stand on the other's side in the source, and no passive turns them. */
function turned({ reading, passage }: Segment): Exchange | undefined {
  const there = passage.reading
  for (const [at, pivot] of reading.words.entries()) {
    if (!relates(pivot, reading, pivot.end)) continue
    for (const [to, other] of there.words.entries()) {
      if (!relates(other, there, other.end) || (pivot.stem !== other.stem && likeness(pivot, other) === 0))
        continue
      const own = sides(reading, at)
      const theirs = sides(there, to)
      if (passive(reading.words, at) !== passive(there.words, to)) theirs.reverse()
      const kept = shared(own[0]!, theirs[0]!) + shared(own[1]!, theirs[1]!)
      const crossed = [shared(own[0]!, theirs[1]!), shared(own[1]!, theirs[0]!)] as const
      if (crossed[0] >= 1 && crossed[1] >= 1 && crossed[0] + crossed[1] > kept + 0.5)
        return { what: `turns round who ${pivot.text} whom`, at: pivot.start }
    }
  }
  return undefined
}

const SIDE = 5
const ENDS = /^(?:by|on|in|at|with|for|across|while|whereas|under|using|through)$/

/** The content words on both sides of a relation, up to what only says where, by how much or with what. */
function sides({ words }: Reading, at: number): Word[][] {
  const { piece } = words[at]!
  const end = words.findIndex((word, to) => to > at + 1 && (ENDS.test(word.norm) || word.piece > piece))
  const left = words.slice(0, at).filter((word) => word.piece === piece)
  return [left, words.slice(at + 1, end < 0 ? undefined : end)].map((side, right) => {
    const content = side.filter((word) => word.content && !/^\d/.test(word.norm))
    return right === 1 ? content.slice(0, SIDE) : content.slice(-SIDE)
  })
}

/** Words of one list that the other holds; a word that stands in both sides of a relation counts for none. */
function shared(a: readonly Word[], b: readonly Word[]): number {
  return a.reduce(
    (sum, word) => sum + Math.max(0, ...b.map((other) => (likeness(word, other) === 1 ? 1 : 0))),
    0,
  )
}

function passive(words: readonly Word[], at: number): boolean {
  const { norm } = words[at]!
  if (!/(?:ed|en|t|wn)$/.test(norm)) return false
  return (
    words.slice(at + 1, at + 3).some((next) => next.norm === 'by') ||
    words
      .slice(Math.max(0, at - 2), at)
      .some((before) => /^(?:is|are|was|were|be|been|being)$/.test(before.norm))
  )
}

const NEARLY_SAME = { held: 0.9, dense: 0.75, words: 8 }

/**
 * In nearly the words of the source, a run of words that stands elsewhere. Phrases may move with their preposition, whole pieces
 * between commas may, and so may the members of an "and".
 */
function moved({ reading, passage, alignment }: Segment): Exchange | undefined {
  if (alignment.held < NEARLY_SAME.held || alignment.ordered === alignment.held) return undefined
  if (alignment.dense < NEARLY_SAME.dense || alignment.pairs.length < NEARLY_SAME.words) return undefined
  const strayed = alignment.gaps.flatMap(({ claim }) => claim)
  const left = alignment.gaps.flatMap(({ source }) => source)
  if (passiveIn(reading) !== passiveIn(passage.reading)) return undefined
  for (const word of strayed) {
    const other = left.find((each) => likeness(word, each) === 1)
    if (!other || /^\d/.test(word.norm)) continue
    const run = runAt(strayed, reading, word)
    const theirs = runAt(left, passage.reading, other)
    if (run.lead === theirs.lead && run.lead !== '') continue
    if (run.whole || theirs.whole || run.listed || theirs.listed) continue
    return { what: `moves "${word.text}"`, at: word.start }
  }
  return undefined
}

const PREPOSITION =
  /^(?:of|on|in|at|by|for|with|from|to|across|over|under|within|through|during|without|between|among|using|via|as|than)$/

/** The run of strayed words around one: what leads it, whether it fills its piece, whether an "and" binds it. */
function runAt(
  strayed: readonly Word[],
  { words }: Reading,
  word: Word,
): { lead: string; whole: boolean; listed: boolean } {
  const among = new Set(strayed)
  let from = words.indexOf(word)
  let to = from
  while (
    from > 0 &&
    words[from - 1]!.piece === word.piece &&
    (among.has(words[from - 1]!) || !words[from - 1]!.content) &&
    !PREPOSITION.test(words[from - 1]!.norm) &&
    !AND.test(words[from - 1]!.norm)
  )
    from -= 1
  while (to + 1 < words.length && words[to + 1]!.piece === word.piece && among.has(words[to + 1]!)) to += 1
  const before = words[from - 1]
  const inside = before?.piece === word.piece
  return {
    lead: inside && PREPOSITION.test(before.norm) ? before.norm : '',
    whole: words.every((each) => each.piece !== word.piece || !each.content || among.has(each)),
    listed: (inside && AND.test(before.norm)) || AND.test(words[to + 1]?.norm ?? ''),
  }
}

const AND = /^(?:and|or|nor)$/

function passiveIn({ words }: Reading): boolean {
  return words.some((_, at) => passive(words, at))
}

const OWNS =
  /^(?:us(?:e|es|ed|ing)|utili[sz]\w+|employ\w*|adopt\w*|appl(?:y|ies|ied|ying)|leverag\w+|buil(?:d|ds|t)|based|incorporat\w+|integrat\w+|combin\w+|rel(?:y|ies|ied)|exploit\w*)$/

/** The claim makes a part of something what the source only compares it with. */
function comparedAsOwn(matter: Matter, { reading, passage }: Segment): Exchange | undefined {
  for (const [at, verb] of reading.words.entries()) {
    // "tool use" is a noun.
    if (!OWNS.test(verb.norm) || (verb.norm === 'use' && !reading.words[at - 1]?.norm.endsWith('s'))) continue
    const objects = reading.content
      .filter((word) => word.start > verb.start && word.piece === verb.piece && !word.compared)
      .slice(0, 3)
    for (const object of objects) {
      const there = matter.passages.flatMap(({ reading: each }) =>
        each.words.filter((word) => word.content && likeness(object, word) === 1),
      )
      const expanded = there.length > 0 ? there : initialsOf(objects, passage.reading)
      if (expanded.length > 0 && expanded.every(({ compared }) => compared))
        return {
          what: `says that ${reading.words[at - 1]?.text ?? ''} ${verb.text} ${object.text}, with which it is only compared`,
          at: verb.start,
        }
    }
  }
  return undefined
}

/** "chain-of-thought" met by CoT. */
function initialsOf(objects: readonly Word[], { words }: Reading): Word[] {
  const letters = objects.map(({ norm }) => norm[0]).join('')
  return words.filter(
    ({ norm, name }) =>
      name &&
      norm.length >= 2 &&
      (norm === letters || (norm.length === 3 && norm[0] === letters[0] && norm[2] === letters[1])),
  )
}
