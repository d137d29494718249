import type { Json, JsonObject } from '../domain/json.ts'
import type { JsonSchema } from './schema.ts'

export type Part =
  | { type: 'text'; text: string }
  /** `data` is base64; `mediaType` such as `image/png`. */
  | { type: 'file'; mediaType: string; data: string }

export type ToolCall = {
  id: string
  tool: string
  input: Json /** What the model wrote when it was not JSON. */
  invalid?: string
  /** Why it is not used though it is JSON: it would say something else. */
  problem?: string
}

/**
 * One part of an answer in the order it was given. `opaque` is the provider's own (a signature, an id, encrypted thoughts): it
 * goes back unchanged with the next request, which some providers refuse without it.
 */
export type AnswerPart =
  | { type: 'reasoning' | 'text'; text: string; opaque?: JsonObject }
  /** `at` is the index of the call in `toolCalls`. */
  | { type: 'tool-call'; at: number; opaque?: JsonObject }

export type Message =
  | { role: 'system'; content: string }
  | { role: 'user'; content: string | Part[] }
  | { role: 'assistant'; content: string; toolCalls?: ToolCall[]; parts?: AnswerPart[] }
  | { role: 'tool'; callId: string; tool: string; content: string; failed?: boolean }

export type ToolSpec = { name: string; description: string; input: JsonSchema }

export type ModelRequest = {
  messages: Message[]
  tools?: ToolSpec[]
  toolChoice?: 'auto' | 'required' | 'none' | { tool: string }
  /** Ask for JSON of this schema; the caller still validates. */
  output?: { name: string; schema: JsonSchema }
  outputTokensMax?: number
  temperature?: number
  seed?: number
  stop?: string[]
}

/** Tokens as the provider counted them. */
export type Usage = { inputTokens: number; outputTokens: number; cachedInputTokens?: number }

export type ModelAnswer = {
  text: string
  toolCalls: ToolCall[]
  /** Only where the provider wants more back than text and calls. */
  parts?: AnswerPart[]
  finish: 'stop' | 'tool-calls' | 'length' | 'content-filter' | 'other'
  usage: Usage
  /** The model the provider says answered. */
  model: string
}

/** Money per million tokens, in the config's currency. */
export type Price = { inputPerMillion: number; outputPerMillion: number; cachedInputPerMillion?: number }

export type ModelCallOptions = {
  signal?: AbortSignal
  /** Asks for streaming; receives text as it is written. */
  onDelta?: (text: string) => void
  idempotencyKey?: string
}

/** A language model behind one provider. One call is one attempt: retries, budgets and journaling belong to the caller. */
export interface Model {
  /** `provider/model`. */
  readonly id: string
  readonly price?: Price
  /** What the model may write at most when the request does not say. */
  readonly outputTokensMax: number
  /** Its window, input and output together, where that is known. */
  readonly contextTokensMax?: number
  /**
   * One attempt. Throws ConcordError: `model.rate-limited`, `model.failed` (both with `details.retryAfterMs` when the provider
   * said so), `model.timeout`, `model.rejected` (4xx: will not help to repeat), `model.key-missing`, `cancelled`.
   * `details.processed: false` says that no provider worked on the request (it never left, or a 4xx refused it), `true` that
   * part of an answer had arrived. Without it, a rate limit, a rejection and a missing key cost nothing; any other failure of
   * a call is charged its bound.
   * Aborting the signal closes the socket.
   */
  generate(request: ModelRequest, options?: ModelCallOptions): Promise<ModelAnswer>
  /**
   * Whether a request is answered from what was kept, without a call of the provider. Absent: none
   * is.
   */
  holds?(request: ModelRequest): Promise<boolean>
  /** An upper bound of the input tokens of a request; never below what the provider will count. */
  inputTokensBound(request: ModelRequest): number
}

/** Finds a model by `provider/model`. Throws ConcordError `model.unconfigured`, `model.key-missing` or `package.missing`. */
export interface Models {
  resolve(id: string): Promise<Model>
}

/**
 * A language model object of the AI SDK (`openai('gpt-5')` of `@ai-sdk/openai`; specification v2,
 * v3 or v4), as far as it is looked at here. It may stand wherever a `Model` may.
 */
export interface AiSdkModel {
  readonly specificationVersion: string
  readonly provider: string
  readonly modelId: string
  doGenerate(options: never): PromiseLike<unknown>
  doStream(options: never): PromiseLike<unknown>
}

export const isAiSdkModel = (model: object): model is AiSdkModel =>
  'doGenerate' in model && 'specificationVersion' in model

/** Whether what was given is a model of this package, ready to use. */
export const isModel = (given: string | Model | AiSdkModel | undefined): given is Model =>
  typeof given === 'object' && !isAiSdkModel(given)

/** `provider/model`, as prices and limits name it. */
export const modelId = (model: Model | AiSdkModel): string =>
  isAiSdkModel(model) ? `${model.provider.split('.')[0]}/${model.modelId}` : model.id
