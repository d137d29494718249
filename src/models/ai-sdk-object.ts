import type {
  LanguageModelV2FinishReason,
  LanguageModelV2Usage,
  LanguageModelV3,
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4FinishReason,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
  LanguageModelV4StreamResult,
  LanguageModelV4Usage,
} from '@ai-sdk/provider'
import { ConcordError } from '../domain/errors.ts'
import { isRecord } from '../domain/record.ts'
import { secretsOfHeaders } from '../domain/secrets.ts'
import { type AiSdkModel, type Model, modelId, type Price } from '../ports/model.ts'
import { type AiSdkOptions, fromAiSdk } from './ai-sdk.ts'

export type AiSdkObjectOptions = {
  /** By `provider/model`. */
  prices?: { [id: string]: Price }
  limits?: { [id: string]: { outputTokensMax?: number; contextTokensMax?: number } }
}

/**
 * The headers that a provider package sends with its requests, as far as its object shows them:
 * what of them is secret is hidden in errors and answers.
 */
const headersOf = async (model: AiSdkModel): Promise<{ [name: string]: string }> => {
  const { config } = model as { config?: unknown }
  const given = isRecord(config) ? config.headers : undefined
  try {
    const headers: unknown = await (typeof given === 'function' ? given() : given)
    const all = isRecord(headers) ? Object.entries(headers) : []
    return Object.fromEntries(all.filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
  } catch {
    // The provider package reports a missing key when it is called.
    return {}
  }
}

/** Older specifications have a file's data flat in its part; results are sent as text only. */
const olderPrompt = (prompt: LanguageModelV4CallOptions['prompt']) =>
  prompt.map((message) =>
    message.role !== 'user'
      ? message
      : {
          ...message,
          content: message.content.map((part) =>
            part.type === 'file' && part.data.type === 'data' ? { ...part, data: part.data.data } : part,
          ),
        },
  )

const isFlatUsage = (usage: unknown): usage is LanguageModelV2Usage =>
  isRecord(usage) && !isRecord(usage.inputTokens)

/** Specification v2 has flat counts and the finish reason as one word. */
const newerUsage = (usage: unknown): LanguageModelV4Usage =>
  isFlatUsage(usage)
    ? {
        inputTokens: {
          total: usage.inputTokens,
          noCache: undefined,
          cacheRead: usage.cachedInputTokens,
          cacheWrite: undefined,
        },
        outputTokens: { total: usage.outputTokens, text: undefined, reasoning: usage.reasoningTokens },
      }
    : (usage as LanguageModelV4Usage)

const newerFinish = (finish: LanguageModelV2FinishReason | LanguageModelV4FinishReason) =>
  typeof finish === 'string'
    ? { unified: finish === 'unknown' ? ('other' as const) : finish, raw: finish }
    : finish

type Ended = { finishReason: LanguageModelV2FinishReason | LanguageModelV4FinishReason; usage: unknown }
const newerEnd = <T extends Ended>(ended: T) => ({
  ...ended,
  finishReason: newerFinish(ended.finishReason),
  usage: newerUsage(ended.usage),
})

/**
 * A model of specification v2 or v3 (AI SDK 5 and 6) with the interface of v4: what is sent and
 * read of it here.
 */
const newer = (model: LanguageModelV3): LanguageModelV4 => {
  const call = (options: LanguageModelV4CallOptions) =>
    ({ ...options, prompt: olderPrompt(options.prompt) }) as Parameters<typeof model.doGenerate>[0]
  return {
    specificationVersion: 'v4',
    provider: model.provider,
    modelId: model.modelId,
    supportedUrls: model.supportedUrls,
    async doGenerate(options) {
      return newerEnd(await model.doGenerate(call(options))) as LanguageModelV4GenerateResult
    },
    async doStream(options) {
      const result = await model.doStream(call(options))
      const stream = result.stream.pipeThrough(
        new TransformStream<unknown, LanguageModelV4StreamPart>({
          transform(part, controller) {
            const ends = isRecord(part) && part.type === 'finish'
            controller.enqueue((ends ? newerEnd(part as Ended) : part) as LanguageModelV4StreamPart)
          },
        }),
      )
      return { ...result, stream } as LanguageModelV4StreamResult
    },
  }
}

const isNewest = (model: AiSdkModel): model is AiSdkModel & LanguageModelV4 =>
  model.specificationVersion === 'v4'
const isOlder = (model: AiSdkModel): model is AiSdkModel & LanguageModelV3 =>
  model.specificationVersion === 'v2' || model.specificationVersion === 'v3'

/** The responses API keeps every conversation for 30 days unless told not to. */
const ownOptions = ({ provider }: AiSdkModel): AiSdkOptions =>
  provider === 'openai.responses' ? { providerOptions: { openai: { store: false } } } : {}

/**
 * A model object of the AI SDK as a `Model`: one call is one request, whatever the object's own
 * retries would be. Throws `model.unconfigured` for a specification that is not known.
 */
export const modelOfAiSdk = async (
  given: AiSdkModel,
  { prices = {}, limits = {} }: AiSdkObjectOptions,
): Promise<Model> => {
  const id = modelId(given)
  const headers = await headersOf(given)
  const secrets = secretsOfHeaders(headers)
  const price = Object.hasOwn(prices, id) ? prices[id] : undefined
  const options: AiSdkOptions = {
    ...ownOptions(given),
    ...(Object.hasOwn(limits, id) ? limits[id] : {}),
    ...(price === undefined ? {} : { price }),
    id,
    context: { secrets, keys: secrets },
  }
  if (isNewest(given)) return fromAiSdk(given, options)
  if (isOlder(given)) return fromAiSdk(newer(given), options)
  throw new ConcordError(
    'model.unconfigured',
    `Cannot use the AI SDK model ${id} as its specification must be v2, v3 or v4: ${given.specificationVersion}; install another version of its provider package`,
  )
}
