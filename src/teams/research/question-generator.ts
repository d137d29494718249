import type { AgentContext } from '../../agent/context.ts'
import { asJson, type Json } from '../../domain/json.ts'
import { complainedOf, isLastTry } from './feedback.ts'
import { findProblemsWithModel } from './model/questions.ts'
import { findProblems } from './problems/problems.ts'
import type { QuestionsInput } from './shapes.ts'

const GAVE_UP =
  'The model’s open problems did not pass the validator, even after its feedback; classical methods found them.'

/** Open research problems, each derived from gaps or limitations that papers state, quoted and cited; as many as the question asks for. */
export const generateQuestions = async (input: QuestionsInput, context: AgentContext): Promise<Json> => {
  const classical = findProblems(input.question, input.readings, complainedOf(input.feedback))
  const asks = input.method === 'model' && input.question.problems > 0
  if (!asks) return asJson(classical)
  if (isLastTry(input.feedback)) return asJson({ ...classical, notes: [...classical.notes, GAVE_UP] })
  return asJson(await findProblemsWithModel(context, input, classical))
}
