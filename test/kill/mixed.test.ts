import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { sample, seeded } from '../seed.ts'
import { killAndResume, runWorker } from './harness.ts'

describe('a run of steps, tools, a model, state and a redo that is killed', () => {
  let expected: unknown
  let commits = 0

  before(async () => {
    const directory = await mkdtemp(join(tmpdir(), 'concord-kill-'))
    const { stdout, stderr } = await runWorker([directory, join(directory, 'effects.txt'), 'mixed'])
    await rm(directory, { recursive: true })
    const ended = JSON.parse(stdout || JSON.stringify({ stderr }))
    assert.equal(ended.status, 'succeeded', stdout + stderr)
    expected = ended.output
    commits = ended.commits
  })

  it('ends with the same result from commits drawn at random, doing nothing acknowledged again', async () => {
    const all = Array.from({ length: commits - 1 }, (_, i) => i + 1)
    for (const atCommit of sample(all, 4)) {
      const { killed } = await killAndResume({ team: 'mixed', expected, atCommit })
      assert.equal(killed, 1, `was not killed at commit ${atCommit} of ${commits}`)
    }
  })

  it('ends with the same result when killed several times at random moments', async () => {
    const random = seeded()
    await killAndResume({
      team: 'mixed',
      expected,
      afterMs: [0, 1, 2].map(() => 200 + Math.floor(random() * 400)),
    })
  })
})
