import { ConcordError, type Failure } from '../domain/errors.ts'
import type { Clock } from '../ports/clock.ts'
import { sleep } from '../ports/clock.ts'
import type {
  Message,
  Model,
  ModelAnswer,
  ModelCallOptions,
  ModelRequest,
  Price,
  ToolCall,
} from '../ports/model.ts'

/** What a scripted model does with one call: text, (parts of) an answer, an error to throw, or `hang` until it is aborted. */
export type ScriptedAnswer = string | Partial<ModelAnswer> | Error | { hang: true }

export type Script =
  | readonly ScriptedAnswer[]
  | ((request: ModelRequest, callIndex: number) => ScriptedAnswer | Promise<ScriptedAnswer>)

export type ScriptedModelOptions = {
  /** Default `scripted/model`. */
  id?: string
  price?: Price
  outputTokensMax?: number
  /** Before each answer, on the clock given: a manual clock makes it exact. */
  delayMs?: number
  clock?: Clock
}

export type ScriptedModel = Model & {
  /** Every request received, in order; copies. */
  readonly requests: ModelRequest[]
  /** How many calls were made. */
  calls(): number
}

/** A call of a tool, for scripts. */
export const callsTool = (
  tool: string,
  input: ToolCall['input'] = {},
  id = `call-${tool}`,
): Partial<ModelAnswer> => ({
  toolCalls: [{ id, tool, input }],
})

export const rateLimited = (retryAfterMs?: number): ConcordError =>
  new ConcordError(
    'model.rate-limited',
    'Cannot call the scripted model as its script limits the rate: 429; try again',
    {
      details: { status: 429, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) },
    },
  )

export const serverError = (status = 500): ConcordError =>
  new ConcordError(
    'model.failed',
    `Cannot call the scripted model as its script fails: ${status}; try again`,
    {
      details: { status },
    },
  )

const utf8 = new TextEncoder()
const bytesOf = (text: string): number => utf8.encode(text).length
const textOf = (message: Message): string => JSON.stringify(message)

/** A quarter of the bytes, at least one: deterministic, about what a tokenizer makes of English, and below `inputTokensBound`. */
const tokensOf = (text: string): number => Math.max(1, Math.ceil(bytesOf(text) / 4))

const completed = (answer: Partial<ModelAnswer>, request: ModelRequest, id: string): ModelAnswer => {
  const { text = '', toolCalls = [] } = answer
  const written = toolCalls.length === 0 ? text : text + JSON.stringify(toolCalls)
  return {
    text,
    toolCalls,
    ...(answer.parts === undefined ? {} : { parts: answer.parts }),
    finish: answer.finish ?? (toolCalls.length > 0 ? 'tool-calls' : 'stop'),
    usage: answer.usage ?? {
      inputTokens: tokensOf(request.messages.map(textOf).join('')),
      outputTokens: tokensOf(written),
    },
    model: answer.model ?? id,
  }
}

const cancelled = () =>
  new ConcordError(
    'cancelled',
    'Cannot finish the call of the scripted model as it was cancelled: under way; call again',
  )

const untilAborted = (signal?: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal?.aborted) return reject(cancelled())
    signal?.addEventListener('abort', () => reject(cancelled()), { once: true })
  })

const exhausted = (id: string, calls: number) =>
  new ConcordError(
    'model.rejected',
    `Cannot answer call ${calls + 1} of ${id} as its script must have an answer for it: ${calls} given; extend the script, or look for a loop that should have ended`,
    { details: { model: id, calls } },
  )

/** Words with the blanks before them: a stream in several pieces that join to the text. */
const deltasOf = (text: string): string[] => text.match(/\s*\S+\s*$|\s*\S+|\s+/g) ?? []

/**
 * A model that answers from a script: a list (an answer a call; past its end a call throws `model.rejected`), or a function of
 * the request and the call's index. Usage is deterministic unless the script says it.
 */
export const scriptedModel = (script: Script, options: ScriptedModelOptions = {}): ScriptedModel => {
  const { id = 'scripted/model', price, outputTokensMax = 4096, delayMs = 0, clock } = options
  const requests: ModelRequest[] = []
  const next = async (request: ModelRequest, index: number): Promise<ScriptedAnswer> => {
    if (typeof script === 'function') return script(request, index)
    const answer = script[index]
    if (answer === undefined) throw exhausted(id, index)
    return answer
  }
  return {
    id,
    ...(price === undefined ? {} : { price }),
    outputTokensMax,
    requests,
    calls: () => requests.length,
    // Every byte of the request as JSON is more than any count made of it here.
    inputTokensBound: (request) => bytesOf(JSON.stringify(request)),
    generate: async (request: ModelRequest, { signal, onDelta }: ModelCallOptions = {}) => {
      if (signal?.aborted) throw cancelled()
      const index = requests.push(structuredClone(request)) - 1
      const given = await next(request, index)
      if (delayMs > 0 && clock !== undefined)
        await sleep(clock, delayMs, signal).catch(() => Promise.reject(cancelled()))
      if (given instanceof Error) throw given
      if (typeof given === 'object' && 'hang' in given) return untilAborted(signal)
      const answer = completed(typeof given === 'string' ? { text: given } : given, request, id)
      for (const delta of onDelta === undefined ? [] : deltasOf(answer.text)) {
        if (signal?.aborted) throw cancelled()
        onDelta?.(delta)
      }
      if (signal?.aborted) throw cancelled()
      return structuredClone(answer)
    },
  }
}

/** What replay needs of an event; a run's `model.answered` events have this shape. */
export type AnsweredEvent = { type?: string; step?: string; data: object }

type Answered = { model?: string; answer?: unknown; failure?: Failure }

/**
 * The script of what a run's models answered, in order, failures included: `scriptedModel(answersFromEvents(events))` replays the
 * run without a provider. Other events are passed over. A call past the recorded ones throws `model.rejected`. Steps that ran in
 * parallel may answer in another order when repeated: `where` takes one step's, or one model's, answers for a script of its own.
 */
export const answersFromEvents = (
  events: Iterable<AnsweredEvent>,
  where: { step?: string; model?: string } = {},
): ScriptedAnswer[] => {
  const answers: ScriptedAnswer[] = []
  for (const { type = 'model.answered', step, ...event } of events) {
    if (type !== 'model.answered') continue
    const data = event.data as Answered
    if (where.step !== undefined && where.step !== step) continue
    if (where.model !== undefined && where.model !== data.model) continue
    if (data.failure !== undefined) {
      const { code, message, details } = data.failure
      answers.push(new ConcordError(code, message, details === undefined ? {} : { details }))
    } else if (data.answer !== undefined) answers.push(data.answer as ModelAnswer)
  }
  return answers
}
