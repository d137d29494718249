import type { AgentContext } from '../../agent/context.ts'
import { asJson, type Json } from '../../domain/json.ts'
import { complainedOf } from './feedback.ts'
import { narrateWithModel } from './model/synthesizer.ts'
import { narrate } from './narrative.ts'
import type { Reading, Retrieved } from './shapes.ts'
import type { Question } from './understand/question.ts'

export type SynthesizerInput = {
  question: Question
  method: string
  readings: Reading[]
  retrieved: Retrieved
  feedback?: string
}

/** The answer over all readings; claims named in the feedback are dropped or replaced by what the same paper says next best. */
export const synthesize = async (input: SynthesizerInput, context: AgentContext): Promise<Json> => {
  const classical = narrate({ ...input, avoided: complainedOf(input.feedback) })
  return asJson(input.method === 'model' ? await narrateWithModel(context, input, classical) : classical)
}
