import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = resolve(import.meta.dirname, '../..')

/** The programs of a guide, each a TypeScript block, in a folder where the package has its name. */
export const programsOf = (guide: string) => {
  const text = readFileSync(join(root, 'docs/guides', guide), 'utf8')
  mkdirSync(join(root, '.tmp'), { recursive: true })
  const folder = mkdtempSync(join(root, '.tmp/guide-'))
  const programs = [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = ''], i) => {
    const heading = text
      .slice(0, text.indexOf(code))
      .match(/^## (.+)$/gm)
      ?.at(-1)
      ?.slice(3)
    return {
      heading: heading ?? guide,
      /** Runs it to its end and returns what it printed. */
      async run(env: { [name: string]: string } = {}): Promise<string> {
        const file = join(folder, `program-${i}.ts`)
        writeFileSync(file, code)
        const options = { cwd: folder, timeout: 60_000, env: { ...process.env, ...env } }
        return (await run(process.execPath, [file], options)).stdout
      },
    }
  })
  return { programs, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
