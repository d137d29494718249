import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { ConcordError } from '../../domain/errors.ts'
import { type PackageInfo, packageInfo } from '../package-info.ts'
import { exampleGoal, projectFiles } from './project.ts'

const cannot = (folder: string, problem: string, way: string, cause?: unknown): ConcordError =>
  new ConcordError('input.invalid', `Cannot make a project in ${folder} as ${problem}; ${way}`, { cause })

const nameOf = (folder: string): string =>
  basename(folder)
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+/, '') || 'my-team'

/** How the new project gets the package: from the registry, or from the checkout this command runs in. */
const dependencyOn = (info: PackageInfo, folder: string): string =>
  info.private ? `file:${relative(folder, info.folder).replaceAll('\\', '/') || '.'}` : `^${info.version}`

/** Writes a project that works into a folder, made when missing. Throws `input.invalid` when any of its files is there already: nothing is written then. */
export const scaffold = (folder: string): { files: string[]; goal: string } => {
  if (existsSync(folder) && !statSync(folder).isDirectory())
    throw cannot(folder, 'it is a file', 'name a folder')
  const info = packageInfo()
  const files = projectFiles({
    name: nameOf(folder),
    packageName: info.name,
    dependency: dependencyOn(info, folder),
  })
  const there = Object.keys(files).filter((path) => existsSync(join(folder, path)))
  if (there.length > 0)
    throw cannot(
      folder,
      `nothing is overwritten: it has ${there.join(', ')}`,
      'choose an empty folder (concord init <dir>) or move them away',
    )
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text, { flag: 'wx' })
    }
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    throw cannot(folder, `its files must be writable: ${problem}`, 'choose another folder', error)
  }
  return { files: Object.keys(files), goal: exampleGoal }
}
