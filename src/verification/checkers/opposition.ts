import { likeness } from '../alignment.ts'
import { directionOf, valenceOf } from '../directions.ts'
import { opposites, polar } from '../lexicon.ts'
import { type Checker, clauseAt, type Finding, placeOf, quoted, type ReadSource } from '../matter.ts'
import { denies, type Reading, type Word } from '../reading.ts'
import { sidesHeld } from '../sides.ts'
import { type Part, partsOf } from '../stance.ts'

/**
 * Free paraphrases against their whole sources: a denial where they deny nothing, and a word of
 * which they say only the opposite.
 */
export const oppositionChecker: Checker = {
  kinds: ['negation', 'contradiction'],
  check(matter) {
    const free = partsOf(matter).filter(({ verbatim }) => !verbatim)
    const found = free.flatMap((part): Finding[] => {
      const fault = denied(part, matter.sources) ?? turned(part, matter.sources)
      if (fault === undefined) return []
      return [
        {
          kind: fault.kind,
          message: `${fault.what}; ${placeOf(part.passage)} says ${quoted(part.passage)}.`,
          clause: clauseAt(matter.clauses, part.start + fault.at),
          sourceId: part.source.cited.id,
        },
      ]
    })
    return { looked: { negation: free.length, contradiction: free.length }, found }
  },
}

interface Fault {
  kind: 'negation' | 'contradiction'
  what: string
  at: number
}

const MISSING = /^(?:without|absen|lack)/

/**
 * The claim says no, and none of its sources says no to anything or the opposite of what the claim
 * denies.
 */
function denied({ reading, source }: Part, sources: readonly ReadSource[]): Fault | undefined {
  const no = reading.words.find((word) => denies(word, reading.text) && !MISSING.test(word.norm))
  if (no === undefined || sources.some(saysNo)) return undefined
  const target = reading.content.find((word) => word.start > no.start)
  if (target !== undefined && sources.some((each) => holdsOpposite(target, each))) return undefined
  return {
    kind: 'negation',
    what: `says "${no.text}", and ${source.cited.id} denies nothing`,
    at: no.start,
  }
}

/** Says that something falls short, which a reader may put as a denial. */
const LIMITS =
  /^(?:insufficien|inadequa|struggl|persist|remain(?:s|ed|ing)?$|fall(?:s|ing)?$|short(?:coming|age)|limited|limitation|unreliab|unsolved|ineffectiv|only$)/

const sayingNo = new WeakMap<ReadSource, boolean>()

function saysNo(source: ReadSource): boolean {
  const known = sayingNo.get(source)
  if (known !== undefined) return known
  const made = [...source.sentences, source.title].some(({ words, text }) =>
    words.some((word) => denies(word, text) || LIMITS.test(word.norm)),
  )
  sayingNo.set(source, made)
  return made
}

function holdsOpposite({ stem }: Word, { sentences, title }: ReadSource): boolean {
  return [...sentences, title].some(({ content }) => content.some((other) => opposites(stem, other.stem)))
}

/**
 * A direction or a judgement that the source does not hold, where it says the opposite: of the same
 * thing, or of anything for what is unwelcome.
 */
function turned({ reading, source }: Part, sources: readonly ReadSource[]): Fault | undefined {
  for (const word of reading.content) {
    const worth = valenceOf(word.stem)
    if (!polar(word.stem) || (worth === 0 && directionOf(word.stem) === 0)) continue
    if (sources.some((each) => sidesHeld(word, each).own) || !sidesHeld(word, source).other) continue
    if (worth >= 0 && !oppositeNear(reading, word, source)) continue
    return {
      kind: 'contradiction',
      what: `says "${word.text}", of which ${source.cited.id} says only the opposite`,
      at: word.start,
    }
  }
  return undefined
}

const REACH = 3

/** An opposite of the word stands near one of its neighbours in the source. */
function oppositeNear({ content }: Reading, word: Word, { sentences, title }: ReadSource): boolean {
  const at = content.indexOf(word)
  const neighbours = [content[at - 1], content[at + 1], content[at + 2]].filter(
    (each) => each !== undefined && each.piece === word.piece && !polar(each.stem),
  )
  return [...sentences, title].some(({ content: there }) =>
    there.some(
      (other, place) =>
        other.negated === word.negated &&
        opposites(other.stem, word.stem) &&
        there
          .slice(Math.max(0, place - REACH), place + REACH + 1)
          .some((each) => each !== other && neighbours.some((one) => likeness(one!, each) >= 0.75)),
    ),
  )
}
