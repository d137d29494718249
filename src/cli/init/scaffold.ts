import { existsSync, globSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { ConcordError } from '../../domain/errors.ts'
import { type PackageInfo, packageInfo } from '../package-info.ts'
import { manifestOf } from './manifest.ts'
import { exampleGoal, readme } from './readme.ts'

const cannot = (folder: string, problem: string, way: string, cause?: unknown): ConcordError =>
  new ConcordError('input.invalid', `Cannot make a project in ${folder} as ${problem}; ${way}`, { cause })

const nameOf = (folder: string): string =>
  basename(folder)
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+/, '') || 'my-team'

const fileTo = (folder: string, target: string): string =>
  `file:${relative(folder, target).replaceAll('\\', '/') || '.'}`

/** What a package.json asks for under a name; undefined where it does not, or cannot be read. */
const askedIn = (manifest: string, name: string): string | undefined => {
  try {
    const asked = JSON.parse(readFileSync(manifest, 'utf8')).dependencies?.[name]
    return typeof asked === 'string' ? asked : undefined
  } catch {
    return undefined
  }
}

/** How the nearest project above a folder asks for the package. */
const askedAbove = (folder: string, name: string): string | undefined => {
  for (let above = dirname(folder); ; above = dirname(above)) {
    const asked = askedIn(join(above, 'package.json'), name)
    if (asked?.startsWith('file:')) return fileTo(folder, resolve(above, asked.slice('file:'.length)))
    if (asked !== undefined) return asked
    if (above === dirname(above)) return undefined
  }
}

/**
 * How the new project gets the package: from the checkout that this command runs in, as the
 * project above does (from a tarball, say), or from the registry.
 */
const dependencyOn = (info: PackageInfo, folder: string): string =>
  info.private ? fileTo(folder, info.folder) : (askedAbove(folder, info.name) ?? `^${info.version}`)

/** The files of `template/`, which is a project that the checkout's own tests run. */
const templateFiles = (info: PackageInfo): { [path: string]: string } => {
  const template = join(info.folder, 'template')
  const paths = globSync('**/*.{ts,json}', { cwd: template }).map((path) => path.replaceAll('\\', '/'))
  return Object.fromEntries(paths.sort().map((path) => [path, readFileSync(join(template, path), 'utf8')]))
}

const ignored = ['node_modules/', '.concord/', '.env']

/** What git must not see, added below what a `.gitignore` already says. */
const gitignore = (there: string | undefined): string => {
  const lines = (there ?? '').split(/\r?\n/)
  const missing = ignored.filter((one) => !lines.includes(one) && !lines.includes(one.replace('/', '')))
  const kept = there === undefined || there === '' || there.endsWith('\n') ? (there ?? '') : `${there}\n`
  return kept + missing.map((line) => `${line}\n`).join('')
}

/**
 * Files that the developer may have written: they are kept, and the project does without its own.
 */
const mayBeTheirs = new Set(['tsconfig.json', 'README.md'])

export type Scaffolded = { made: string[]; changed: string[]; kept: string[]; goal: string }

/**
 * Writes a project that works into a folder, made when missing. What is there is kept:
 * package.json and .gitignore get what they lack, a README and a tsconfig.json stay as they are.
 * Throws `input.invalid`, with nothing written, when a file of the project is there with other
 * text, or package.json says something the project cannot work with.
 */
export const scaffold = (folder: string): Scaffolded => {
  if (existsSync(folder) && !statSync(folder).isDirectory())
    throw cannot(folder, 'it is a file', 'name a folder')
  const info = packageInfo()
  const there = (path: string): string | undefined =>
    existsSync(join(folder, path)) ? readFileSync(join(folder, path), 'utf8') : undefined
  const name = nameOf(folder)
  const files: { [path: string]: string } = {
    'package.json': manifestOf(there('package.json'), {
      name,
      info,
      dependency: dependencyOn(info, folder),
      hasCode: () => hasCode(folder),
      refuse: (problem, way) => cannot(folder, problem, way),
    }),
    '.gitignore': gitignore(there('.gitignore')),
    'README.md': readme(name),
    ...templateFiles(info),
  }
  const paths = Object.keys(files)
  const other = paths.filter((path) => ![undefined, files[path]].includes(there(path)))
  const grown = ['package.json', '.gitignore']
  const inTheWay = other.filter((path) => !grown.includes(path) && !mayBeTheirs.has(path))
  if (inTheWay.length > 0)
    throw cannot(
      folder,
      `nothing is overwritten: it has ${inTheWay.join(', ')}`,
      'choose an empty folder (concord init <dir>) or move them away',
    )
  const kept = other.filter((path) => mayBeTheirs.has(path))
  const made = paths.filter((path) => there(path) === undefined)
  const changed = other.filter((path) => grown.includes(path))
  try {
    for (const path of [...made, ...changed]) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), files[path] ?? '', { flag: made.includes(path) ? 'wx' : 'w' })
    }
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    throw cannot(folder, `its files must be writable: ${problem}`, 'choose another folder', error)
  }
  return { made, changed, kept, goal: exampleGoal }
}

/** Whether a folder holds programs whose meaning a change of package.json's `type` would change. */
const hasCode = (folder: string): boolean =>
  globSync('**/*.{js,ts}', {
    cwd: folder,
    exclude: (path) => /(^|[\\/])node_modules$/.test(path),
  }).length > 0
