import type { AgentContext } from '../../../agent/context.ts'
import { plainRarity } from '../../../verification/grounding.ts'
import { verifyWithJudge } from '../../../verification/judge.ts'
import { citedReport } from '../check-claims.ts'
import type { Claim, Doubt } from '../shapes.ts'
import type { Library } from '../source-library.ts'
import { askModel } from './ask.ts'

const schema = {
  type: 'object',
  required: ['verdicts'],
  additionalProperties: false,
  properties: {
    verdicts: {
      type: 'array',
      items: {
        type: 'object',
        required: ['id', 'supported', 'reason'],
        additionalProperties: false,
        properties: { id: { type: 'string' }, supported: { type: 'boolean' }, reason: { type: 'string' } },
      },
    },
  },
}

type Verdict = { id: string; supported: boolean; reason: string }

/**
 * The model as second judge over the claims that hold by code, in one call for all of them. It sees
 * each claim and its cited sentences, not what the code found. The code decides; what the model
 * doubts is reported. Nothing is judged where its answer cannot be used.
 */
export const judgedAgain = async (
  context: AgentContext,
  claims: readonly Claim[],
  library: Library,
): Promise<{ doubts: Doubt[]; judged: number }> => {
  const shown = claims.filter(({ kind, citations }) => kind === 'paraphrase' && citations.length > 0)
  if (shown.length === 0) return { doubts: [], judged: 0 }
  const { answer } = await askModel<{ verdicts: Verdict[] }>(context, {
    name: 'judgement',
    schema,
    instructions: `You are given claims of a report, each with all the sentences it rests on. For each claim say whether the sentences support everything it says: numbers and what they are numbers
of, names, direction, scope, certainty, cause, who says it. "reason" says in one sentence what is not supported, or what supports it. Judge by the sentences alone.`,
    input: {
      claims: shown.map(({ id, text, citations }) => ({
        id,
        text,
        sentences: citations.map(({ paper, quote }) => ({ paper, sentence: quote })),
      })),
    },
    check: ({ verdicts }) =>
      Array.isArray(verdicts) && verdicts.every(isVerdict)
        ? []
        : ['"verdicts" must be a list of {id, supported, reason}'],
  })
  if (answer === undefined) return { doubts: [], judged: 0 }
  const report = citedReport(shown, library)
  const verdicts = [...answer.verdicts]
  // Each claim is asked about once; one that the model left out is judged by the code alone.
  const { claims: judged } = await verifyWithJudge(
    report,
    async ({ id }) => {
      const verdict = verdicts.find((each) => each.id === id)
      if (verdict === undefined) throw new Error(`no verdict on ${id}`)
      return verdict
    },
    { idf: plainRarity },
  )
  return {
    judged: judged.filter(({ second }) => second !== undefined).length,
    doubts: judged.flatMap(({ claimId, second }, at) =>
      second?.supported === false ? [{ claim: claimId, text: shown[at]!.text, reason: second.reason }] : [],
    ),
  }
}

const isVerdict = (each: Verdict): boolean =>
  typeof each?.id === 'string' && typeof each.supported === 'boolean' && typeof each.reason === 'string'
