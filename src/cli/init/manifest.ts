import type { ConcordError } from '../../domain/errors.ts'
import { isObject } from '../../domain/reference.ts'
import type { PackageInfo } from '../package-info.ts'
import { exampleGoal } from './readme.ts'

type Manifest = { [member: string]: unknown }

export type ManifestParts = {
  name: string
  info: PackageInfo
  /** The version of the package that the project asks for. */
  dependency: string
  hasCode(): boolean
  refuse(problem: string, way: string): ConcordError
}

const scripts = {
  test: 'tsc && node --test',
  start: `concord run "${exampleGoal}"`,
  serve: 'concord serve',
}

/** What TypeScript and editors need; the same as this package is built with. */
export const tooling = { '@types/node': '^24.0.0', typescript: '^7.0.2' }

/** What `npm init` writes where there is nothing yet. */
const placeholder = /^echo "Error: no test specified" && exit 1$/

const membersOf = (value: unknown): Manifest => (isObject(value) ? value : {})

const sorted = (members: Manifest): Manifest =>
  Object.fromEntries(Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1)))

/**
 * A package.json with what the project needs: a new one, or the one that is there with what it
 * lacks.
 */
export const manifestOf = (there: string | undefined, parts: ManifestParts): string => {
  const { name, info, dependency, refuse } = parts
  const given: Manifest =
    there === undefined ? { name, version: '0.0.0', private: true } : read(there, refuse)
  const type = typeOf(given, parts)
  const own = membersOf(given.scripts)
  const dependencies = membersOf(given.dependencies)
  const development = membersOf(given.devDependencies)
  const missing = (wanted: { [name: string]: string }) =>
    Object.entries(wanted).filter(([one]) => !(one in dependencies) && !(one in development))
  const result: Manifest = {
    ...given,
    type,
    engines: { node: '>=24', ...membersOf(given.engines) },
    scripts: {
      ...scripts,
      ...Object.fromEntries(
        Object.entries(own).filter(([key, value]) => key !== 'test' || !placeholder.test(String(value))),
      ),
    },
    dependencies: sorted({
      ...dependencies,
      ...Object.fromEntries(missing({ [info.name]: dependency, zod: info.zod })),
    }),
    devDependencies: sorted({ ...development, ...Object.fromEntries(missing(tooling)) }),
  }
  const indent = /^\{\r?\n([ \t]+)"/.exec(there ?? '')?.[1] ?? '  '
  return `${JSON.stringify(result, null, indent)}\n`
}

const read = (text: string, refuse: ManifestParts['refuse']): Manifest => {
  try {
    const given: unknown = JSON.parse(text)
    if (isObject(given)) return given
  } catch (error) {
    throw refuse(`its package.json is not JSON: ${error instanceof Error ? error.message : error}`, 'fix it')
  }
  throw refuse('its package.json is not an object', 'fix it, or begin with "npm init -y"')
}

/**
 * The project's files are ES modules. `npm init` writes "commonjs" of itself, which means nothing
 * while there is no code.
 */
const typeOf = ({ type }: Manifest, { hasCode, refuse }: ManifestParts): string => {
  if (type === 'module') return type
  if (type !== undefined && hasCode())
    throw refuse(
      `its package.json says "type": ${JSON.stringify(type)} and it has code that may count on it`,
      'run "npm pkg set type=module" when that code may be ES modules, or make the project in a folder of its own: concord init my-team',
    )
  return 'module'
}
