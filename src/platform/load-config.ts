import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { ConcordError, isConcordError } from '../domain/errors.ts'
import type { ConcordConfig } from './config.ts'
import { configProblems } from './config-shape.ts'

const names = ['concord.config.ts', 'concord.config.js', 'concord.config.mjs']

/** The nearest config file in a folder or above it. */
export const findConfig = (from = process.cwd()): string | undefined => {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    const found = names.map((name) => join(folder, name)).find(existsSync)
    if (found !== undefined) return found
    if (folder === dirname(folder)) return undefined
  }
}

/**
 * The configuration of a file, or of the nearest one above the working directory; empty when there is none. Relative folders of stores and files of keys are
 * taken from the file's folder. Throws `config.invalid` with file and line: unreadable, not parsable, throwing, without a
 * default export, with unknown keys or wrong types.
 */
export const loadConfig = async (path: string | undefined = findConfig()): Promise<ConcordConfig> => {
  if (path === undefined) return {}
  const file = resolve(path)
  if (!existsSync(file))
    throw invalid(file, 'there is no such file', 'give the path of one, or run "concord init" to make one')
  const found = await importConfig(file)
  if (found.default === undefined)
    throw invalid(file, 'it has no default export', 'write: export default defineConfig({ ... })')
  const problems = configProblems(found.default)
  if (problems.length > 0) throw wrongShape(file, problems)
  // configProblems has just looked at every member that Concord reads.
  const config = withKeyFiles(found.default as ConcordConfig, dirname(file))
  if (config.teams !== undefined) await checkTeams(file, config)
  if (config.stores?.kind === 'memory') return config
  const directory = resolve(dirname(file), config.stores?.directory ?? '.concord')
  return { ...config, stores: { ...config.stores, directory } }
}

/** A team that cannot be assembled is told with its place in the file; without one it would be told when it is used. */
const checkTeams = async (file: string, config: ConcordConfig): Promise<void> => {
  const { teamsOf } = await import('./teams.ts')
  try {
    teamsOf(config)
  } catch (error) {
    if (!isConcordError(error)) throw error
    const { path, team, problem, way } = error.details
    if (!Array.isArray(path)) throw error
    const place = placeOf(file, readFileSync(file, 'utf8'), path.map(String))
    throw invalid(place, `in team "${team}" ${problem}`, String(way), error)
  }
}

const withKeyFiles = (config: ConcordConfig, folder: string): ConcordConfig => {
  const { key, publicKeys } = config.audit ?? {}
  if (key === undefined && publicKeys === undefined) return config
  return {
    ...config,
    audit: {
      ...config.audit,
      ...(key === undefined ? {} : { key: resolve(folder, key) }),
      ...(publicKeys === undefined
        ? {}
        : { publicKeys: [publicKeys].flat().map((each) => resolve(folder, each)) }),
    },
  }
}

const invalid = (file: string, problem: string, way: string, cause?: unknown): ConcordError =>
  new ConcordError('config.invalid', `Cannot use the config ${file} as ${problem}; ${way}`, {
    details: { file },
    ...(cause === undefined ? {} : { cause }),
  })

type Problem = ReturnType<typeof configProblems>[number]

const wrongShape = (file: string, problems: Problem[]): ConcordError => {
  const source = readFileSync(file, 'utf8')
  const told = problems.map(({ path, problem }) => `${placeOf(file, source, path)}: ${problem}`)
  return new ConcordError(
    'config.invalid',
    `Cannot use the config as it is not what Concord expects: ${told.join('\n  ')}; correct ${problems.length === 1 ? 'it' : 'them'} and try again`,
    { details: { file, problems: told } },
  )
}

/** Where the innermost key of a path that the source shows is written; keys made by code are not found, then the file alone is told. */
const placeOf = (file: string, source: string, path: readonly string[]): string => {
  let from = 0
  let found = false
  for (const key of path) {
    const escaped = key.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
    const match = new RegExp(`(?<![\\w$.])['"]?${escaped}['"]?\\s*[:,(}\\]]`).exec(source.slice(from))
    if (match === null) break
    from += match.index
    found = true
  }
  return found ? `${file}:${source.slice(0, from).split('\n').length}` : file
}

const importConfig = async (file: string): Promise<{ default?: unknown }> => {
  try {
    return await import(pathToFileURL(file).href)
  } catch (error) {
    if (isConcordError(error) && error.code === 'config.invalid') throw error
    throw await explain(file, error)
  }
}

const text = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const explain = async (file: string, error: unknown): Promise<ConcordError> => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'ERR_MODULE_NOT_FOUND') return missingModule(file, error)
  const thrownAt = framePlace(file, error)
  // JSON.parse throws syntax errors too: those come from a line that ran.
  if (error instanceof SyntaxError && thrownAt === undefined) {
    const place = placeInStack(error.stack ?? '') ?? (await checkedPlace(file)) ?? file
    const way =
      code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX'
        ? 'Node runs TypeScript whose types can simply be erased: use another form'
        : /outside a module|Unexpected token 'export'/.test(error.message)
          ? 'run "npm pkg set type=module" in its folder, so that Node reads it as an ES module'
          : 'correct it and try again'
    return invalid(place, `it cannot be parsed: ${text(error)}`, way, error)
  }
  return invalid(thrownAt ?? file, `it throws: ${text(error)}`, 'correct it and try again', error)
}

const missingModule = (file: string, error: unknown): ConcordError => {
  const wanted = /Cannot find (?:package|module) '([^']+)'/.exec(text(error))?.[1]
  const source = readFileSync(file, 'utf8')
  const written = wanted === undefined ? undefined : wanted.split('/').at(-1)
  const line = written === undefined ? -1 : source.split('\n').findIndex((one) => one.includes(written))
  return invalid(
    line < 0 ? file : `${file}:${line + 1}`,
    `what it imports cannot be found: ${wanted ?? text(error)}`,
    'run "npm install" in its folder, or correct the import',
    error,
  )
}

/** Syntax errors start their stack with `file:line` when Node knows it. */
const placeInStack = (stack: string): string | undefined => {
  const match = /^(file:\/\/\S+|\/\S+|[A-Za-z]:\\\S+):(\d+)$/.exec(stack.split('\n')[0] ?? '')
  if (match?.[1] === undefined) return undefined
  const path = match[1].startsWith('file:') ? fileURLToPath(match[1]) : match[1]
  return `${path}:${match[2]}`
}

/** Of an ES module's syntax error Node tells the place only when asked to check the file. */
const checkedPlace = (file: string): Promise<string | undefined> =>
  new Promise((done) => {
    execFile(process.execPath, ['--check', file], (_error, _stdout, stderr) => done(placeInStack(stderr)))
  })

const framePlace = (file: string, error: unknown): string | undefined => {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  const escaped = pathToFileURL(file).href.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const line = new RegExp(`^\\s+at .*${escaped}:(\\d+)`, 'm').exec(stack)?.[1]
  return line === undefined ? undefined : `${file}:${line}`
}
