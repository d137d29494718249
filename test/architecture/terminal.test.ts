import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { filesLike } from '../../scripts/files.ts'

/** Ways to write past `src/cli/terminal.ts`, which shows control characters as code points. */
const around =
  /\bprocess\s*\.\s*(?:stdout|stderr)\b|\{[^}]*\b(?:stdout|stderr)\b[^}]*\}\s*=\s*process\b|\bconsole\b|\boutput:\s*process|\/dev\/(?:tty|stdout|stderr)|\bwriteSync\(\s*[12]\b|u001b|x1b/

/** Colours over text that was made safe, and the `console` of a sandbox. */
const known = new Set([
  'src/cli/terminal.ts',
  'src/domain/trace-text.ts',
  'src/tools/code.ts',
  'src/tools/code/prelude.ts',
  'src/tools/code/sandbox-worker.ts',
])

describe('the terminal', () => {
  it('is written to by one file of the command line, and by no other room', () => {
    const files = filesLike('src/**/*.ts').filter((file) => !/\.test\.ts$/.test(file))
    assert.ok(files.length > 300)
    const found = files.flatMap((file) => {
      // What a comment says is not done.
      const code = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
      const line = around.exec(code)?.[0]
      return line === undefined || known.has(file) ? [] : [`${file}: ${line}`]
    })
    assert.deepEqual(found, [])
  })
})
