import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export type PackageInfo = {
  name: string
  version: string
  folder: string
  private: boolean
  /** The zod it depends on, for projects that write schemas. */
  zod: string
}

/** The package this file is part of: the published one, or the checkout. */
export const packageInfo = (): PackageInfo => {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const file = join(folder, 'package.json')
    if (existsSync(file)) {
      const { name, version, dependencies, private: isPrivate } = JSON.parse(readFileSync(file, 'utf8'))
      return {
        name: String(name),
        version: String(version),
        folder,
        private: isPrivate === true,
        zod: String(dependencies.zod),
      }
    }
    if (folder === dirname(folder)) throw new Error('no package.json above the command line')
  }
}
