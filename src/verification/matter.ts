import type { Abbreviations } from '../domain/text/abbreviations.ts'
import type { Idf } from '../domain/text/similarity.ts'
import type { Alignment } from './alignment.ts'
import type { CitedClaim, CitedSource, Fault, FaultKind } from './claims.ts'
import type { Clause } from './clauses.ts'
import type { PreparedSource } from './grounding.ts'
import type { NameIndex } from './names.ts'
import type { Reading } from './reading.ts'

/** A source, read once for all claims. */
export interface ReadSource {
  cited: CitedSource
  title: Reading
  sentences: readonly Reading[]
  /** Names of its title, sentences and authors. */
  names: NameIndex
  /** For the model of support. */
  prepared: PreparedSource
  abbreviations: Abbreviations
  /** Family names, lower case; empty when unknown. */
  families: readonly string[]
  year: string
}

/** A sentence (or title, `sentence` -1) that a claim cites. */
export interface Passage {
  source: ReadSource
  sentence: number
  reading: Reading
}

/** Clauses in a row that one passage carries best, laid beside it. */
export interface Segment {
  clauses: readonly number[]
  /** Of the claim; positions count from `start` of the claim's text. */
  reading: Reading
  start: number
  passage: Passage
  alignment: Alignment
}

/** A claim with what it cites, as the checkers get it. */
export interface Matter {
  claim: CitedClaim
  /** The text with attributions blanked out; positions are those of the claim's text. */
  text: string
  whole: Reading
  clauses: readonly Clause[]
  readings: readonly Reading[]
  /** Distinct sources cited that exist. */
  sources: readonly ReadSource[]
  /** Sentences cited, titles aside. */
  passages: readonly Passage[]
  titles: readonly Passage[]
  segments: readonly Segment[]
  idf: Idf
}

export interface Finding {
  kind: FaultKind
  /** Continues "Claim {id} ...". */
  message: string
  clause?: number
  sourceId?: string
  citation?: number
}

export interface Report {
  looked: Partial<Record<FaultKind, number>>
  found: Finding[]
}

/** One rung of the ladder: looks for its kinds of fault and for nothing else. */
export interface Checker {
  kinds: readonly FaultKind[]
  check(matter: Matter): Report
}

export function faultOf(claimId: string, { kind, message, ...where }: Finding): Fault {
  return { kind, claimId, message: `Claim ${claimId} ${message}`, ...where }
}

/** Which clause a position of the claim's text is in; -1 for none. */
export function clauseAt(clauses: readonly Clause[], at: number): number {
  return clauses.findIndex(({ start, end }) => start <= at && at < end)
}

export function placeOf({ source, sentence }: Passage): string {
  return sentence < 0 ? `the title of ${source.cited.id}` : `sentence ${sentence} of ${source.cited.id}`
}

const EXCERPT_CHARS = 160

export function excerpt(text: string): string {
  const plain = text.replace(/\s+/g, ' ').trim()
  return plain.length <= EXCERPT_CHARS ? plain : `${plain.slice(0, EXCERPT_CHARS - 3).trimEnd()}...`
}

/** `"..."` of a passage, for messages. */
export function quoted({ reading }: Passage): string {
  return `"${excerpt(reading.text)}"`
}
