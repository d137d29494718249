import type { AgentContext } from '../../../agent/context.ts'
import type { JsonObject } from '../../../domain/json.ts'
import type { Claim, Questions, QuestionsInput } from '../shapes.ts'
import { askModel, because } from './ask.ts'
import { citedEvidence, claimSchema, evidenceFor, isClaim, type ModelClaim, modelClaims } from './evidence.ts'
import { repaired } from './repair.ts'

const claims = { type: 'array', items: claimSchema }
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
        properties: { title: { type: 'string' }, gaps: claims, bears: claims, question: { type: 'string' } },
      },
    },
  },
}

type Answer = { problems: { title: string; gaps: ModelClaim[]; bears?: ModelClaim[]; question: string }[] }

const fellBack = (why: string): string =>
  `The model’s open problems could not be used${because(why)}; classical methods found them.`
const NOT_HELD = 'none of their gaps held'

/** The same open problems written by a model over what papers state as open; one whose gap does not hold is dropped. */
export const findProblemsWithModel = async (
  context: AgentContext,
  { question, readings, retrieved, feedback }: QuestionsInput,
  classical: Questions,
): Promise<Questions> => {
  const count = question.problems
  if (!readings.some(({ statements }) => statements.some(({ kind }) => kind === 'gap'))) return classical
  const { answer, unusable } = await askModel<Answer>(context, {
    name: 'problems',
    schema,
    instructions: `Suggest ${count} open research problems on "${question.topic}", each once. Each is derived from limits, failures or future work that papers state (kind "gap", or findings of
failure), never from what a paper claims to solve. "gaps" are sentences in the third person that say what stays open and who says so, "bears" what other papers read contribute to it, each with the
ids of the evidence it rests on; "question" is the research question that follows and what an experiment would need, and states no facts. Fewer problems where the papers state no more.`,
    input: {
      question: question.text,
      papers: evidenceFor(readings, retrieved, classical.avoided),
      ...(feedback === undefined ? {} : { feedback }),
    },
    check: (value) => problemsOf(value, count),
  })
  if (answer === undefined) return { ...classical, notes: [...classical.notes, fellBack(unusable)] }
  const cited = citedEvidence(readings)
  const chosen = answer.problems.slice(0, count)
  const all = chosen.flatMap(({ gaps, bears = [] }, at) => [
    ...modelClaims(`problem-${at + 1}/gap`, gaps, cited),
    ...modelClaims(`problem-${at + 1}/bears`, bears, cited),
  ])
  const {
    claims: kept,
    repairs,
    ...second
  } = await repaired(context, {
    question,
    claims: all,
    readings,
    retrieved,
    cited,
  })
  const problems = chosen.flatMap(({ title, question: asked }, at) => {
    const own = kept.filter(({ id }) => id.startsWith(`problem-${at + 1}/`))
    if (!own.some(({ id }) => id.includes('/gap/'))) return []
    const frame: Claim = { id: `problem-${at + 1}/question`, kind: 'frame', text: asked, citations: [] }
    return [{ title, claims: [...own, frame] }]
  })
  if (problems.length === 0) return { ...classical, repairs, notes: [...classical.notes, fellBack(NOT_HELD)] }
  const notes =
    problems.length < count
      ? [
          `Only ${problems.length} of the ${count} open problems asked for could be found: the papers read state no more.`,
        ]
      : []
  const mended = feedback === undefined ? {} : { mended: true as const }
  return { ...classical, problems, repairs, ...second, notes, ...mended, method: 'model' }
}

const problemsOf = ({ problems }: Answer & JsonObject, count: number): string[] => {
  if (!Array.isArray(problems) || problems.length === 0) return ['"problems" needs problems']
  if (problems.length > count) return [`no more than ${count} problems were asked for`]
  return problems.flatMap((problem, at) =>
    typeof problem?.title === 'string' &&
    typeof problem.question === 'string' &&
    problem.question.includes('?') &&
    Array.isArray(problem.gaps) &&
    problem.gaps.length > 0 &&
    [...problem.gaps, ...(problem.bears ?? [])].every(isClaim)
      ? []
      : [`problem ${at} needs "title", "gaps" with evidence, and a "question" that asks`],
  )
}
