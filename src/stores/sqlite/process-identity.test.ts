import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { processLives, processStart } from './process-identity.ts'

describe('a process', () => {
  it('lives while it runs, and no other is taken for it', () => {
    const started = processStart(process.pid)
    assert.ok(processLives(process.pid, started))
    assert.ok(processLives(process.pid, undefined))
    if (started !== undefined) assert.ok(!processLives(process.pid, `${started}0`))
  })

  it('is gone when it has ended, also while its parent has not looked at it', async (context) => {
    if (!existsSync('/proc/self/stat')) return context.skip('there is no /proc to tell a zombie by')
    // A parent that never asks after its child.
    const program =
      'import os, time\nchild = os.fork()\nif child == 0: os._exit(0)\nprint(child, flush=True)\ntime.sleep(60)'
    const parent = spawn('python3', ['-c', program], { stdio: ['ignore', 'pipe', 'ignore'] })
    try {
      const [line] = await once(parent.stdout, 'data')
      const pid = Number(String(line))
      while (!/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))) await new Promise(setImmediate)
      process.kill(pid, 0)
      assert.ok(!processLives(pid, processStart(pid)))
      assert.ok(!processLives(pid, undefined))
    } finally {
      parent.kill()
    }
  })
})
