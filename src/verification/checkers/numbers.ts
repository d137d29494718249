import { likeness } from '../alignment.ts'
import {
  type Checker,
  clauseAt,
  type Finding,
  type Matter,
  type Passage,
  placeOf,
  quoted,
} from '../matter.ts'
import { offeredValues, type Quantity } from '../quantities.ts'
import type { Reading, Word } from '../reading.ts'
import { countOf } from './sources.ts'

interface Offered extends Quantity {
  passage: Passage
}

/** A number of the claim and where the source states it. */
interface Agreed {
  own: Quantity
  there: Offered[]
}

interface Near {
  word: Word
  weight: number
}

/** Numbers stand in what is cited, with their unit, as numbers of the same thing. */
export const numberChecker: Checker = {
  kinds: ['number', 'unit'],
  check(matter) {
    // How many papers it speaks of is the checker's of sources.
    const papers = countOf(matter.text)?.start
    const stated = matter.whole.quantities.filter((each) => !isYear(each) && each.start !== papers)
    const offered: Offered[] = [...matter.passages, ...matter.titles].flatMap((passage) =>
      passage.reading.quantities.map((each) => ({ ...each, passage })),
    )
    const found: Finding[] = []
    const agreed: Agreed[] = []
    if (matter.passages.length === 0) return { looked: {}, found }
    for (const own of stated) {
      const there = offered.filter((each) => sameAmount(own, each) && sameUnit(own, each))
      if (there.length > 0) agreed.push({ own, there })
      else found.push(...missing(matter, own, offered))
    }
    found.push(...exchanged(matter, agreed), ...ofSomethingElse(matter, agreed, offered))
    return {
      looked: { number: stated.length, unit: stated.filter(({ unit }) => unit !== '').length },
      found,
    }
  },
}

/** A year is a matter of time. */
export function isYear({ unit, text }: Quantity): boolean {
  return unit === '' && /^(?:19|20)\d\d$/.test(text)
}

const ROUNDING = 0.08

function sameAmount(own: Quantity, there: Quantity): boolean {
  const [a, b] = [own.amount, there.amount]
  const scale = Math.max(Math.abs(a), Math.abs(b), 1e-12)
  if (Math.abs(a - b) <= 1e-9 * scale) return true
  if (significant(own) >= significant(there)) return false
  const near = Math.abs(a - b) <= ROUNDING * scale
  if (own.bound === 'over') return near && b >= a
  if (own.bound === 'under') return near && b <= a
  if (own.approximate) return near
  return significant(own) >= 2 && Math.abs(a - b) <= 0.5 * 10 ** -decimals(own) + 1e-9
}

function significant({ value, approximate, amount }: Quantity): number {
  if (approximate && amount === 66.66666666666667) return 1
  return value.replace('.', '').replace(/^0+/, '').replace(/0+$/, '').length
}

function decimals({ value }: Quantity): number {
  return value.split('.')[1]?.length ?? 0
}

const MAGNITUDES = new Set(['k', 'm', 'b', 't'])

function sameUnit(own: Quantity, there: Quantity): boolean {
  if (own.unit === there.unit || own.unit === '') return true
  if (MAGNITUDES.has(own.unit) || MAGNITUDES.has(there.unit))
    return there.unit === '' || MAGNITUDES.has(there.unit)
  return there.unit === '' && (own.unit === 'point' || own.unit === '%')
}

/** A number the cited text does not state: with another unit, or not at all. */
function missing(matter: Matter, own: Quantity, offered: readonly Offered[]): Finding[] {
  const clause = clauseAt(matter.clauses, own.start)
  const places = matter.passages.length === 1 ? placeOf(matter.passages[0]!) : 'what it cites'
  const otherUnit = offered.find((each) => each.value === own.value || sameAmount(own, each))
  if (otherUnit)
    return [
      {
        kind: 'unit',
        message: `states ${own.text}; ${placeOf(otherUnit.passage)} says ${otherUnit.text}.`,
        clause,
        sourceId: otherUnit.passage.source.cited.id,
      },
    ]
  if (own.unit === '' || MAGNITUDES.has(own.unit)) {
    const inNames = [...matter.passages, ...matter.titles].some(({ reading }) =>
      offeredValues(reading.text).has(own.value),
    )
    if (inNames) return []
  }
  if ((isWord(own) || isSmallCount(own)) && !contradictsWord(matter, own, offered)) return []
  return [{ kind: 'number', message: `states ${own.text}, which does not stand in ${places}.`, clause }]
}

function isWord({ text }: Quantity): boolean {
  return !/\d/.test(text)
}

const SMALL_COUNT_MAX = 12

/** "4 tasks", as a reader counts them. */
function isSmallCount({ amount, unit, bound, text }: Quantity): boolean {
  return unit === '' && bound === '' && /^\d+$/.test(text) && amount <= SMALL_COUNT_MAX
}

/**
 * A number in words, or a small count, may be the reader's own count of what a source lists; it is
 * wrong when the source counts the same thing otherwise.
 */
function contradictsWord(matter: Matter, own: Quantity, offered: readonly Offered[]): boolean {
  const near = matter.segments.find(
    ({ start, reading }) => start <= own.start && own.start < start + reading.text.length,
  )
  if (near && near.alignment.ordered >= NEAR) return true
  if (own.unit !== '') return offered.some((each) => each.unit === own.unit)
  const noun = followers(matter.whole, own)[0]
  return (
    noun !== undefined &&
    offered.some(
      (each) =>
        each.unit === '' &&
        followers(each.passage.reading, each)
          .slice(0, 2)
          .some((word) => likeness(noun, word) > 0),
    )
  )
}

const NEAR = 0.6

/** Content words after a number, up to the next mark. */
function followers(reading: Reading, quantity: Quantity): Word[] {
  const piece = reading.words.find(({ start }) => start >= quantity.start)?.piece
  return reading.content
    .filter((word) => word.start >= quantity.end && word.piece === piece && !/^\d/.test(word.norm))
    .slice(0, 4)
}

const REACH = 6

/** The content words around a number, nearer ones counting more, those beyond a mark or another number less. */
function context(reading: Reading, { start, end }: Quantity): Near[] {
  const words = reading.content.filter((word) => word.end <= start || word.start >= end)
  const split = words.findIndex((word) => word.start >= end)
  const after = split < 0 ? [] : words.slice(split)
  const before = (split < 0 ? words : words.slice(0, split)).toReversed()
  const piece = reading.words.find((word) => word.start >= start)?.piece ?? 0
  const weigh = (list: readonly Word[]) => {
    let crossed = 0
    let last = piece
    return list.slice(0, REACH).map((word, at) => {
      if (word.piece !== last) crossed += 1
      last = word.piece
      if (word.counts) crossed += 1
      return { word, weight: 0.5 ** crossed / (1 + 0.35 * at) }
    })
  }
  return [...weigh(after), ...weigh(before)].filter(({ word }) => !word.counts)
}

/** How alike the surroundings of two numbers are, 0 to 1. */
function surroundings(a: Reading, own: Quantity, b: Reading, there: Quantity): number {
  // A system's name stands with all of its numbers.
  const here = context(a, own).filter(({ word }) => !word.strong)
  const others = context(b, there)
  const total = here.reduce((sum, { weight }) => sum + weight, 0)
  if (total === 0) return 0
  return (
    here.reduce(
      (sum, { word, weight }) =>
        sum +
        weight *
          Math.max(0, ...others.map((each) => Math.min(1, 1.5 * each.weight) * likeness(word, each.word))),
      0,
    ) / total
  )
}

const EXCHANGED_MAX = -0.2
const PARTNERS_MAX = 8

/** Two numbers that stand among each other's words: what tells their surroundings apart in the claim tells them apart the other way. */
function exchanged(matter: Matter, agreed: readonly Agreed[]): Finding[] {
  const found: Finding[] = []
  for (const [at, one] of agreed.entries()) {
    for (const two of agreed.slice(at + 1, at + PARTNERS_MAX)) {
      if (one.own.amount === two.own.amount || kindOfUnit(one.own) !== kindOfUnit(two.own)) continue
      const here = differences(matter, one, two)
      if (here >= EXCHANGED_MAX) continue
      found.push({
        kind: 'number',
        message: `exchanges ${one.own.text} and ${two.own.text}; ${placeOf(one.there[0]!.passage)} says ${quoted(one.there[0]!.passage)}.`,
        clause: clauseAt(matter.clauses, one.own.start),
      })
    }
  }
  return found
}

/** Cosine of the differences between the surroundings of two numbers, in the claim and in the source: -1 to 1. */
function differences(matter: Matter, one: Agreed, two: Agreed): number {
  const [a, b] = [context(matter.whole, one.own), context(matter.whole, two.own)]
  const words = [...new Map([...a, ...b].map(({ word }) => [word.stem, word])).values()]
  const weigh = (list: readonly Near[], word: Word) =>
    Math.max(0, ...list.map((each) => each.weight * likeness(word, each.word)))
  const places = (there: readonly Offered[]) => there.map((each) => context(each.passage.reading, each))
  let dot = 0
  let [left, right] = [0, 0]
  const [first, second] = [places(one.there), places(two.there)]
  for (const word of words) {
    const own = weigh(a, word) - weigh(b, word)
    const theirs =
      Math.max(...first.map((near) => weigh(near, word))) -
      Math.max(...second.map((near) => weigh(near, word)))
    dot += own * theirs
    left += own * own
    right += theirs * theirs
  }
  return dot === 0 ? 0 : dot / Math.sqrt(left * right)
}

function kindOfUnit({ unit }: Quantity): string {
  return MAGNITUDES.has(unit) || unit === '' ? '' : unit === 'point' ? '%' : unit
}

/** "4 baselines" where the source has 4 data sets, and baselines by another number. */
function countsOther(
  matter: Matter,
  own: Quantity,
  there: readonly Offered[],
  offered: readonly Offered[],
): Finding | undefined {
  if (kindOfUnit(own) !== '') return undefined
  const nouns = followers(matter.whole, own).slice(0, 2)
  const noun = nouns.find(
    (word) =>
      !there.some((each) =>
        followers(each.passage.reading, each)
          .slice(0, 3)
          .some((other) => likeness(word, other) > 0),
      ),
  )
  if (
    noun === undefined ||
    nouns.some((word) =>
      there.some(
        (each) =>
          followers(each.passage.reading, each)[0] !== undefined &&
          likeness(word, followers(each.passage.reading, each)[0]!) > 0,
      ),
    )
  )
    return undefined
  const other = offered.find(
    (each) =>
      kindOfUnit(each) === '' &&
      !sameAmount(own, each) &&
      followers(each.passage.reading, each)
        .slice(0, 2)
        .some((word) => likeness(noun, word) === 1),
  )
  if (other === undefined) return undefined
  return {
    kind: 'number',
    message: `counts ${own.text} ${noun.text}; ${placeOf(other.passage)} says ${other.text}: ${quoted(other.passage)}.`,
    clause: clauseAt(matter.clauses, own.start),
  }
}

/** A number that the source gives to one thing and the claim to another, of which the source has another number. */
function ofSomethingElse(matter: Matter, agreed: readonly Agreed[], offered: readonly Offered[]): Finding[] {
  return agreed.flatMap(({ own, there }): Finding[] => {
    const counted = countsOther(matter, own, there, offered)
    if (counted) return [counted]
    const own1 = Math.max(...there.map((each) => surroundings(matter.whole, own, each.passage.reading, each)))
    const rival = offered
      .filter(
        (each) =>
          !agreed.some(({ own: other }) => sameAmount(other, each)) &&
          kindOfUnit(each) === kindOfUnit(own) &&
          !isYear(each),
      )
      .map((each) => ({ each, fit: surroundings(matter.whole, own, each.passage.reading, each) }))
      .sort((a, b) => b.fit - a.fit)[0]
    if (rival === undefined || rival.fit < 0.4 || rival.fit <= 2 * own1) return []
    return [
      {
        kind: 'number' as const,
        message: `gives ${own.text} for what ${placeOf(rival.each.passage)} gives ${rival.each.text}: ${quoted(rival.each.passage)}.`,
        clause: clauseAt(matter.clauses, own.start),
      },
    ]
  })
}
