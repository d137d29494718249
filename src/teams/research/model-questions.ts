import type { AgentContext } from '../../agent/context.ts'
import { askModel } from './ask-model.ts'
import { citedEvidence, evidenceFor, type ModelClaim, modelClaims } from './model-evidence.ts'
import type { Questions, QuestionsInput } from './shapes.ts'

const schema = {
  type: 'object',
  required: ['problems'],
  additionalProperties: false,
  properties: {
    problems: {
      type: 'array',
      items: {
        type: 'object',
        required: ['title', 'gaps', 'question'],
        additionalProperties: false,
        properties: {
          title: { type: 'string' },
          gaps: {
            type: 'array',
            items: {
              type: 'object',
              required: ['text', 'evidence'],
              additionalProperties: false,
              properties: {
                text: { type: 'string' },
                evidence: { type: 'array', items: { type: 'string' } },
              },
            },
          },
          question: { type: 'string' },
        },
      },
    },
  },
}

type Answer = { problems: { title: string; gaps: ModelClaim[]; question: string }[] }

/** The same open problems written by a model over the gaps that papers state. */
export const findProblemsWithModel = async (
  context: AgentContext,
  { question, readings, feedback }: QuestionsInput,
  classical: Questions,
): Promise<Questions> => {
  const count = question.problems
  const evidence = evidenceFor(readings, ({ kind }) => kind === 'gap', classical.avoided)
  if (evidence.length === 0) return classical
  const answer = await askModel<Answer>(context, {
    name: 'problems',
    schema,
    instructions: `Suggest ${count} open research problems on "${question.topic}". Each is derived from gaps that papers state: "gaps" are sentences in the third person that say what a paper
leaves open, each with the ids of the evidence it rests on; "question" is the research question that follows and how one could begin on it, and states no facts.`,
    input: { question, gaps: evidence, ...(feedback === undefined ? {} : { feedback }) },
    check: (value) => problemsOf(value, count),
  })
  if (answer === undefined) return classical
  const cited = citedEvidence(readings)
  return {
    ...classical,
    problems: answer.problems.slice(0, count).map(({ title, gaps, question: asked }, at) => ({
      title,
      claims: [
        ...modelClaims(`problem-${at + 1}`, gaps, cited),
        { id: `problem-${at + 1}/question`, kind: 'frame', text: asked, citations: [] },
      ],
    })),
    notes: [],
    method: 'model',
  }
}

const problemsOf = ({ problems }: Answer, count: number): string[] => {
  if (!Array.isArray(problems) || problems.length < count) return [`${count} problems are needed`]
  return problems.flatMap((problem, at) =>
    typeof problem?.title === 'string' &&
    typeof problem.question === 'string' &&
    Array.isArray(problem.gaps) &&
    problem.gaps.length > 0
      ? []
      : [`problem ${at} needs "title", "gaps" and "question"`],
  )
}
