import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4Content,
  LanguageModelV4FinishReason,
  LanguageModelV4ToolCall,
  LanguageModelV4Usage,
  SharedV4ProviderOptions,
} from '@ai-sdk/provider'
import { ConcordError } from '../domain/errors.ts'
import type { Json } from '../domain/json.ts'
import type { Model, ModelAnswer, ModelCallOptions, ModelRequest, Price, ToolCall } from '../ports/model.ts'
import { type Attempt, attempt } from './attempt.ts'
import type { FailureContext } from './failure.ts'
import { type ToolNames, toCall } from './prompt.ts'
import { inputTokensBound } from './tokens.ts'

export type AiSdkOptions = {
  /** `provider/model`; by default what the SDK's model calls itself. */
  id?: string
  price?: Price
  /** Sent with every request that does not say; default 8,192. */
  outputTokensMax?: number
  /** The model's context window, if known: caps `inputTokensBound`. */
  contextTokensMax?: number
  /** For one whole attempt; default 300,000. */
  timeoutMs?: number
  /** Between two pieces of a stream; default 120,000. */
  silenceMs?: number
  /** Passed on with every call, under the provider's own names. */
  providerOptions?: SharedV4ProviderOptions
  /** For error messages: where requests go, where the key comes from, what must never be shown. */
  context?: Omit<FailureContext, 'id'>
}

/** What is gathered of an answer, streamed or not. */
type Gathered = {
  text: string
  calls: LanguageModelV4ToolCall[]
  finish?: LanguageModelV4FinishReason | undefined
  usage?: LanguageModelV4Usage | undefined
  model?: string | undefined
}

const toolCall = (call: LanguageModelV4ToolCall, names: ToolNames): ToolCall => {
  const named = { id: call.toolCallId, tool: names.fromWire(call.toolName) }
  // Several servers write nothing for a tool without arguments.
  if (call.input.trim() === '') return { ...named, input: {} }
  try {
    return { ...named, input: JSON.parse(call.input) as Json }
  } catch {
    return { ...named, input: null, invalid: call.input }
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

const toAnswer = (gathered: Gathered, names: ToolNames, request: ModelRequest, model: Model): ModelAnswer => {
  const { usage } = gathered
  const toolCalls = distinct(gathered.calls.map((call) => toolCall(call, names)))
  const cached = usage?.inputTokens.cacheRead
  return {
    text: gathered.text,
    toolCalls,
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

const textIn = (content: readonly LanguageModelV4Content[]): string =>
  content.map((part) => (part.type === 'text' ? part.text : '')).join('')

const generated = async (
  model: LanguageModelV4,
  call: LanguageModelV4CallOptions,
  running: Attempt,
): Promise<Gathered> => {
  const result = await running.wait(model.doGenerate(call))
  return {
    text: textIn(result.content),
    calls: result.content
      .filter((part) => part.type === 'tool-call')
      .filter((part) => !part.providerExecuted),
    finish: result.finishReason,
    usage: result.usage,
    model: result.response?.modelId,
  }
}

const streamed = async (
  model: LanguageModelV4,
  call: LanguageModelV4CallOptions,
  running: Attempt,
  onDelta: (text: string) => void,
): Promise<Gathered> => {
  running.heard()
  const { stream } = await running.wait(model.doStream(call))
  const gathered: Gathered = { text: '', calls: [] }
  const reader = stream.getReader()
  try {
    for (;;) {
      const { done, value: part } = await running.wait(reader.read())
      if (done) return gathered
      running.heard()
      if (part.type !== 'stream-start' && part.type !== 'error') running.began()
      if (part.type === 'text-delta') {
        gathered.text += part.delta
        onDelta(part.delta)
      } else if (part.type === 'tool-call' && !part.providerExecuted) gathered.calls.push(part)
      else if (part.type === 'response-metadata') gathered.model = part.modelId ?? gathered.model
      else if (part.type === 'error') throw part.error
      else if (part.type === 'finish') {
        gathered.finish = part.finishReason
        gathered.usage = part.usage
      }
    }
  } finally {
    reader.cancel().catch(() => undefined)
  }
}

const checked = (gathered: Gathered, id: string, streaming: boolean): Gathered => {
  const unified = gathered.finish?.unified
  const broken = unified === 'interrupted' || (streaming && (unified === undefined || unified === 'error'))
  if (!broken) return gathered
  throw new ConcordError(
    'model.failed',
    `Cannot use the answer of ${id} as it must be complete: the stream ended after ${gathered.text.length} characters without saying why; try again`,
    { details: { model: id } },
  )
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
  const generate = async (request: ModelRequest, call: ModelCallOptions = {}): Promise<ModelAnswer> => {
    const { options: sdkCall, names } = toCall(request, outputTokensMax)
    sdkCall.providerOptions = merged(options.providerOptions, sdkCall.providerOptions)
    if (call.idempotencyKey !== undefined) sdkCall.headers = { 'Idempotency-Key': call.idempotencyKey }
    const listener = call.onDelta && guarded(call.onDelta)
    const run = async (running: Attempt): Promise<Gathered> => {
      const abortable = { ...sdkCall, abortSignal: running.signal }
      return listener === undefined
        ? checked(await generated(languageModel, abortable, running), id, false)
        : checked(await streamed(languageModel, abortable, running, listener.deliver), id, true)
    }
    try {
      const gathered = await attempt(
        run,
        { timeoutMs, silenceMs, signal: call.signal },
        { ...options.context, id },
      )
      return toAnswer(gathered, names, request, model)
    } catch (error) {
      listener?.rethrow()
      throw error
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
