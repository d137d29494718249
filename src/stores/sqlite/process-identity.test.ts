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
    // The shell becomes a program that never asks after its child.
    const parent = spawn('sh', ['-c', 'true & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    try {
      const [line] = await once(parent.stdout, 'data')
      const pid = Number(String(line))
      const isZombie = () => /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
      try {
        while (!isZombie()) await new Promise(setImmediate)
        process.kill(pid, 0)
      } catch {
        return context.skip('the shell took leave of its child before it became the other program')
      }
      assert.ok(!processLives(pid, processStart(pid)))
      assert.ok(!processLives(pid, undefined))
    } finally {
      parent.kill()
    }
  })
})
