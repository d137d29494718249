import type { Amount } from '../domain/budget.ts'
import { shortageText } from '../domain/budget.ts'
import { durationProblem } from '../domain/duration.ts'
import { ConcordError, type Failure, isRetryable, toFailure } from '../domain/errors.ts'
import type { Draft, EventData } from '../domain/event.ts'
import { asJson, copyJson } from '../domain/json.ts'
import type { JournalEntry } from '../domain/run.ts'
import { cut } from '../domain/text/cut.ts'
import { sleep } from '../ports/clock.ts'
import { isModel, type Message, type Model, type ModelAnswer, type ModelRequest } from '../ports/model.ts'
import type { Call } from '../runtime/call.ts'
import type { Turns } from '../runtime/turns.ts'
import { stale } from '../runtime/work-journal.ts'
import type { CallSite } from './call-site.ts'
import type { ModelUse } from './context.ts'
import { answerBound, boundOf, counted, isUnprocessed, priced, type Spent } from './model-cost.ts'
import { type Ended, type Leading, lead, sameUnderWay, sharedContent, type UnderWay } from './shared-calls.ts'
import { waitForTurn } from './turn-waits.ts'

export type ModelCall = ModelUse & {
  call: Call
  turn?: number
  /** Messages the log does not have yet; default all. The conversation is never written twice. */
  fresh?: readonly Message[]
}

const attemptsMaxDefault = 4
const backoffBaseMs = 500
/**
 * A longer Retry-After is not waited for here: the step fails and is tried again at that time.
 */
const waitMaxMs = 60_000
const refusalCharsMax = 500
const nothing: Amount = { tokens: 0, money: 0 }

/**
 * One model call: returned from the journal if it is there; else every attempt is reserved against
 * the budget before it is sent, is an event, and is settled. Rate limits and provider failures are
 * tried again, honouring a Retry-After of up to a minute. Throws the last failure, `model.refused`,
 * `budget.exhausted`, or `plan.infeasible` for a model without a price under a money budget.
 */
export const callModel = (context: CallSite, request: ModelRequest, use: ModelCall): Promise<ModelAnswer> =>
  context.made_(use.call, (before) => modelCalled(context, request, use, before))

const modelCalled = async (
  context: CallSite,
  request: ModelRequest,
  use: ModelCall,
  before: JournalEntry | undefined,
): Promise<ModelAnswer> => {
  const { journal } = context.execution
  if (before?.type === 'model.answered' && before.data.answer !== undefined)
    return notRefused(asAnswer(before.data.answer))
  const model = isModel(use.model) ? use.model : await context.services.model(use.model)
  const attemptsMax = use.attemptsMax ?? attemptsMaxDefault
  const first = journal.sent(use.call.id) + 1
  for (let attempt = first; ; attempt++) {
    const result = await attemptOnce({ context, model, request, use, attempt })
    if ('answer' in result) return notRefused(result.answer)
    const { failure } = result
    const waitMs = askedMs(failure) ?? backoffBaseMs * 2 ** (attempt - first)
    if (!isRetryable(failure) || attempt - first + 1 >= attemptsMax || waitMs > waitMaxMs)
      throw new ConcordError(
        failure.code,
        failure.message,
        failure.details === undefined ? {} : { details: failure.details },
      )
    await sleep(context.services.clock, waitMs, context.signal)
  }
}

const asAnswer = (answer: unknown): ModelAnswer => answer as ModelAnswer

/**
 * Throws `model.refused` for a refused or filtered answer: neither its text nor its calls are used.
 */
const notRefused = (answer: ModelAnswer): ModelAnswer => {
  if (answer.finish !== 'content-filter') return answer
  const said = cut(answer.text.trim().replaceAll(/\s+/g, ' '), refusalCharsMax)
  const words = said === '' ? 'nothing was written' : JSON.stringify(said)
  throw new ConcordError(
    'model.refused',
    `Cannot use the answer of ${answer.model} as the model refused or its provider filtered it: ${words}; change what is asked, or use another model`,
    { details: { model: answer.model, ...(said === '' ? {} : { said }) } },
  )
}

type Attempt = { context: CallSite; model: Model; request: ModelRequest; use: ModelCall; attempt: number }

/**
 * Makes the call, unless an identical one of the run is in flight: then its answer or failure is
 * shared at no cost.
 */
const attemptOnce = async (at: Attempt): Promise<Ended> => {
  const { context, model, request, use } = at
  await context.mayAct_()
  const { run } = context.execution
  const content = sharedContent(use.call, request, use.turn === undefined ? undefined : context.agent)
  if (content === undefined) return made(at)
  for (;;) {
    const same = sameUnderWay(run, model, content)
    if (same === undefined) break
    const ended = await shared(at, same)
    if (ended !== undefined) return ended
  }
  const leading = lead(run, model, content, { step: context.stepId, call: use.call.id })
  let ended: Ended | undefined
  try {
    ended = await made(at, leading)
    return ended
  } finally {
    leading.end(ended)
  }
}

/**
 * Waits for an identical call and records its outcome for this one too; undefined when that outcome
 * cannot be shared.
 */
const shared = async ({ context, ...at }: Attempt, same: UnderWay): Promise<Ended | undefined> => {
  const clock = context.services.clock
  const startedAt = clock.monotonic()
  const stop = same.listen((text) => context.emit(text))
  try {
    const ended = await unlessAborted(same.ended, context.signal)
    if (ended === undefined) return undefined
    if (!context.wanted_) throw stale()
    const { step, call } = same
    const own = structuredClone(ended)
    const answered = answeredBy(context, at, own, { ...nothing, shared: { step, call } }, startedAt)
    context.execution.journal.note([calledBy(context, at), answered])
    return endedAs(answered.data)
  } finally {
    stop()
    context.services.deltas?.end({ run: context.runId, step: context.stepId, agent: context.agent })
  }
}

const unlessAborted = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })

type Asked = Omit<Attempt, 'context'>

const calledBy = (context: CallSite, { model, request, use, attempt }: Asked) =>
  context.draft('model.called', {
    call: use.call.id,
    attempt,
    model: model.id,
    turn: use.turn ?? 1,
    // Copies: the caller continues to change its conversation.
    messages: (use.fresh ?? request.messages).map((message) => copyJson(message)),
  })

const answeredBy = (
  context: CallSite,
  { model, use, attempt }: Asked,
  ended: Ended,
  spent: Spent,
  startedAt: number,
) =>
  context.draft('model.answered', {
    call: use.call.id,
    attempt,
    model: 'answer' in ended ? ended.answer.model : model.id,
    ...('answer' in ended ? { answer: asJson(ended.answer) } : { failure: ended.failure }),
    ...spent,
    ms: Math.round((context.services.clock.monotonic() - startedAt) * 1000) / 1000,
    ...context.parallel_,
  })

/** As the log has it. */
const endedAs = ({ answer, failure }: EventData['model.answered']): Ended =>
  answer === undefined
    ? { failure: failure ?? { code: 'model.failed', message: 'no answer' } }
    : { answer: asAnswer(answer) }

/** Sends the call as soon as its provider's limits allow; at once where it has none. */
const made = (at: Attempt, leading?: Leading): Promise<Ended> => {
  const turns = at.context.services.turns?.(at.model.id)
  return turns === undefined ? sent(at, leading) : sentInTurn(at, turns, leading)
}

/**
 * Nothing is reserved or recorded before it is the call's turn: waiting is neither an attempt nor
 * the provider's time.
 */
const sentInTurn = async (at: Attempt, turns: Turns, leading?: Leading): Promise<Ended> => {
  const { context, model, request } = at
  if ((await model.holds?.(request)) === true) return sent(at, leading)
  await waitForTurn(context.execution, turns, context.services.clock, context.signal)
  let retryAfterMs: number | undefined
  try {
    // The run may have been lost, or the call have become unwanted, in the meantime.
    await context.mayAct_()
    const ended = await sent(at, leading)
    if ('failure' in ended && ended.failure.code === 'model.rate-limited')
      retryAfterMs = askedMs(ended.failure)
    return ended
  } finally {
    turns.end(retryAfterMs)
  }
}

/** The provider's Retry-After, in ms. */
const askedMs = ({ details }: Failure): number | undefined =>
  durationProblem(details?.retryAfterMs) === undefined ? Number(details?.retryAfterMs) : undefined

const sent = async ({ context, ...at }: Attempt, leading?: Leading): Promise<Ended> => {
  const { model, request, use, attempt } = at
  const { journal } = context.execution
  const key = `${context.idempotencyKey}/${use.call.id}/${attempt}`
  const bound = journal.metered ? boundOf(context, model, request) : nothing
  if (journal.metered) {
    const short = await journal.reserve(key, bound)
    if (short !== undefined)
      throw new ConcordError('budget.exhausted', shortageText(short, answerBound(model, request)), {
        details: { ...short },
      })
  }
  const called = calledBy(context, at)
  // Under a budget the call is on record before it is sent; else it may be made again after a crash.
  if (journal.metered) await journal.record([called])
  else journal.note([called])
  if (!context.wanted_) throw stale()
  const startedAt = context.services.clock.monotonic()
  const { deltas } = context.services
  const onDelta = (text: string): void => {
    context.emit(text)
    leading?.wrote(text)
  }
  let ended: Ended
  let thrown: unknown
  let isSent = false
  try {
    context.signal.throwIfAborted()
    isSent = true
    const listening = deltas === undefined ? {} : { onDelta }
    ended = {
      answer: await model.generate(request, { signal: context.signal, idempotencyKey: key, ...listening }),
    }
  } catch (error) {
    thrown = error
    ended = { failure: toFailure(error, context.signal.aborted ? 'cancelled' : 'model.failed') }
  }
  deltas?.end({ run: context.runId, step: context.stepId, agent: context.agent })
  const spent: Spent =
    'failure' in ended
      ? isSent && !isUnprocessed(ended.failure)
        ? boundOf(context, model, request)
        : nothing
      : priced(model, counted(ended.answer.usage, model, request))
  const answered = answeredBy(context, at, ended, spent, startedAt)
  const drafts: Draft[] = [answered]
  if (journal.metered)
    drafts.push(
      context.draft('budget.settled', { key, amount: { tokens: spent.tokens, money: spent.money } }),
    )
  journal.note(drafts)
  if ('failure' in ended && context.signal.aborted) throw thrown
  return endedAs(answered.data)
}
