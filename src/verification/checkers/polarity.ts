import { likeness } from '../alignment.ts'
import { opposites, synonyms } from '../lexicon.ts'
import {
  type Checker,
  clauseAt,
  type Finding,
  type Passage,
  placeOf,
  quoted,
  type Segment,
} from '../matter.ts'
import type { Reading, Word } from '../reading.ts'

/** What the source says no to is not affirmed, what it affirms is not denied, and up is not down. */
export const polarityChecker: Checker = {
  kinds: ['negation', 'contradiction'],
  check(matter) {
    const found: Finding[] = []
    for (const segment of matter.segments) {
      const fault = deniedOrAffirmed(segment) ?? opposed(segment)
      if (fault)
        found.push({
          kind: fault.kind,
          message: `${fault.what}; ${placeOf(segment.passage)} says ${quoted(segment.passage)}.`,
          clause: clauseAt(matter.clauses, segment.start + fault.at),
          sourceId: segment.passage.source.cited.id,
        })
    }
    return { looked: { negation: matter.segments.length, contradiction: matter.segments.length }, found }
  },
}

interface Turn {
  kind: 'negation' | 'contradiction'
  what: string
  at: number
}

const NEAR = 0.5
const NEARLY_SAME = 0.8

/** A word that one of the two negates and the other does not: the very word, or in nearly the same words any that it reaches. */
function deniedOrAffirmed({ reading, passage, alignment }: Segment): Turn | undefined {
  if (alignment.ordered < NEAR) return undefined
  const there = passage.reading
  for (const [word, other] of alignment.pairs) {
    if (word.negated === other.negated || likeness(word, other) < 0.75) continue
    if (alignment.ordered < NEARLY_SAME && !(word.negated ? word.target : other.target)) continue
    if (
      negatedNear(reading, word) !== negatedNear(there, other) &&
      !answered(word.negated ? there : reading, word.negated ? other : word)
    )
      return {
        kind: 'negation',
        what: word.negated ? `says no to "${word.text}"` : `leaves out that "${other.text}" is denied`,
        at: word.start,
      }
  }
  return undefined
}

/** Whether a negation stands in the same piece. */
function negatedNear({ content }: Reading, word: Word): boolean {
  return content.some((other) => other.piece === word.piece && other.negated)
}

/** An opposite in the same piece says no as well: "not improved" and "degraded". */
function answered({ content }: Reading, word: Word): boolean {
  return content.some(
    (other) => other.piece === word.piece && other !== word && opposites(other.stem, word.stem),
  )
}

/** An opposite at the same place, or of the same thing. */
function opposed({ reading, alignment, passage }: Segment): Turn | undefined {
  for (const { claim, source } of alignment.gaps) {
    for (const word of claim) {
      const [next, last] = reading.content.slice(reading.content.indexOf(word) + 1).map(({ stem }) => stem)
      const other = source.find((each) => opposites(word.stem, each.stem, last ?? next))
      if (!other || word.negated !== other.negated || alignment.ordered < NEAR) continue
      if (
        source.some((each) => synonyms(each.stem, word.stem)) ||
        claim.some((each) => synonyms(each.stem, other.stem))
      )
        continue
      return { kind: 'contradiction', what: `says "${word.text}" for "${other.text}"`, at: word.start }
    }
  }
  return ofTheSame(reading, passage)
}

const BOUND = 3

/** A direction and the thing it is said of: the same thing goes the other way in the source. */
function ofTheSame(reading: Reading, { reading: there }: Passage): Turn | undefined {
  const own = reading.content
  const theirs = there.content
  for (const [at, word] of own.entries()) {
    for (const [to, other] of theirs.entries()) {
      if (word.negated !== other.negated || !opposites(word.stem, other.stem)) continue
      const [mine, its] = [thingsAfter(own, at), thingsAfter(theirs, to)]
      const shared = mine.filter((thing) => its.some((each) => likeness(thing, each) === 1))
      if (shared.length === 0 || shared.length < Math.min(2, mine.length)) continue
      // The source may say both of the same thing at different places.
      if (
        theirs.some(
          (each, place) =>
            synonyms(each.stem, word.stem) &&
            thingsAfter(theirs, place).some((thing) => shared.some((one) => likeness(one, thing) === 1)),
        )
      )
        continue
      return {
        kind: 'contradiction',
        what: `says "${word.text} ${shared[0]!.text}" for "${other.text}"`,
        at: word.start,
      }
    }
  }
  return undefined
}

function thingsAfter(words: readonly Word[], at: number): Word[] {
  const piece = words[at]!.piece
  return words.slice(at + 1, at + 1 + BOUND).filter((word) => word.piece === piece)
}
