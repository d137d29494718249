import { ConcordError } from '../domain/errors.ts'
import type { Model, Models } from '../ports/model.ts'
import type { ConcordConfig } from './config.ts'

/** Finds a model by `provider/model`, by a role of the config, or the default one. Providers are loaded on first use. */
export const modelFinder = (
  config: ConcordConfig,
  env: { [name: string]: string | undefined },
): ((name: string | undefined) => Promise<Model>) => {
  let registry: Promise<Models> | undefined
  const load = async (): Promise<Models> => {
    const { modelRegistry } = await import('../models/registry.ts')
    const { providers, prices } = config
    return modelRegistry({
      env,
      ...(providers === undefined ? {} : { providers }),
      ...(prices === undefined ? {} : { prices }),
    })
  }
  return async (name) => {
    const wanted = name === undefined ? config.model : (config.models?.[name] ?? name)
    if (typeof wanted === 'object') return wanted
    if (wanted === undefined)
      throw new ConcordError(
        'model.unconfigured',
        'Cannot ask a model as none is configured; pass --model provider/model, set CONCORD_MODEL, or set "model" in concord.config.ts',
      )
    registry ??= load()
    return (await registry).resolve(wanted)
  }
}
