import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { filesLike } from '../scripts/files.ts'

const run = promisify(execFile)
const examples = filesLike('examples/*/main.ts')

describe('examples', () => {
  it('are there', () => assert.ok(examples.length >= 2, `only ${examples.join(', ')}`))

  for (const example of examples)
    it(`${example} runs and finds its own result right`, async () => {
      const directory = await mkdtemp(join(tmpdir(), 'concord-example-'))
      try {
        const { stdout } = await run(process.execPath, [resolve(example)], {
          cwd: directory,
          timeout: 60_000,
        })
        assert.notEqual(stdout, '')
      } finally {
        await rm(directory, { recursive: true })
      }
    })
})
