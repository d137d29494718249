/**
 * Builds the page into `web/dist`, and notes of which sources: `concord serve` in a clone runs this where
 * it is not there or older than them. `--if-needed` does nothing where it is up to date.
 */
import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'vite'

const here = import.meta.dirname
const stampFile = join(here, 'dist/.sources')

const sources = (): string[] =>
  [
    ...globSync('src/**/*', { cwd: here }).filter((path) => /\.\w+$/.test(path)),
    'index.html',
    'package.json',
    'vite.config.ts',
    ...globSync('public/*', { cwd: here }),
    ...globSync(['../src/domain/**/*.ts', '../src/client.ts', '../src/stores/http/*.ts'], {
      cwd: here,
    }),
  ].sort()

const stampOf = (): string => {
  const hash = createHash('sha256')
  for (const path of sources())
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(here, path)))
      .update('\0')
  return hash.digest('hex')
}

const stamp = stampOf()
const isBuilt = existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp
if (!(isBuilt && process.argv.includes('--if-needed'))) {
  console.log('Building the page (once; some seconds) ...')
  await build({ configFile: join(here, 'vite.config.ts'), logLevel: 'warn' })
  writeFileSync(stampFile, stamp)
  console.log('The page is built')
}
