import type { AgentContext } from '../../agent/context.ts'
import { asJson, type Json } from '../../domain/json.ts'
import { complainedOf, isLastTry } from './feedback.ts'
import { narrateWithModel } from './model/synthesizer.ts'
import { narrate } from './narrative.ts'
import type { SynthesizerInput } from './shapes.ts'

const GAVE_UP =
  'The model’s text did not pass the validator, even after its feedback; classical methods wrote the answer.'

/** The answer over all readings; claims named in the feedback are dropped or replaced by what the same paper says next best. */
export const synthesize = async (input: SynthesizerInput, context: AgentContext): Promise<Json> => {
  const classical = narrate({ ...input, avoided: complainedOf(input.feedback) })
  if (input.method !== 'model') return asJson(classical)
  if (isLastTry(input.feedback)) return asJson({ ...classical, notes: [...classical.notes, GAVE_UP] })
  return asJson(await narrateWithModel(context, input, classical))
}
