import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { hostileFaults } from '../../src/testing/hostile/faults.ts'
import { sample, seed } from '../seed.ts'

/**
 * Suites that open their stores with `concordWith`: they pass as they are with a fault at every
 * fifth commit. Not `wake`: it counts the timers of a manual clock.
 */
const suites = ['waiting', 'approvals', 'hierarchical', 'models'].map((name) => `test/runs/${name}.test.ts`)

/** One class of faults drawn by the seed; all of them in soak. */
const faults = process.env.CONCORD_SOAK === '1' ? hostileFaults : sample(hostileFaults, 1)

describe('runs on a hostile store', () => {
  for (const fault of faults)
    it(`pass with ${fault} at every fifth commit`, async () => {
      const { NODE_TEST_CONTEXT: _, ...env } = process.env
      const run = spawn(process.execPath, ['--test', '--test-concurrency=2', ...suites], {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...env, CONCORD_HOSTILE: fault, CONCORD_SEED: String(seed) },
      })
      let said = ''
      run.stdout.on('data', (chunk) => {
        said += chunk
      })
      const [status] = await once(run, 'close')
      assert.equal(status, 0, `CONCORD_HOSTILE=${fault} CONCORD_SEED=${seed}\n${said.slice(-5_000)}`)
    })
})
