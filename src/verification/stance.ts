import type { Fault, FaultKind, Stance } from './claims.ts'
import { SUPPORTED_MIN } from './grounding.ts'
import { linear } from './grounding-model.ts'
import type { Matter, Passage, ReadSource } from './matter.ts'
import type { Reading } from './reading.ts'
import { evidenceFor, stanceFeatures } from './stance-features.ts'
import { STANCE_WEIGHTS } from './stance-weights.ts'

/**
 * What is claimed of one source: the claim itself, or the part of it that the source carries best.
 */
export interface Part {
  reading: Reading
  /** Where the part starts in the claim's text. */
  start: number
  source: ReadSource
  /** The nearest passage. */
  passage: Passage
  /** Its passages say it in nearly the same words. */
  verbatim: boolean
}

/**
 * At these log odds a source is called supporting: one in seven that say the opposite passes in
 * cross-validation.
 */
export const SAME_MIN = 1
const NEARLY_SAME = 0.8

export function partsOf({ sources, whole, segments }: Matter): Part[] {
  const parts = segments.map(({ reading, start, passage, alignment }) => ({
    reading,
    start,
    source: passage.source,
    passage,
    verbatim: alignment.ordered >= NEARLY_SAME,
  }))
  const [first] = parts
  return first === undefined || sources.length > 1
    ? parts
    : [{ ...first, reading: whole, start: 0, verbatim: parts.every(({ verbatim }) => verbatim) }]
}

const OPPOSED: ReadonlySet<FaultKind> = new Set(['contradiction', 'negation', 'comparison', 'role'])

/**
 * What the cited texts have to do with a claim; undefined where nothing is stated or nothing exists
 * that is cited.
 */
export function stanceOf(matter: Matter, faults: readonly Pick<Fault, 'kind'>[]): Stance | undefined {
  const { form = 'statement' } = matter.claim
  if (matter.passages.length === 0 || (form !== 'statement' && form !== 'sum')) return undefined
  if (faults.some(({ kind }) => OPPOSED.has(kind))) return 'contradicts'
  if (faults.length > 0) return 'unclear'
  return partsOf(matter).every((part) => part.verbatim || saysTheSame(part, matter)) ? 'supports' : 'unclear'
}

/**
 * The source speaks of the matter, and the direction and the links of what it says are those of the
 * claim.
 */
function saysTheSame({ reading, source }: Part, { passages, idf }: Matter): boolean {
  const cited = passages.filter((passage) => passage.source === source).map((passage) => passage.reading)
  const { evidence, score } = evidenceFor(reading.text, source, cited, idf)
  return (
    score >= SUPPORTED_MIN &&
    linear(STANCE_WEIGHTS, stanceFeatures(reading, evidence, source, idf)) >= SAME_MIN
  )
}
