import type { AgentContext } from '../../agent/context.ts'
import { askModel } from './ask-model.ts'
import {
  citedEvidence,
  type EvidenceItem,
  evidenceFor,
  type ModelClaim,
  modelClaims,
} from './model-evidence.ts'
import type { Narrative } from './shapes.ts'
import type { SynthesizerInput } from './synthesizer.ts'

const claim = {
  type: 'object',
  required: ['text', 'evidence'],
  additionalProperties: false,
  properties: { text: { type: 'string' }, evidence: { type: 'array', items: { type: 'string' } } },
}
const claims = { type: 'array', items: claim }
const schema = {
  type: 'object',
  required: ['introduction', 'themes'],
  additionalProperties: false,
  properties: {
    introduction: claims,
    themes: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'claims'],
        additionalProperties: false,
        properties: { name: { type: 'string' }, claims },
      },
    },
  },
}

type Answer = { introduction: ModelClaim[]; themes: { name: string; claims: ModelClaim[] }[] }

const THEMES_MAX = 6
const OUTPUT_TOKENS_MAX = 6000

/** The same narrative written by a model over the same evidence: it cites statements by their ids. Falls back to the classical text when its answers cannot be used. */
export const narrateWithModel = async (
  context: AgentContext,
  { question, readings, feedback }: SynthesizerInput,
  classical: Narrative,
): Promise<Narrative> => {
  const evidence = evidenceFor(readings, ({ kind }) => kind !== 'gap', classical.avoided)
  const answer = await askModel<Answer>(context, {
    name: 'narrative',
    schema,
    outputTokensMax: OUTPUT_TOKENS_MAX,
    instructions: `Write a summary that answers the question from the evidence alone. Up to ${THEMES_MAX} themes; in each, sentences that state the trend, compare and connect
papers, and give numbers as the evidence states them. Every sentence is one claim: "text" a complete sentence without reference marks that names the authors or systems it speaks of,
"evidence" the ids of the evidence it rests on, each of which must support the whole sentence. "introduction" answers the question in two or three such claims.`,
    input: {
      question: question.text,
      topic: question.topic,
      evidence,
      ...(feedback === undefined
        ? {}
        : { feedback, mend: 'Write again without the faults in the feedback.' }),
    },
    check: (value) => problemsOf(value, evidence),
  })
  if (answer === undefined) return classical
  const cited = citedEvidence(readings)
  return {
    ...classical,
    introduction: [
      ...classical.introduction.slice(0, 1),
      ...modelClaims('introduction', answer.introduction, cited),
    ],
    themes: answer.themes.slice(0, THEMES_MAX).map(({ name, claims: own }, at) => ({
      name,
      paragraphs: [modelClaims(`theme-${at + 1}`, own, cited)],
    })),
    method: 'model',
  }
}

const problemsOf = (answer: Answer, evidence: readonly EvidenceItem[]): string[] => {
  if (!Array.isArray(answer.introduction) || !Array.isArray(answer.themes) || answer.themes.length === 0)
    return ['"introduction" and a non-empty "themes" are needed']
  if (evidence.length === 0) return []
  const all = [
    ...answer.introduction,
    ...answer.themes.flatMap((theme) => (Array.isArray(theme?.claims) ? theme.claims : [])),
  ]
  return all.flatMap((each, at) =>
    typeof each?.text === 'string' && each.text !== '' && Array.isArray(each.evidence)
      ? []
      : [`claim ${at} needs "text" and "evidence"`],
  )
}
