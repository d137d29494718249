import type { Fact } from '../domain/recall.ts'
import { negated } from '../domain/text/negation.ts'
import { stems, words } from '../domain/text/tokens.ts'
import { inFirstPerson } from './clause.ts'
import { overlap, type Statement, statementsIn } from './statements.ts'

/*
 * Facts that contradict each other as far as wording tells. They are kept both, and whoever reads one is told of the other: which of
 * them holds is for a person to say. Rather too many are marked than too few.
 */

/** Pairs that are looked at, of one subject. */
const pairsMax = 200_000
const termsMin = 2

/** What a fact states, whoever wrote it; none when no rule reads it. */
export const statementsOf = (fact: string): Statement[] => statementsIn(inFirstPerson(fact))

const within = (some: ReadonlySet<string>, all: ReadonlySet<string>): boolean => {
  for (const term of some) if (!all.has(term)) return false
  return true
}

type Read = { fact: Fact; statements: readonly Statement[]; terms: ReadonlySet<string>; no: boolean }

const read = (fact: Fact): Read => ({
  fact,
  statements: statementsOf(fact.fact),
  terms: new Set(stems(fact.fact)),
  no: negated(words(fact.fact)),
})

const contradict = (one: Statement, other: Statement): boolean => {
  if (one.slot !== other.slot) return false
  const same = overlap(one.value, other.value)
  if (one.negated !== other.negated) return same
  // Two that say yes to different values of what has one at a time, where the rules could not tell that the later supersedes.
  const several = one.holds === 'each' || other.holds === 'each'
  return !one.negated && !several && !same
}

const contradicting = (one: Read, other: Read): boolean => {
  if (one.statements.length > 0 && other.statements.length > 0)
    return one.statements.some((mine) => other.statements.some((theirs) => contradict(mine, theirs)))
  if (one.no === other.no) return false
  const [few, many] = one.terms.size <= other.terms.size ? [one.terms, other.terms] : [other.terms, one.terms]
  return few.size >= termsMin && within(few, many)
}

/** The facts, each with the `about` of those that contradict it. */
export const withConflicts = (facts: readonly Fact[]): Fact[] => {
  const all = facts.map(read)
  const found = new Map<Fact, string[]>()
  const note = (one: Fact, other: Fact) => {
    const known = found.get(one)
    if (known === undefined) found.set(one, [other.about])
    else known.push(other.about)
  }
  let left = pairsMax
  const compare = (one: Read, other: Read) => {
    left--
    if (one === other || found.get(one.fact)?.includes(other.fact.about) || !contradicting(one, other)) return
    note(one.fact, other.fact)
    note(other.fact, one.fact)
  }
  const [no, yes] = [all.filter((one) => says(one, true)), all.filter((one) => says(one, false))]
  const near = neighbours(yes)
  for (const one of no)
    for (const other of near(one)) {
      if (left <= 0) break
      compare(one, other)
    }
  // What has one value at a time, by its slot: few facts each.
  for (const several of bySlot(yes))
    for (const [i, one] of several.entries())
      for (const other of several.slice(i + 1)) {
        if (left <= 0) break
        compare(one, other)
      }
  return facts.map((fact) => {
    const conflicts = found.get(fact)
    return conflicts === undefined ? fact : { ...fact, conflicts }
  })
}

/** The facts that one could contradict: of statements, those of the same slot that share a word of the value; else all. */
const neighbours = (all: readonly Read[]): ((one: Read) => Iterable<Read>) => {
  const index = new Map<string, Read[]>()
  const unread = all.filter(({ statements }) => statements.length === 0)
  const add = (key: string, one: Read) => {
    const known = index.get(key)
    if (known === undefined) index.set(key, [one])
    else known.push(one)
  }
  for (const one of all)
    for (const { slot, value } of one.statements) {
      add(slot, one)
      for (const term of value.length === 0 ? [''] : value) add(`${slot}\n${term}`, one)
    }
  return (one) => {
    if (one.statements.length === 0) return all
    const found = new Set(unread)
    for (const { slot, value } of one.statements) {
      const keys = value.length === 0 ? [slot] : ['', ...value].map((term) => `${slot}\n${term}`)
      for (const key of keys) for (const other of index.get(key) ?? []) found.add(other)
    }
    return found
  }
}

/** Whether it says no, or yes, to anything: a fact of several statements may do both. */
const says = ({ statements, no }: Read, wanted: boolean): boolean =>
  statements.length === 0 ? no === wanted : statements.some(({ negated }) => negated === wanted)

const bySlot = (all: readonly Read[]): Iterable<Read[]> => {
  const slots = new Map<string, Read[]>()
  for (const one of all)
    for (const { slot, holds } of one.statements)
      if (holds !== 'each') slots.set(slot, [...(slots.get(slot) ?? []), one])
  return slots.values()
}
