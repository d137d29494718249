import type { LanguageModelV4, LanguageModelV4ToolCall, SharedV4ProviderOptions } from '@ai-sdk/provider'
import { ConcordError, isConcordError } from '../domain/errors.ts'
import { notHeld, parseJson } from '../domain/exact.ts'
import { copyJson } from '../domain/json.ts'
import { type Redactor, redactor } from '../domain/secrets.ts'
import type { Model, ModelAnswer, ModelCallOptions, ModelRequest, Price, ToolCall } from '../ports/model.ts'
import { type Attempt, attempt } from './attempt.ts'
import { integerLost, withoutMarks } from './exact-integers.ts'
import type { FailureContext } from './failure.ts'
import { complete, type Gathered, generated, partsToKeep, streamed } from './gather.ts'
import { outputRoomIn } from './output-room.ts'
import { toCall, type Wire } from './prompt.ts'
import type { StructuredOutput } from './provider-config.ts'
import { unwrapped } from './root-schema.ts'
import { inputTokensBound } from './tokens.ts'

export type AiSdkOptions = {
  /** `provider/model`; by default what the SDK's model calls itself. */
  id?: string
  price?: Price
  /**
   * Sent with every request that does not say; default 8,192. A server that refuses it and says what it can write is
   * asked for that instead.
   */
  outputTokensMax?: number
  /** The model's context window, if known: caps `inputTokensBound`. */
  contextTokensMax?: number
  /** For one whole attempt; default 300,000. */
  timeoutMs?: number
  /** Between two pieces of a stream; default 120,000. */
  silenceMs?: number
  /** Passed on with every call, under the provider's own names. */
  providerOptions?: SharedV4ProviderOptions
  /** When an answer's schema is sent as `response_format`; default always. The prompt says it in any case. */
  structuredOutput?: StructuredOutput
  /** For error messages: where requests go, where the key comes from, what must never be shown. */
  context?: Omit<FailureContext, 'id'>
}

const toolCall = (call: LanguageModelV4ToolCall, wire: Wire): ToolCall => {
  const named = { id: call.toolCallId, tool: wire.names.fromWire(call.toolName) }
  // Several servers write nothing for a tool without arguments.
  if (call.input.trim() === '') return { ...named, input: {} }
  const lost = integerLost(call.input)
  if (lost !== undefined)
    return { ...named, input: null, invalid: withoutMarks(call.input), problem: notHeld(lost) }
  try {
    // Nested too deep for the log: refused here, so that the model hears of it and its step
    // continues.
    const input = copyJson(parseJson(call.input))
    return { ...named, input: wire.wrapped.has(named.tool) ? unwrapped(input) : input }
  } catch (error) {
    // Who reads `invalid` reports that it is not JSON.
    const problem =
      error instanceof RangeError || error instanceof TypeError ? { problem: error.message } : {}
    return { ...named, input: null, invalid: call.input, ...problem }
  }
}

/** Some local servers number the calls of each answer anew or give all the same id; within one answer ids must differ. */
const distinct = (calls: ToolCall[]): ToolCall[] => {
  const seen = new Set<string>()
  return calls.map((call, index) => {
    const id = call.id === '' || seen.has(call.id) ? `${call.id}#${index}` : call.id
    seen.add(id)
    return id === call.id ? call : { ...call, id }
  })
}

const finishOf = (gathered: Gathered): ModelAnswer['finish'] => {
  const unified = gathered.finish?.unified
  if (unified === 'length' || unified === 'content-filter') return unified
  // Several OpenAI-compatible servers say `stop` beside tool calls.
  if (gathered.calls.length > 0) return 'tool-calls'
  return unified === 'stop' ? 'stop' : 'other'
}

/** The text of an answer whose schema was sent wrapped, as the caller's schema has it. */
const withoutWrapping = (text: string): string => {
  try {
    const written = parseJson(text)
    const value = unwrapped(written)
    return value === written ? text : JSON.stringify(value)
  } catch {
    return text
  }
}

const toAnswer = (
  gathered: Gathered,
  wire: Wire,
  request: ModelRequest,
  model: Model,
  secrets: Redactor,
): ModelAnswer => {
  const { usage } = gathered
  const toolCalls = distinct(gathered.calls.map((call) => toolCall(call, wire))).map(
    ({ input, ...call }) => ({
      ...call,
      input: secrets.json(input),
    }),
  )
  const cached = usage?.inputTokens.cacheRead
  const parts = partsToKeep(gathered)
  return {
    text: secrets.data(wire.outputWrapped ? withoutWrapping(gathered.text) : gathered.text),
    toolCalls,
    ...(parts === undefined ? {} : { parts }),
    finish: finishOf(gathered),
    usage: {
      // A server that does not count is charged the bounds: a budget must not be spent unseen.
      inputTokens: usage?.inputTokens.total ?? model.inputTokensBound(request),
      outputTokens: usage?.outputTokens.total ?? Buffer.byteLength(gathered.text + JSON.stringify(toolCalls)),
      ...(cached ? { cachedInputTokens: cached } : {}),
    },
    model: gathered.model ?? model.id.slice(model.id.indexOf('/') + 1),
  }
}

/** An error thrown by the caller's own listener is the caller's: it is not the provider that failed. */
const guarded = (onDelta: (text: string) => void) => {
  let thrown: { error: unknown } | undefined
  return {
    deliver: (text: string) => {
      try {
        onDelta(text)
      } catch (error) {
        thrown = { error }
        throw error
      }
    },
    rethrow: () => {
      if (thrown) throw thrown.error
    },
  }
}

const merged = (one?: SharedV4ProviderOptions, two?: SharedV4ProviderOptions): SharedV4ProviderOptions => {
  const all: SharedV4ProviderOptions = { ...one }
  for (const [name, options] of Object.entries(two ?? {})) all[name] = { ...all[name], ...options }
  return all
}

/**
 * An AI SDK model (specification v4, of any provider package) as a `Model`. The SDK's own retries live in its `ai` package,
 * which is not used: one call is one request.
 */
export const fromAiSdk = (languageModel: LanguageModelV4, options: AiSdkOptions = {}): Model => {
  const id = options.id ?? `${languageModel.provider.split('.')[0]}/${languageModel.modelId}`
  if (languageModel.specificationVersion !== 'v4')
    throw new ConcordError(
      'model.unconfigured',
      `Cannot use the AI SDK model ${id} as specification v4 is needed: ${String((languageModel as { specificationVersion: unknown }).specificationVersion)}; update its provider package`,
    )
  const { outputTokensMax = 8192, timeoutMs = 300_000, silenceMs = 120_000, contextTokensMax } = options
  /** What the server said it can write, when it refused more. */
  let room = Number.POSITIVE_INFINITY
  const secrets = redactor(options.context?.keys ?? [])
  const send = async (request: ModelRequest, call: ModelCallOptions): Promise<ModelAnswer> => {
    const { options: sdkCall, wire } = toCall(request, outputTokensMax, options.structuredOutput)
    sdkCall.maxOutputTokens = Math.min(room, sdkCall.maxOutputTokens ?? outputTokensMax)
    sdkCall.providerOptions = merged(options.providerOptions, sdkCall.providerOptions)
    if (call.idempotencyKey !== undefined) sdkCall.headers = { 'Idempotency-Key': call.idempotencyKey }
    const { onDelta } = call
    const listener = onDelta && guarded((text) => onDelta(secrets.data(text)))
    const run = async (running: Attempt): Promise<Gathered> => {
      const abortable = { ...sdkCall, abortSignal: running.signal }
      return listener === undefined
        ? complete(await generated(languageModel, abortable, running), id, false)
        : complete(await streamed(languageModel, abortable, running, listener.deliver), id, true)
    }
    try {
      const gathered = await attempt(
        run,
        { timeoutMs, silenceMs, signal: call.signal },
        { ...options.context, id },
      )
      return toAnswer(gathered, wire, request, model, secrets)
    } catch (error) {
      listener?.rethrow()
      throw error
    }
  }
  /** A server that can write less than was asked for is asked for that: nothing was written yet. */
  const generate = async (request: ModelRequest, call: ModelCallOptions = {}): Promise<ModelAnswer> => {
    try {
      return await send(request, call)
    } catch (error) {
      const found =
        isConcordError(error) && error.code === 'model.rejected' ? outputRoomIn(error.message) : undefined
      const asked = Math.min(room, request.outputTokensMax ?? outputTokensMax)
      if (found === undefined || found.outputTokensMax >= asked) throw error
      // Of a window that input and output share, half is left to a conversation that grows.
      const half = Math.floor((found.contextTokensMax ?? Number.POSITIVE_INFINITY) / 2)
      room = Math.min(found.outputTokensMax, half)
      return send(request, call)
    }
  }
  const model: Model = {
    id,
    ...(options.price === undefined ? {} : { price: options.price }),
    outputTokensMax,
    ...(contextTokensMax === undefined ? {} : { contextTokensMax }),
    generate,
    inputTokensBound: (request) => inputTokensBound(request, contextTokensMax),
  }
  return model
}
