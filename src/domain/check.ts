import type { Json } from './json.ts'
import { isRecord } from './record.ts'

export type Redo = { step: string; feedback: string }

/** A verdict on an output. `redo` names the steps at fault; without it an unmet check asks for a new plan. */
export type Verdict = {
  met: boolean
  reasons: string[]
  redo?: Redo[]
  summary?: Json
  /** What the run returns when the check is met, if not the last step's result. */
  output?: Json
}

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : []

/**
 * Reads a checker's answer, ours (`met`) or the contract's over HTTP (`valid`). Undefined when it is neither, so that a
 * checker that returns rubbish is an error and never a pass.
 */
export const readVerdict = (answer: Json): Verdict | undefined => {
  if (!isRecord(answer)) return undefined
  const met = answer.met ?? answer.valid
  if (typeof met !== 'boolean') return undefined
  const redo = Array.isArray(answer.redo)
    ? answer.redo.flatMap((item): Redo[] =>
        isRecord(item) && typeof item.step === 'string'
          ? [{ step: item.step, feedback: typeof item.feedback === 'string' ? item.feedback : 'do it again' }]
          : [],
      )
    : []
  const reasons = texts(answer.reasons)
  // The contract's checkers say why in their summary.
  if (!met && reasons.length === 0 && typeof answer.summary === 'string' && answer.summary.trim() !== '')
    reasons.push(answer.summary)
  const verdict: Verdict = { met, reasons }
  if (redo.length > 0) verdict.redo = redo
  if (answer.summary !== undefined) verdict.summary = answer.summary as Json
  if (answer.output !== undefined) verdict.output = answer.output as Json
  return verdict
}
