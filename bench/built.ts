import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { workFolder } from './folder.ts'

export type Built = { entry: string; how: string }

/** The package as it ships: what `npm run build` has made, else built beside the measurements. */
export const builtPackage = async (): Promise<Built | undefined> => {
  const shipped = fileURLToPath(new URL('../dist/lib/index.js', import.meta.url))
  if (existsSync(shipped)) return { entry: shipped, how: 'dist, as built' }
  const out = join(await workFolder(), 'dist')
  const build = fileURLToPath(new URL('../scripts/build.ts', import.meta.url))
  spawnSync(process.execPath, [build, '--out', out], { stdio: 'ignore' })
  const entry = join(out, 'lib/index.js')
  return existsSync(entry) ? { entry, how: 'built for this measurement: there is no dist' } : undefined
}
