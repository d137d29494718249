import type { AgentContext } from '../../../agent/context.ts'
import { phrasePattern } from '../../../domain/text/phrases.ts'
import { checkClaims } from '../check-claims.ts'
import type { Claim, Doubt, Reading, Repair, Retrieved } from '../shapes.ts'
import { type Library, libraryOf } from '../source-library.ts'
import { conceptsIn, namesOf } from '../understand/concepts.ts'
import type { Question } from '../understand/question.ts'
import { askModel } from './ask.ts'
import { claimSchema, isClaim, type ModelClaim } from './evidence.ts'
import { judgedAgain } from './second-judge.ts'

/** A claim that does not hold goes back to the model so often, alone; then it is dropped, and nothing else with it. */
const ROUNDS_MAX = 2

const schema = {
  type: 'object',
  required: ['claims'],
  additionalProperties: false,
  properties: {
    claims: {
      type: 'array',
      items: {
        ...claimSchema,
        required: ['id', 'text', 'evidence'],
        properties: { id: { type: 'string' }, ...claimSchema.properties },
      },
    },
  },
}

export type Repaired = { claims: Claim[]; repairs: Repair[]; doubts: Doubt[]; judged: number }

export type RepairInput = {
  question: Question
  claims: readonly Claim[]
  readings: readonly Reading[]
  retrieved: Retrieved
  /** The citation behind an id of evidence. */
  cited: (id: string) => Claim['citations'][number]
}

/**
 * A model's claims judged one by one, as the validator will: what does not hold is rewritten by the model from the reasons, at most
 * twice, or dropped. Every step is in the log, and every repair says what was wrong.
 */
export const repaired = async (context: AgentContext, input: RepairInput): Promise<Repaired> => {
  const library = await libraryOf(input.retrieved, input.readings, context)
  const evidenceIds = idsByQuote(input.readings)
  const repairs = new Map<string, Repair>()
  let claims = [...input.claims]
  let bad = faultsOf(input.question, claims, library)
  for (let round = 1; round <= ROUNDS_MAX && bad.size > 0; round += 1) {
    const failing = claims.filter(({ id }) => bad.has(id))
    const { answer } = await askModel<{ claims: (ModelClaim & { id: string })[] }>(context, {
      name: 'repair',
      schema,
      instructions: `Some claims of a report do not hold against the sentences they cite. Rewrite each from its evidence so that it holds, keep its "id" and say no more than the
sentences say; leave out of "claims" what cannot be repaired. "faults" says what is wrong.`,
      input: {
        claims: failing.map(({ id, text, citations }) => ({
          id,
          text,
          faults: bad.get(id) ?? [],
          evidence: citations.map(({ paper, quote }) => ({
            id: evidenceIds.get(`${paper} ${quote}`) ?? paper,
            sentence: quote,
          })),
        })),
      },
      check: (value) =>
        Array.isArray(value.claims) &&
        value.claims.every((each) => isClaim(each) && typeof each.id === 'string')
          ? []
          : ['"claims" must be a list of {id, text, evidence}'],
    })
    const rewritten = new Map(answer?.claims.map((claim) => [claim.id, claim]) ?? [])
    claims = claims.map((claim) => {
      const next = bad.has(claim.id) ? rewritten.get(claim.id) : undefined
      if (next === undefined) return claim
      return {
        ...claim,
        text: next.text.trim(),
        citations: next.evidence.map((id) => input.cited(String(id))),
      }
    })
    for (const claim of failing)
      repairs.set(claim.id, {
        claim: claim.id,
        before: repairs.get(claim.id)?.before ?? claim.text,
        reason: repairs.get(claim.id)?.reason ?? (bad.get(claim.id) ?? []).join(' '),
      })
    bad = faultsOf(input.question, claims, library)
  }
  for (const [id, repair] of repairs) {
    const claim = claims.find((each) => each.id === id)
    if (claim !== undefined && !bad.has(id)) repairs.set(id, { ...repair, after: claim.text })
  }
  const holding = claims.filter(({ id }) => !bad.has(id))
  return {
    claims: holding,
    repairs: [...repairs.values()],
    ...(await judgedAgain(context, holding, library)),
  }
}

/** What is wrong with each claim: what the validator would find, and limits of the question that it forgets. */
const faultsOf = (question: Question, claims: readonly Claim[], library: Library): Map<string, string[]> => {
  const found = new Map<string, string[]>()
  const add = (claim: string, message: string): void => {
    found.set(claim, [...(found.get(claim) ?? []), message])
  }
  for (const { claim, message } of checkClaims(claims, library).complaints) add(claim, message)
  for (const { id, text } of claims)
    for (const message of forgotten(question, text)) add(id, `Claim ${id} ${message}`)
  return found
}

/** Limits of the question that a text forgets. */
export const forgotten = (question: Question, text: string): string[] =>
  question.exclude.flatMap((each) => {
    const concepts = conceptsIn(each)
    const names = concepts.length === 0 ? [each] : concepts.flatMap(namesOf)
    return phrasePattern(names).test(text) ? [`speaks of ${each}, which was to be left out.`] : []
  })

const idsByQuote = (readings: readonly Reading[]): Map<string, string> =>
  new Map(
    readings.flatMap(({ id: paper, statements }) =>
      statements.map(({ id, sentence }): [string, string] => [`${paper} ${sentence}`, id]),
    ),
  )
