import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { isPackaged } from '../server/page/folder.ts'
import type { Terminal } from './terminal.ts'

/** Of a clone; a package has the page built. */
const builder = fileURLToPath(new URL('../../web/build.ts', import.meta.url))

/**
 * In a clone: builds the page where it is missing or older than its sources, saying so. Serving
 * does without when that fails.
 */
export const buildPage = async (terminal: Terminal): Promise<void> => {
  if (isPackaged() || !existsSync(builder)) return
  const child = spawn(process.execPath, [builder, '--if-needed'], { stdio: ['ignore', 'pipe', 'pipe'] })
  child.stdout.on('data', (text: Buffer) => terminal.err(text.toString()))
  let problems = ''
  child.stderr.on('data', (text: Buffer) => {
    problems = (problems + text.toString()).slice(-2_000)
  })
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0)
    terminal.err(`The page cannot be built, and is not shown; "npm install" may help\n${problems}\n`)
}
