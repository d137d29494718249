import { type Idf, idfTable } from '../domain/text/similarity.ts'
import { stems } from '../domain/text/tokens.ts'
import type { Citation, CitedClaim, CitedReport, CitedSource } from './claims.ts'
import { type Grounding, groundingScore, type PreparedSource, prepareSource } from './grounding.ts'
import { coverage, matchClaim, readStatement } from './grounding-features.ts'
import { offeredValues, quantities } from './quantities.ts'
import { holdsQuote } from './quotes.ts'

export type { CitedClaim, CitedReport, CitedSource } from './claims.ts'
export { holdsQuote } from './quotes.ts'

export interface CitationFinding {
  claimId: string
  sourceId?: string
  kind: 'unknown-source' | 'uncited' | 'misquoted' | 'unsupported' | 'number-mismatch'
  message: string
}

/** `met` when nothing was found; otherwise a reason per finding, and the claims to write again with what was wrong with each. */
export interface CitationVerdict {
  met: boolean
  reasons: string[]
  findings: CitationFinding[]
  redo?: { claimId: string; feedback: string }[]
}

export interface CitationOptions {
  /** Grounding score under which a cited passage does not support its claim, 0 to 1. */
  supportMin?: number
  /** Rarity of stems; by default counted over the report's own sources. */
  idf?: Idf
}

/**
 * Lower than the balanced threshold of grounding: a false alarm costs a needless rewrite of an honest sentence, and a claim
 * that borrows nothing from its source stays far below either.
 */
const SUPPORT_MIN = 0.35
/** Rarity counted over fewer sources than this says more about the topic than about the words. */
const IDF_SOURCES_MIN = 20
/** Only a claim in nearly the words of the sentence can be said to turn it round: elsewhere the hint is wrong too often. */
const OPPOSED_OVERLAP_MIN = 0.75
const EXCERPT_CHARS = 160

/**
 * Checks every citation of a report against its sources: the source exists, the quote stands in it, the claim's numbers stand in what is
 * cited, and what is cited supports the claim. Each claim needs at least one citation, and every citation must hold by itself but for
 * numbers, which any of the claim's citations may carry. Deterministic; no model is asked.
 */
export function checkCitations(report: CitedReport, options: CitationOptions = {}): CitationVerdict {
  const library = readSources(report.sources, options.idf)
  const findings = report.claims.flatMap((claim) =>
    checkClaim(claim, library, options.supportMin ?? SUPPORT_MIN),
  )
  const byClaim = Map.groupBy(findings, (finding) => finding.claimId)
  const redo = Array.from(byClaim, ([claimId, all]) => ({
    claimId,
    feedback: all.map(({ message }) => message).join(' '),
  }))
  return {
    met: findings.length === 0,
    reasons: findings.map(({ message }) => message),
    findings,
    ...(redo.length > 0 && { redo }),
  }
}

interface Library {
  sources: ReadonlyMap<string, CitedSource>
  prepared: (source: CitedSource) => PreparedSource
  idf: Idf | undefined
}

function readSources(sources: readonly CitedSource[], given: Idf | undefined): Library {
  const read = new Map<string, PreparedSource>()
  const idf =
    given ??
    (sources.length < IDF_SOURCES_MIN
      ? undefined
      : idfTable(sources.map(({ title, sentences }) => stems(`${title} ${sentences.join(' ')}`))))
  const prepared = (source: CitedSource) => {
    const known = read.get(source.id) ?? prepareSource(source.sentences, source.title)
    read.set(source.id, known)
    return known
  }
  return { sources: new Map(sources.map((source) => [source.id, source])), prepared, idf }
}

function checkClaim(claim: CitedClaim, library: Library, supportMin: number): CitationFinding[] {
  if (claim.citations.length === 0) {
    return [
      {
        claimId: claim.id,
        kind: 'uncited',
        message: `Claim ${claim.id} cites no source: "${excerpt(claim.text)}".`,
      },
    ]
  }
  const findings: CitationFinding[] = []
  const passages: Passage[] = []
  for (const citation of claim.citations) {
    const found = checkCitation(claim, citation, library, supportMin)
    findings.push(...found.findings)
    if (found.passage) passages.push(found.passage)
  }
  const misnumbered = passages.length > 0 ? checkNumbers(claim, passages) : undefined
  return misnumbered ? [...findings, misnumbered] : findings
}

/** What a citation points at, read. */
interface Passage {
  source: CitedSource
  texts: readonly string[]
  place: string
}

function checkCitation(
  claim: CitedClaim,
  citation: Citation,
  library: Library,
  supportMin: number,
): { findings: CitationFinding[]; passage?: Passage } {
  const { sourceId, quote, sentence } = citation
  const finding = (kind: CitationFinding['kind'], message: string): CitationFinding => ({
    claimId: claim.id,
    sourceId,
    kind,
    message: `Claim ${claim.id} ${message}`,
  })
  const source = library.sources.get(sourceId)
  if (!source) {
    const known = `the list holds ${library.sources.size} sources`
    return {
      findings: [finding('unknown-source', `cites ${sourceId}, which is not among the sources: ${known}.`)],
    }
  }
  if (sentence !== undefined && source.sentences[sentence] === undefined) {
    const message = `cites sentence ${sentence} of ${sourceId}, which has ${source.sentences.length} sentences (counted from 0).`
    return { findings: [finding('unsupported', message)] }
  }
  const cited = sentence === undefined ? source.sentences : [source.sentences[sentence]!]
  const passage = { source, texts: cited, place: placeOf(citation) }
  const findings: CitationFinding[] = []
  if (quote !== undefined && !holdsQuote(cited, quote)) {
    const elsewhere =
      sentence === undefined ? -1 : source.sentences.findIndex((each) => holdsQuote([each], quote))
    const hint = elsewhere >= 0 ? `; it stands in sentence ${elsewhere}` : ''
    findings.push(
      finding(
        'misquoted',
        `quotes "${excerpt(quote)}", which does not stand in ${passage.place} word for word${hint}.`,
      ),
    )
  }
  const unsupported = whyUnsupported(claim.text, source, sentence, library, supportMin)
  if (unsupported) findings.push(finding('unsupported', unsupported))
  return { findings, passage }
}

function whyUnsupported(
  text: string,
  source: CitedSource,
  sentence: number | undefined,
  library: Library,
  supportMin: number,
): string | undefined {
  const whole = library.prepared(source)
  const cited: PreparedSource =
    sentence === undefined ? whole : { ...whole, sentences: [whole.sentences[sentence]!] }
  const options = library.idf ? { idf: library.idf } : {}
  const found = groundingScore(text, cited, options)
  const place = placeOf({ sourceId: source.id, ...(sentence !== undefined && { sentence }) })
  const best = cited.sentences[found.bestSentence]?.text ?? ''
  if (found.score < supportMin) {
    const nearest =
      sentence === undefined && best ? ` (nearest: "${excerpt(best)}")` : best ? `: "${excerpt(best)}"` : ''
    return `is not supported by ${place}, score ${found.score.toFixed(2)} under ${supportMin}${nearest}.`
  }
  if (found.opposed && nearlySame(text, cited, found))
    return `says the contrary of ${place}: "${excerpt(best)}".`
  return undefined
}

function nearlySame(text: string, source: PreparedSource, { bestSentence }: Grounding): boolean {
  const claim = readStatement(text, source.abbreviations)
  const matching = matchClaim(
    claim,
    [source.sentences[bestSentence]!],
    undefined,
    () => 1,
    source.abbreviations,
  )
  return coverage(matching.weights, matching.rows[0]!) >= OPPOSED_OVERLAP_MIN
}

function checkNumbers(claim: CitedClaim, passages: readonly Passage[]): CitationFinding | undefined {
  const offered = new Set(
    passages.flatMap(({ texts, source }) =>
      [...texts, source.title].flatMap((text) => [...offeredValues(text)]),
    ),
  )
  const missing = quantities(claim.text).filter(({ value }) => !offered.has(value))
  if (missing.length === 0) return undefined
  const numbers = missing.map(({ text }) => text).join(', ')
  const places = passages.map(({ place }) => place).join(', ')
  return {
    claimId: claim.id,
    ...(passages.length === 1 && { sourceId: passages[0]!.source.id }),
    kind: 'number-mismatch',
    message: `Claim ${claim.id} states ${numbers}, which ${missing.length > 1 ? 'do' : 'does'} not stand in ${places}.`,
  }
}

function placeOf({ sourceId, sentence }: Citation): string {
  return sentence === undefined ? sourceId : `sentence ${sentence} of ${sourceId}`
}

function excerpt(text: string): string {
  const plain = text.replace(/\s+/g, ' ').trim()
  return plain.length <= EXCERPT_CHARS ? plain : `${plain.slice(0, EXCERPT_CHARS - 3).trimEnd()}...`
}
