import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { after, describe, it } from 'node:test'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = resolve(import.meta.dirname, '..')
const guide = readFileSync(join(root, 'docs/guides/live-memory.md'), 'utf8')
const programs = [...guide.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) => code)

describe('the guide to live memory', () => {
  // Inside the repository: the programs import the package by its name.
  mkdirSync(join(root, '.tmp'), { recursive: true })
  const folder = mkdtempSync(join(root, '.tmp/guide-'))
  after(() => rmSync(folder, { recursive: true, force: true }))

  it('has programs', () => assert.equal(programs.length, 5))

  for (const [i, program] of programs.entries()) {
    const heading = guide
      .slice(0, guide.indexOf(program))
      .match(/^## (.+)$/gm)
      ?.at(-1)
    it(`${heading}: runs as written`, async () => {
      const file = join(folder, `program-${i}.ts`)
      writeFileSync(file, program)
      const { stdout } = await run(process.execPath, [file], { cwd: folder, timeout: 60_000 })
      assert.notEqual(stdout, '')
    })
  }
})
