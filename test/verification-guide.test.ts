import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = resolve(import.meta.dirname, '..')

test('the program of the guide to verification runs as written and finds what it says', async () => {
  const guide = readFileSync(join(root, 'docs/guides/verification.md'), 'utf8')
  const [, program = ''] = /```ts\n([\s\S]*?)```/.exec(guide) ?? []
  // Inside the repository: the program imports the package by its name.
  mkdirSync(join(root, '.tmp'), { recursive: true })
  const folder = mkdtempSync(join(root, '.tmp/verification-'))
  try {
    const file = join(folder, 'program.ts')
    writeFileSync(file, program)
    const { stdout } = await run(process.execPath, [file], { cwd: folder, timeout: 60_000 })
    assert.match(stdout, /true \[\]/)
    assert.match(stdout, /swapped \[ 'number'/)
    assert.match(stdout, /longer \[.*\] FADE reduces hallucination by up to 26%\./)
    assert.match(stdout, /title \[ 'source' \]/)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
