import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { workFolder } from './folder.ts'

export type Built = { entry: string; how: string }

/** The package as it ships when `npm run build` has made it, else the same sources compiled to JavaScript beside the measurements. */
export const builtPackage = async (): Promise<Built | undefined> => {
  const shipped = fileURLToPath(new URL('../dist/index.js', import.meta.url))
  if (existsSync(shipped)) return { entry: shipped, how: 'dist, as built' }
  const folder = await workFolder()
  const outDir = join(folder, 'dist')
  const config = join(folder, 'tsconfig.json')
  await rm(outDir, { recursive: true, force: true })
  const compilerOptions = {
    noEmit: false,
    noCheck: true,
    incremental: false,
    outDir,
    rootDir: fileURLToPath(new URL('../src', import.meta.url)),
  }
  const text = {
    extends: fileURLToPath(new URL('../tsconfig.json', import.meta.url)),
    compilerOptions,
    include: [compilerOptions.rootDir],
    exclude: [join(compilerOptions.rootDir, '**/*.test.ts')],
  }
  await writeFile(config, JSON.stringify(text))
  const tsc = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url))
  spawnSync(process.execPath, [tsc, '-p', config], { stdio: 'ignore' })
  const entry = join(outDir, 'index.js')
  return existsSync(entry) ? { entry, how: 'compiled for this measurement: there is no dist' } : undefined
}
