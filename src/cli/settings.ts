import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { ConcordError } from '../domain/errors.ts'
import { openConcord } from '../platform/concord.ts'
import type { Concord, OpenOptions } from '../platform/concord-types.ts'
import type { ConcordConfig } from '../platform/config.ts'
import { findConfig, loadConfig } from '../platform/load-config.ts'
import type { CommonValues } from './options.ts'

export type Overrides = {
  model?: string | undefined
  team?: string | undefined
  memory?: boolean
  durability?: string | undefined
}

/** Variables of `.env` here and beside the config; what the environment says already is kept. */
const loadEnvironment = (configFile: string | undefined): void => {
  const folders = new Set([
    process.cwd(),
    ...(configFile === undefined ? [] : [dirname(resolve(configFile))]),
  ])
  for (const folder of folders) {
    const file = join(folder, '.env')
    if (existsSync(file)) process.loadEnvFile(file)
  }
}

const durabilityOf = (given: string | undefined): 'process' | 'power' | undefined => {
  if (given === undefined || given === 'process' || given === 'power') return given
  throw new ConcordError(
    'input.invalid',
    `Cannot keep runs with durability "${given}" as it is one of process, power; process survives the death of the process, power also that of the machine`,
  )
}

/** The configuration a command works with: flag > environment > config file > default. */
export const settingsOf = async (
  values: Pick<CommonValues, 'config' | 'dir'>,
  overrides: Overrides = {},
): Promise<ConcordConfig> => {
  const file = values.config ?? findConfig()
  loadEnvironment(file)
  const { env } = process
  const config = await loadConfig(file)
  const model = overrides.model ?? (env.CONCORD_MODEL || undefined) ?? config.model
  const team = overrides.team ?? (env.CONCORD_TEAM || undefined) ?? config.team
  const directory = values.dir ?? (env.CONCORD_DIR || undefined) ?? config.stores?.directory ?? '.concord'
  const durability = durabilityOf(overrides.durability) ?? config.stores?.durability
  return {
    ...config,
    ...(model === undefined ? {} : { model }),
    ...(team === undefined ? {} : { team }),
    stores: {
      ...config.stores,
      directory: resolve(directory),
      ...(durability === undefined ? {} : { durability }),
      ...(overrides.memory === true ? { kind: 'memory' } : {}),
    },
  }
}

export const openWith = async (config: ConcordConfig, more: Partial<OpenOptions> = {}): Promise<Concord> => {
  const concord = await openConcord({ config, keep: false, ...more })
  // Nothing can be kept any more: the process ends with the error (`main`).
  void concord.lost.then((error) => Promise.reject(error))
  return concord
}

/**
 * Whether there are any runs to read; opening would make an empty store. Unknown, so true, for your
 * own store.
 */
export const storeExists = ({ stores }: ConcordConfig): boolean =>
  stores?.open !== undefined ||
  (stores?.kind !== 'memory' && existsSync(join(stores?.directory ?? '.concord', 'concord.db')))

/** Whether there is any knowledge; opening would make an empty file. */
export const knowledgeExists = ({ stores }: ConcordConfig): boolean =>
  stores?.openKnowledge !== undefined ||
  (stores?.kind !== 'memory' && existsSync(join(stores?.directory ?? '.concord', 'knowledge.db')))

/** Opens the store for a command about a run, closes it whatever happens. Throws `run.unknown` when there is no store. */
export const withRuns = async <T>(
  values: Pick<CommonValues, 'config' | 'dir'>,
  use: (concord: Concord) => Promise<T>,
): Promise<T> => {
  const config = await settingsOf(values)
  if (!storeExists(config))
    throw new ConcordError(
      'run.unknown',
      `Cannot find a run as there are none in ${config.stores?.directory}; start one with concord run "<goal>", or name another folder with --dir`,
    )
  const concord = await openWith(config)
  // Waiting for what another process commits holds nothing open by itself.
  const awake = setInterval(() => {}, 60_000)
  try {
    return await use(concord)
  } finally {
    clearInterval(awake)
    await concord.close()
  }
}
