import { ConcordError } from '../domain/errors.ts'
import { storeAsIs } from '../policy/before-store.ts'
import type { Embedder } from '../ports/embedder.ts'
import { type AiSdkModel, isAiSdkModel, type Model, type Models } from '../ports/model.ts'
import type { ConcordConfig } from './config.ts'
import { guardAnswers } from './stores.ts'

type Env = { [name: string]: string | undefined }

const providersOf = ({ providers }: ConcordConfig, env: Env) => ({
  env,
  ...(providers === undefined ? {} : { providers }),
})

const loadModels = async (config: ConcordConfig, env: Env): Promise<Models> => {
  const { modelRegistry } = await import('../models/registry.ts')
  const { prices, limits } = config
  const registry = modelRegistry({
    ...providersOf(config, env),
    ...(prices === undefined ? {} : { prices }),
    ...(limits === undefined ? {} : { limits }),
  })
  return registry
}

/** Models whose answers are kept, where the config says so. */
const caching = (config: ConcordConfig) => {
  const { modelCache } = config
  if (modelCache === undefined || modelCache === false) return async (model: Model) => model
  const load = async () => {
    const { cachedModel, memoryAnswers } = await import('../models/cache.ts')
    const answers = guardAnswers(
      modelCache === true ? memoryAnswers() : modelCache,
      config.beforeStore ?? storeAsIs,
    )
    const wrapped = new WeakMap<Model, Model>()
    return (model: Model): Model => {
      // One object per model: identical calls in flight are found by it.
      const cached = wrapped.get(model) ?? cachedModel(model, answers)
      wrapped.set(model, cached)
      return cached
    }
  }
  let loaded: ReturnType<typeof load> | undefined
  return async (model: Model) => {
    loaded ??= load()
    return (await loaded)(model)
  }
}

const unconfigured = (what: string, flag: string, member: string): ConcordError =>
  new ConcordError(
    'model.unconfigured',
    `Cannot ask ${what} as none is configured; ${flag}set "${member}" in concord.config.ts`,
  )

/** Models of the AI SDK, each made once. */
const aiSdkModels = ({ prices, limits }: ConcordConfig, cached: (model: Model) => Promise<Model>) => {
  const made = new WeakMap<AiSdkModel, Promise<Model>>()
  const make = async (given: AiSdkModel): Promise<Model> => {
    const { modelOfAiSdk } = await import('../models/ai-sdk-object.ts')
    return cached(
      await modelOfAiSdk(given, {
        ...(prices === undefined ? {} : { prices }),
        ...(limits === undefined ? {} : { limits }),
      }),
    )
  }
  return (given: AiSdkModel): Promise<Model> => {
    const model = made.get(given) ?? make(given)
    made.set(given, model)
    return model
  }
}

type Wanted = string | Model | AiSdkModel | undefined

/**
 * Finds a model by `provider/model`, by a role of the config, the default one, or that of an AI SDK
 * object. Providers are loaded on first use.
 */
export const modelFinder = (config: ConcordConfig, env: Env): ((wanted: Wanted) => Promise<Model>) => {
  let models: Promise<Models> | undefined
  const cached = caching(config)
  const ofAiSdk = aiSdkModels(config, cached)
  return async (given) => {
    const named = typeof given === 'string' ? (config.models?.[given] ?? given) : given
    const wanted = named ?? config.model
    if (typeof wanted === 'object') return isAiSdkModel(wanted) ? ofAiSdk(wanted) : wanted
    if (wanted === undefined)
      throw unconfigured('a model', 'pass --model provider/model, set CONCORD_MODEL, or ', 'model')
    models ??= loadModels(config, env)
    return cached(await (await models).resolve(wanted))
  }
}

/** Finds an embedder by `provider/model`, or the default one, which may be an object. */
export const embedderFinder = (
  config: ConcordConfig,
  env: Env,
): ((name?: string | Embedder) => Promise<Embedder>) => {
  const found = new Map<string, Promise<Embedder>>()
  const load = async (id: string): Promise<Embedder> => {
    const { embedderRegistry } = await import('../models/embeddings.ts')
    return embedderRegistry(providersOf(config, env)).resolve(id)
  }
  return (name = config.embedder) => {
    if (typeof name === 'object') return Promise.resolve(name)
    if (name === undefined) return Promise.reject(unconfigured('an embedder', '', 'embedder'))
    const before = found.get(name)
    if (before !== undefined) return before
    const loading = load(name)
    found.set(name, loading)
    // A key may be set later: failures are not remembered.
    loading.catch(() => found.delete(name))
    return loading
  }
}
