import type { AgentContext } from '../../agent/context.ts'
import { asJson, type Json } from '../../domain/json.ts'
import { complainedOf } from './feedback.ts'
import { findProblemsWithModel } from './model-questions.ts'
import { findProblems } from './problems.ts'
import type { QuestionsInput } from './shapes.ts'

/** Open research problems, each derived from gaps or limitations that papers state, quoted and cited. */
export const generateQuestions = async (input: QuestionsInput, context: AgentContext): Promise<Json> => {
  const classical = findProblems(input.readings, input.count, complainedOf(input.feedback), input.topic)
  return asJson(input.method === 'model' ? await findProblemsWithModel(context, input, classical) : classical)
}
