import { attributionOf, withYear } from './attribution.ts'
import type { Claim, ClaimCitation, Reading, Statement } from './shapes.ts'

export type EvidenceItem = {
  id: string
  paper: string
  authors: string
  system?: string
  kind: string
  sentence: string
}
export type ModelClaim = { text: string; evidence: string[] }

/** What a model is shown: statements with their ids, and how to speak of their authors. */
export const evidenceFor = (
  readings: readonly Reading[],
  wanted: (statement: Statement) => boolean,
  avoided: readonly string[],
): EvidenceItem[] =>
  readings.flatMap((reading) =>
    reading.statements
      .filter((statement) => wanted(statement) && !avoided.includes(statement.id))
      .map(({ id, kind, sentence }) => ({
        id,
        paper: reading.title,
        authors: withYear(attributionOf(reading)),
        ...(reading.name === undefined ? {} : { system: reading.name }),
        kind,
        sentence,
      })),
  )

/** The citation behind a statement's id; an id that there is not is kept as a citation of itself, for the validator to find. */
export const citedEvidence = (readings: readonly Reading[]): ((id: string) => ClaimCitation) => {
  const known = new Map<string, ClaimCitation>(
    readings.flatMap((reading) =>
      reading.statements.map(({ id, sentence }): [string, ClaimCitation] => [
        id,
        { paper: reading.id, quote: sentence },
      ]),
    ),
  )
  return (id) => known.get(id) ?? { paper: id.split('#')[0] ?? id, quote: '' }
}

/** Claims of a model with ids that stay the same while its text does: place and words. */
export const modelClaims = (
  place: string,
  claims: readonly ModelClaim[],
  cited: (id: string) => ClaimCitation,
): Claim[] =>
  claims.map(({ text, evidence }, at) => ({
    id: `${place}/${at + 1}`,
    kind: 'paraphrase',
    text: text.trim(),
    citations: evidence.map((id) => cited(String(id))),
  }))
