import { type Idf, idfTable } from '../domain/text/similarity.ts'
import { stems, words } from '../domain/text/tokens.ts'
import { align } from './alignment.ts'
import { attributionsIn, withoutAttributions } from './attributions.ts'
import { attributionChecker } from './checkers/attribution.ts'
import { causeChecker } from './checkers/causes.ts'
import { entityChecker } from './checkers/entities.ts'
import { numberChecker } from './checkers/numbers.ts'
import { oppositionChecker } from './checkers/opposition.ts'
import { polarityChecker } from './checkers/polarity.ts'
import { quoteChecker } from './checkers/quote.ts'
import { roleChecker } from './checkers/roles.ts'
import { sourceChecker } from './checkers/sources.ts'
import { strengthChecker } from './checkers/strength.ts'
import { clauseSupport, supportChecker } from './checkers/support.ts'
import { timeChecker } from './checkers/times.ts'
import type {
  CitedClaim,
  CitedReport,
  CitedSource,
  ClaimVerdict,
  ClauseVerdict,
  Fault,
  FaultKind,
  Verification,
} from './claims.ts'
import { type Clause, clauses } from './clauses.ts'
import { plainRarity } from './grounding.ts'
import { readSource } from './library.ts'
import { type Checker, faultOf, type Matter, type Passage, type ReadSource, type Segment } from './matter.ts'
import { type Reading, readText, TEXT_CHARS_MAX } from './reading.ts'
import { withoutFaults } from './repair.ts'
import { stanceOf } from './stance.ts'
import { type Piece, statedIn } from './stated.ts'

export interface VerifyOptions {
  /** Rarity of stems; by default counted over the report's own sources. */
  idf?: Idf
}

/** The ladder, cheapest first. */
export const CHECKERS: readonly Checker[] = [
  sourceChecker,
  quoteChecker,
  attributionChecker,
  numberChecker,
  entityChecker,
  roleChecker,
  polarityChecker,
  strengthChecker,
  causeChecker,
  timeChecker,
  oppositionChecker,
  supportChecker,
]

/** Rarity counted over fewer sources than this says more about the topic than about the words. */
const IDF_SOURCES_MIN = 20

/**
 * Checks every claim of a report against what it cites, by code alone: the same answer each time, no network. A claim is read by its
 * clauses; each needs one citation that carries it, not all of them. The verdict says per kind what was looked at and what was found.
 */
export function verifyClaims(report: CitedReport, options: VerifyOptions = {}): Verification {
  const idf = options.idf ?? rarityOf(report.sources)
  const library = libraryOf(report.sources)
  const said = new Map<string, string>()
  return summed(
    report.claims.map((claim) => {
      const key = `${claim.form ?? ''} ${words(claim.text).join(' ')}`
      const twin = said.get(key)
      if (twin === undefined) said.set(key, claim.id)
      const verdict = verifyClaim(claim, library, idf)
      if (twin === undefined) return verdict
      const fault = faultOf(claim.id, { kind: 'duplicate', message: `says what claim ${twin} says.` })
      return { ...verdict, met: false, faults: [...verdict.faults, fault] }
    }),
  )
}

type Library = (id: string) => ReadSource | undefined

function libraryOf(sources: readonly CitedSource[]): Library {
  const byId = new Map(sources.map((source) => [source.id, source]))
  const read = new Map<string, ReadSource>()
  return (id) => {
    const source = byId.get(id)
    if (source === undefined) return undefined
    const known = read.get(id) ?? readSource(source)
    read.set(id, known)
    return known
  }
}

function rarityOf(sources: readonly CitedSource[]): Idf {
  return sources.length < IDF_SOURCES_MIN
    ? plainRarity
    : idfTable(sources.map(({ title, sentences }) => stems(`${title} ${sentences.join(' ')}`)))
}

function verifyClaim(claim: CitedClaim, library: Library, idf: Idf): ClaimVerdict {
  const pieces = statedIn(claim.text.slice(0, TEXT_CHARS_MAX), claim.form ?? 'statement')
  if (pieces.length === 0 && claim.citations.length === 0)
    return { claimId: claim.id, met: true, clauses: [], faults: [], looked: { source: 1 } }
  const verdict = judged(claim, pieces, library, idf)
  if (verdict.met) return verdict
  const repaired = withoutFaults(claim, verdict)
  return repaired && judged(repaired, statedIn(repaired.text, repaired.form ?? 'statement'), library, idf).met
    ? { ...verdict, repaired }
    : verdict
}

function judged(claim: CitedClaim, pieces: readonly Piece[], library: Library, idf: Idf): ClaimVerdict {
  const matter = matterOf(claim, pieces, library, idf)
  const looked: Partial<Record<FaultKind, number>> = {}
  const faults: Fault[] = []
  for (const checker of CHECKERS) {
    const { looked: own, found } = checker.check(matter)
    for (const kind of checker.kinds)
      if (own[kind] !== undefined) looked[kind] = (looked[kind] ?? 0) + own[kind]
    faults.push(...found.map((finding) => faultOf(claim.id, finding)))
  }
  const stance = stanceOf(matter, faults)
  return {
    claimId: claim.id,
    met: faults.length === 0,
    ...(stance && { stance }),
    clauses: matter.clauses.map((clause, at) => clauseVerdict(matter, clause, at)),
    faults,
    looked,
  }
}

function clauseVerdict(matter: Matter, clause: Clause, at: number): ClauseVerdict {
  const segment = matter.segments.find((each) => each.clauses.includes(at))
  const evidence = segment && {
    sourceId: segment.passage.source.cited.id,
    sentence: segment.passage.sentence,
  }
  return { ...clause, support: clauseSupport(matter, matter.readings[at]!), ...(evidence && { evidence }) }
}

function matterOf(claim: CitedClaim, pieces: readonly Piece[], library: Library, idf: Idf): Matter {
  const said = claim.text.slice(0, TEXT_CHARS_MAX)
  const text = onlyPieces(withoutAttributions(said, attributionsIn(said)), pieces)
  const own = clauses(text)
  const readings = own.map((clause) => readText(clause.text))
  const sources = [...new Set(claim.citations.map(({ sourceId }) => sourceId))].flatMap(
    (id) => library(id) ?? [],
  )
  const passages = sources.flatMap((source) => passagesOf(source, claim))
  const titles = sources.map((source): Passage => ({ source, sentence: -1, reading: source.title }))
  const whole = readText(text)
  return {
    claim,
    text,
    whole,
    clauses: own,
    readings,
    sources,
    passages,
    titles,
    segments: segmentsOf(text, own, readings, whole, passages),
    idf,
  }
}

/** What states nothing is blanked out; positions stay. */
function onlyPieces(text: string, pieces: readonly Piece[]): string {
  let plain = ''
  for (const { start, end } of pieces)
    plain = plain.padEnd(start, ' ') + text.slice(Math.max(start, plain.length), end)
  return plain.padEnd(text.length, ' ')
}

function passagesOf(source: ReadSource, claim: CitedClaim): Passage[] {
  const own = claim.citations.filter(({ sourceId }) => sourceId === source.cited.id)
  const all = own.some(({ sentence }) => sentence === undefined)
  const named = new Set(own.map(({ sentence }) => sentence))
  return source.sentences.flatMap((reading, sentence) =>
    all || named.has(sentence) ? [{ source, sentence, reading }] : [],
  )
}

const CANDIDATES = 10
const WHOLE_MIN = 0.7

function segmentsOf(
  text: string,
  own: readonly { start: number; end: number }[],
  readings: readonly Reading[],
  whole: Reading,
  passages: readonly Passage[],
): Segment[] {
  if (passages.length === 0) return []
  const full = bestPassage(whole, passages)
  if (full && full.alignment.held >= WHOLE_MIN)
    return [{ clauses: own.map((_, at) => at), reading: whole, start: 0, ...full }]
  const best = readings.map((reading) => bestPassage(reading, passages))
  const segments: Segment[] = []
  for (const [at, each] of best.entries()) {
    if (each === undefined) continue
    const last = segments.at(-1)
    if (last && last.passage === each.passage && last.clauses.at(-1) === at - 1) {
      const clause = [...last.clauses, at]
      const reading = readText(text.slice(last.start, own[at]!.end))
      segments[segments.length - 1] = {
        ...last,
        clauses: clause,
        reading,
        alignment: align(reading, each.passage.reading),
      }
    } else segments.push({ clauses: [at], reading: readings[at]!, start: own[at]!.start, ...each })
  }
  return segments
}

function bestPassage(
  reading: Reading,
  passages: readonly Passage[],
): Pick<Segment, 'passage' | 'alignment'> | undefined {
  const own = new Set(reading.content.map(({ stem }) => stem))
  const candidates = passages
    .map((passage) => ({
      passage,
      shared: new Set(passage.reading.content.filter(({ stem }) => own.has(stem)).map(({ stem }) => stem))
        .size,
    }))
    .sort((a, b) => b.shared - a.shared)
    .slice(0, CANDIDATES)
    .map(({ passage }) => ({ passage, alignment: align(reading, passage.reading) }))
  return candidates.toSorted(
    (a, b) => b.alignment.held + 0.2 * b.alignment.ordered - (a.alignment.held + 0.2 * a.alignment.ordered),
  )[0]
}

function summed(claims: ClaimVerdict[]): Verification {
  const faults = claims.flatMap((claim) => claim.faults)
  const kinds: Verification['kinds'] = {}
  for (const { looked } of claims)
    for (const [kind, count] of Object.entries(looked) as [FaultKind, number][]) {
      const known = kinds[kind] ?? { looked: 0, found: 0 }
      kinds[kind] = { ...known, looked: known.looked + count }
    }
  for (const { kind } of faults) {
    const known = kinds[kind] ?? { looked: 0, found: 0 }
    kinds[kind] = { ...known, found: known.found + 1 }
  }
  const redo = claims
    .filter(({ met }) => !met)
    .map(({ claimId, faults: own }) => ({ claimId, feedback: own.map(({ message }) => message).join(' ') }))
  return {
    met: faults.length === 0,
    claims,
    faults,
    reasons: faults.map(({ message }) => message),
    kinds,
    ...(redo.length > 0 && { redo }),
  }
}
