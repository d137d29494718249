import type { Model, Models, Price } from '../ports/model.ts'
import { fromAiSdk } from './ai-sdk.ts'
import { type ProviderOptions, resolveProvider } from './providers.ts'

export type RegistryOptions = ProviderOptions & {
  /** By `provider/model`. A model without a price cannot be used under a money budget. */
  prices?: { [id: string]: Price }
  /** What is known of a model, by `provider/model`: the most it may write when a request does not say, and its context window. */
  limits?: { [id: string]: { outputTokensMax?: number; contextTokensMax?: number } }
  /** Models that are found before any provider is asked: scripted ones, wrapped ones, a user's own. */
  scripted?: readonly Model[]
}

const own = <Value>(table: { [id: string]: Value } | undefined, id: string): Value | undefined =>
  table !== undefined && Object.hasOwn(table, id) ? table[id] : undefined

/**
 * Resolves `provider/model` directly at its provider, never through a gateway. A provider's package is imported when the first of
 * its models is resolved. Nothing is sent by resolving.
 */
export const modelRegistry = (options: RegistryOptions = {}): Models => {
  const known = new Map<string, Promise<Model>>()
  const find = async (id: string): Promise<Model> => {
    const scripted = options.scripted?.find((model) => model.id === id)
    if (scripted !== undefined) return scripted
    const provider = await resolveProvider(id, options)
    const { language, model, providerOptions, structuredOutput, context, timeoutMs, silenceMs } = provider
    const price = own(options.prices, id)
    return fromAiSdk(language(model), {
      id,
      context,
      structuredOutput,
      ...own(options.limits, id),
      ...(price === undefined ? {} : { price }),
      ...(providerOptions === undefined ? {} : { providerOptions }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(silenceMs === undefined ? {} : { silenceMs }),
    })
  }
  return {
    resolve: (id) => {
      const earlier = known.get(id)
      if (earlier !== undefined) return earlier
      const found = find(id)
      known.set(id, found)
      // A key may be set later: failures are not remembered.
      found.catch(() => known.delete(id))
      return found
    },
  }
}
