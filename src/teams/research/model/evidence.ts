import { attributionOf, withYear } from '../attribution.ts'
import type { Claim, ClaimCitation, Reading, Retrieved, StatementKind } from '../shapes.ts'

export type EvidenceItem = {
  id: string
  kind: StatementKind
  sentence: string
  section?: string
}

/** One paper as a model is shown it: whole, with the sentences it may cite and the figures it states. */
export type PaperEvidence = {
  paper: string
  authors: string
  system?: string
  title: string
  published: string
  abstract: string
  evidence: EvidenceItem[]
  figures: { value: string; what: string; setting?: string }[]
}

export type ModelClaim = { text: string; evidence: string[] }

/** What a model writes from: every paper read, with its statements, gaps and figures; what was given up before is left out. */
export const evidenceFor = (
  readings: readonly Reading[],
  retrieved: Pick<Retrieved, 'papers'>,
  avoided: readonly string[],
): PaperEvidence[] => {
  const papers = new Map(retrieved.papers.map((paper) => [paper.id, paper]))
  return readings.map((reading) => ({
    paper: reading.id,
    authors: withYear(attributionOf(reading)),
    ...(reading.name === undefined ? {} : { system: reading.name }),
    title: reading.title,
    published: reading.published,
    abstract: papers.get(reading.id)?.abstract ?? '',
    evidence: reading.statements
      .filter(({ id }) => !avoided.includes(id))
      .map(({ id, kind, sentence, section }) => ({
        id,
        kind,
        sentence,
        ...(section === undefined ? {} : { section }),
      })),
    figures: reading.measures.map(({ sentence: _, ...figure }) => figure),
  }))
}

/** The citation behind a statement's id; an id that does not exist is kept as a citation of itself, for the validator to find. */
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

export const claimSchema = {
  type: 'object',
  required: ['text', 'evidence'],
  additionalProperties: false,
  properties: { text: { type: 'string' }, evidence: { type: 'array', items: { type: 'string' } } },
}

export const isClaim = (value: unknown): value is ModelClaim =>
  typeof value === 'object' &&
  value !== null &&
  'text' in value &&
  typeof value.text === 'string' &&
  value.text !== '' &&
  'evidence' in value &&
  Array.isArray(value.evidence)
