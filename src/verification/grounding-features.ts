import type { Abbreviations } from '../domain/text/abbreviations.ts'
import { negated } from '../domain/text/negation.ts'
import { commonSubsequence, type Idf } from '../domain/text/similarity.ts'
import { isStopWord, stem, tokens } from '../domain/text/tokens.ts'
import { type Direction, direction } from './polarity.ts'
import { offeredValues, quantities } from './quantities.ts'

/** One statement, read once: a claim or a sentence of a source. */
export interface Statement {
  text: string
  /** All words, normalised, in order. */
  words: readonly string[]
  /** Stems of the content words in order. */
  stems: string[]
  terms: ReadonlySet<string>
  /** `terms` and what the abbreviations among them stand for. */
  held: ReadonlySet<string>
  /** The same in one string, to find a term inside a longer one: `inflammatori` in `antiinflammatori`. */
  inside: string
  pairs: ReadonlySet<string>
  /** Neighbouring words written as one, so that `6-MP` meets `6MP`. */
  joined: ReadonlySet<string>
  prefixes: ReadonlyMap<string, string[]>
  /** Stems of names and acronyms: capitals or digits inside, or a capital that does not open the statement. */
  names: ReadonlySet<string>
  numbers: readonly string[]
  values: ReadonlySet<string>
  direction: Direction
  negated: boolean
}

const PREFIX = 5
const INSIDE_CHARS_MIN = 6

export function readStatement(text: string, abbreviations?: Abbreviations): Statement {
  const found = tokens(text)
  const norms = found.map((token) => token.norm)
  const list: string[] = []
  const names = new Set<string>()
  const joined = new Set<string>()
  for (const [at, token] of found.entries()) {
    const next = found[at + 1]
    if (next && next.start - token.end <= 1 && next.norm.length + token.norm.length < 24)
      joined.add(token.norm + next.norm)
    if (isStopWord(token.norm)) continue
    const form = stem(token.norm)
    list.push(form)
    if (
      /\p{L}/u.test(token.text) &&
      (/.\p{Lu}|\d/u.test(token.text) || (at > 0 && /^\p{Lu}/u.test(token.text)))
    )
      names.add(form)
  }
  const terms = new Set(list)
  const held = new Set(terms)
  if (abbreviations)
    for (const term of terms) for (const each of abbreviations.get(term) ?? []) held.add(each)
  const prefixes = new Map<string, string[]>()
  for (const term of terms) {
    if (term.length < PREFIX) continue
    const key = term.slice(0, PREFIX)
    prefixes.set(key, [...(prefixes.get(key) ?? []), term])
  }
  const pairs = new Set(list.slice(1).map((term, at) => `${list[at]} ${term}`))
  return {
    text,
    words: norms,
    stems: list,
    terms,
    held,
    inside: [...held].join(' '),
    pairs,
    joined,
    prefixes,
    names,
    numbers: quantities(text).map(({ value }) => value),
    values: offeredValues(text),
    direction: direction(norms),
    negated: negated(norms),
  }
}

/** How much of a claim's term a statement holds: 1 the stem or the same letters, less for a shared beginning, 0 nothing. */
export function termMatch(
  term: string,
  claim: Statement,
  source: Statement,
  abbreviations?: Abbreviations,
): number {
  if (source.held.has(term) || source.joined.has(term)) return 1
  for (const other of claim.joined) if (other.includes(term) && source.terms.has(other)) return 1
  const long = abbreviations?.get(term)
  if (long?.every((each) => source.held.has(each))) return 0.9
  if (term.length < PREFIX) return 0
  if (term.length >= INSIDE_CHARS_MIN && source.inside.includes(term)) return 0.7
  let best = 0
  for (const other of source.prefixes.get(term.slice(0, PREFIX)) ?? []) {
    let shared = PREFIX
    while (shared < term.length && term[shared] === other[shared]) shared += 1
    best = Math.max(best, shared / Math.max(term.length, other.length))
  }
  return best >= 0.55 ? 0.8 * best : 0
}

/** The terms of a claim with their weights (idf shares that sum to 1) and how well each sentence holds each. */
export interface Matching {
  claim: Statement
  terms: string[]
  weights: number[]
  /** Per sentence, per term, 0 to 1. */
  rows: number[][]
  title: number[]
}

export function matchClaim(
  claim: Statement,
  sentences: readonly Statement[],
  title: Statement | undefined,
  idf: Idf,
  abbreviations?: Abbreviations,
): Matching {
  const terms = [...claim.terms]
  const raw = terms.map((term) => Math.max(0.01, idf(term)))
  const total = raw.reduce((sum, weight) => sum + weight, 0) || 1
  return {
    claim,
    terms,
    weights: raw.map((weight) => weight / total),
    rows: sentences.map((sentence) => terms.map((term) => termMatch(term, claim, sentence, abbreviations))),
    title: terms.map((term) => (title ? termMatch(term, claim, title, abbreviations) : 0)),
  }
}

/** Weighted share of the claim's terms that a row of matches holds. */
export function coverage(weights: readonly number[], row: readonly number[]): number {
  let sum = 0
  for (let at = 0; at < weights.length; at += 1) sum += weights[at]! * (row[at] ?? 0)
  return sum
}

export function union(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, at) => Math.max(value, b[at] ?? 0))
}

/** Weight share of a claim's names that a row holds; 1 when the claim names nothing. */
export function nameCoverage({ claim, terms, weights }: Matching, row: readonly number[]): number {
  let held = 0
  let total = 0
  for (const [at, term] of terms.entries()) {
    if (!claim.names.has(term)) continue
    total += weights[at]!
    held += weights[at]! * row[at]!
  }
  return total === 0 ? 1 : held / total
}

/** The weight of the heaviest term a row misses, relative to the heaviest of all. */
export function heaviestMiss({ weights }: Matching, row: readonly number[]): number {
  let missed = 0
  for (const [at, weight] of weights.entries()) missed = Math.max(missed, weight * (1 - row[at]!))
  return missed / Math.max(...weights, 1e-9)
}

export function pairShare(claim: Statement, source: Statement): number {
  let shared = 0
  for (const pair of claim.pairs) if (source.pairs.has(pair)) shared += 1
  return shared / Math.max(1, claim.pairs.size)
}

export function orderShare(claim: Statement, source: Statement): number {
  return commonSubsequence(claim.stems, source.stems.slice(0, 100)) / Math.max(1, claim.stems.length)
}

/** Share of the claim's numbers found; 1 when it states none. */
export function numberShare(claim: Statement, source: Statement): number {
  if (claim.numbers.length === 0) return 1
  return claim.numbers.filter((value) => source.values.has(value)).length / claim.numbers.length
}

export function idfCosine(claim: Statement, source: Statement, idf: Idf): number {
  let dot = 0
  let a = 0
  let b = 0
  for (const term of claim.terms) {
    const weight = idf(term) ** 2
    a += weight
    if (source.terms.has(term)) dot += weight
  }
  for (const term of source.terms) b += idf(term) ** 2
  return dot / Math.max(1e-9, Math.sqrt(a * b))
}
