import type { Amount } from '../domain/budget.ts'
import { ConcordError, type ErrorCode, type Failure } from '../domain/errors.ts'
import type { EventData } from '../domain/event.ts'
import { unpricedModel } from '../domain/feasibility.ts'
import type { Model, ModelRequest, Usage } from '../ports/model.ts'
import type { CallSite } from './call-site.ts'

/** What an answered call has used, as its event says it. */
export type Spent = Pick<EventData['model.answered'], 'tokens' | 'money' | 'cachedTokens' | 'shared'>

export const answerBound = (model: Model, { outputTokensMax }: ModelRequest): number =>
  outputTokensMax ?? model.outputTokensMax

export const boundOf = (context: CallSite, model: Model, request: ModelRequest): Amount => {
  const input = model.inputTokensBound(request)
  const output = answerBound(model, request)
  if (model.price === undefined && context.goal.budget?.money !== undefined)
    throw new ConcordError('plan.infeasible', `Cannot call the model: ${unpricedModel(model.id)}`)
  return { tokens: input + output, money: cost(model, input, output, 0) }
}

const cost = (model: Model, input: number, output: number, cached: number): number => {
  const { price } = model
  if (price === undefined) return 0
  const cachedPrice = price.cachedInputPerMillion ?? price.inputPerMillion
  return (
    ((input - cached) * price.inputPerMillion + cached * cachedPrice + output * price.outputPerMillion) / 1e6
  )
}

const isTokens = (count: unknown): count is number => typeof count === 'number' && count >= 0

/** The usage that a server reports; the bounds where a count is missing or impossible. */
export const counted = (usage: Usage, model: Model, request: ModelRequest): Usage => {
  const { inputTokens, outputTokens, cachedInputTokens = 0 } = usage
  const input = isTokens(inputTokens) ? inputTokens : model.inputTokensBound(request)
  return {
    inputTokens: input,
    outputTokens: isTokens(outputTokens) ? outputTokens : (request.outputTokensMax ?? model.outputTokensMax),
    cachedInputTokens: isTokens(cachedInputTokens) ? Math.min(input, cachedInputTokens) : 0,
  }
}

export const priced = (model: Model, { inputTokens, outputTokens, cachedInputTokens = 0 }: Usage): Spent => ({
  tokens: inputTokens + outputTokens,
  money: cost(model, inputTokens, outputTokens, cachedInputTokens),
  ...(cachedInputTokens > 0 ? { cachedTokens: cachedInputTokens } : {}),
})

const refusals: ReadonlySet<ErrorCode> = new Set([
  'model.key-missing',
  'model.unconfigured',
  'model.rejected',
  'model.rate-limited',
  'package.missing',
])

/**
 * Whether it is certain that no provider worked on the call: it was never sent, or was refused. Any
 * other failure may have been billed, so the call's bound is charged.
 */
export const isUnprocessed = (failure: Failure | undefined): boolean => {
  if (failure === undefined) return false
  const { processed } = failure.details ?? {}
  return processed === false || (processed !== true && refusals.has(failure.code))
}
