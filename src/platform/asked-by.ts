import { ConcordError } from '../domain/errors.ts'
import type { Goal } from '../domain/goal.ts'
import { asJson, copyJson } from '../domain/json.ts'
import { type Principal, principalProblem, tagBounds, tagsProblem } from '../domain/principal.ts'
import { parseTraceparent } from '../domain/trace-context.ts'
import type { Start } from '../runtime/runner.ts'

/** Who asks for a run, and the trace it is part of: from the trusted side only, never from a goal. */
export type AskedBy = {
  /** Who asks, as authenticated. Recorded with the run and inherited by its child runs; default unknown. */
  principal?: Principal
  /** A W3C `traceparent` header: the run continues this trace. One that is not valid begins a new one. */
  traceparent?: string
}

/** Throws `input.invalid` for a principal of another shape. */
export const askedBy = ({ principal, traceparent }: AskedBy): Pick<Start, 'principal' | 'trace'> => {
  const trace = parseTraceparent(traceparent)
  const traced = trace === undefined ? {} : { trace }
  if (principal === undefined) return traced
  const problem = principalProblem(principal)
  if (problem !== undefined)
    throw new ConcordError(
      'input.invalid',
      `Cannot start a run for this principal as it is { id, tenant?, roles? } of visible text: ${problem}; correct it`,
    )
  return { ...traced, principal: copyJson(asJson(principal)) as Principal }
}

/** Throws `input.invalid` for tags that could not be searched for. */
export const checkTags = ({ tags }: Pick<Goal, 'tags'>): void => {
  const problem = tags === undefined ? undefined : tagsProblem(tags)
  if (problem === undefined) return
  const { tagsMax, charsMax } = tagBounds
  throw new ConcordError(
    'input.invalid',
    `Cannot start a run with these tags as they are up to ${tagsMax} different texts of 1 to ${charsMax} characters without a comma: ${problem}; correct them`,
  )
}
