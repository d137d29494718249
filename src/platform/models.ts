import { ConcordError } from '../domain/errors.ts'
import { storeAsIs } from '../policy/before-store.ts'
import type { Embedder } from '../ports/embedder.ts'
import type { Model, Models } from '../ports/model.ts'
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
  if (config.modelCache === undefined || config.modelCache === false) return registry
  const { cachedModel, memoryAnswers } = await import('../models/cache.ts')
  const kept = config.modelCache === true ? memoryAnswers() : config.modelCache
  const answers = guardAnswers(kept, config.beforeStore ?? storeAsIs)
  const wrapped = new WeakMap<Model, Model>()
  return {
    async resolve(id) {
      const model = await registry.resolve(id)
      // One object for each model: calls under way are known by it.
      const cached = wrapped.get(model) ?? cachedModel(model, answers)
      wrapped.set(model, cached)
      return cached
    },
  }
}

const unconfigured = (what: string, flag: string, member: string): ConcordError =>
  new ConcordError(
    'model.unconfigured',
    `Cannot ask ${what} as none is configured; ${flag}set "${member}" in concord.config.ts`,
  )

/** Finds a model by `provider/model`, by a role of the config, or the default one. Providers are loaded on first use. */
export const modelFinder = (
  config: ConcordConfig,
  env: Env,
): ((name: string | undefined) => Promise<Model>) => {
  let models: Promise<Models> | undefined
  return async (name) => {
    const wanted = name === undefined ? config.model : (config.models?.[name] ?? name)
    if (typeof wanted === 'object') return wanted
    if (wanted === undefined)
      throw unconfigured('a model', 'pass --model provider/model, set CONCORD_MODEL, or ', 'model')
    models ??= loadModels(config, env)
    return (await models).resolve(wanted)
  }
}

/** Finds an embedder by `provider/model`, or the default one. */
export const embedderFinder = (config: ConcordConfig, env: Env): ((name?: string) => Promise<Embedder>) => {
  const found = new Map<string, Promise<Embedder>>()
  const load = async (id: string): Promise<Embedder> => {
    const { embedderRegistry } = await import('../models/embeddings.ts')
    return embedderRegistry(providersOf(config, env)).resolve(id)
  }
  return (name = config.embedder) => {
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
