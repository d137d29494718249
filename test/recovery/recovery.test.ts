import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openConcord } from '../../src/index.ts'
import { startProgram } from '../server/fixture.ts'

const worker = fileURLToPath(new URL('./worker.ts', import.meta.url))

/** So many runs under way in a process that was killed. */
const killed = async (t: TestContext, runs: number): Promise<string> => {
  const directory = mkdtempSync(join(tmpdir(), 'concord-recovery-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  const first = await startProgram(t, process.execPath, [worker, directory, 'start', String(runs)])
  assert.equal(first.line, 'ready')
  await first.kill('SIGKILL')
  return directory
}
const take = async (t: TestContext, directory: string) => {
  const { line } = await startProgram(t, process.execPath, [worker, directory, 'take'])
  return JSON.parse(line) as { taken: number; ms: number }
}

describe('runs under way in a process that is killed', () => {
  it('are all taken at once by the next, and none twice', async (t) => {
    const directory = await killed(t, 400)
    const { taken, ms } = await take(t, directory)
    // In one pass: the next would come 5 s later.
    assert.equal(taken, 400)
    t.diagnostic(`${taken} runs taken in ${ms} ms`)
    writeFileSync(join(directory, 'open'), '')
    const reader = await openConcord({ config: { stores: { directory } } })
    t.after(() => reader.close())
    for (let i = 0; i < 400; i++) {
      for await (const event of reader.follow(`run${i}`)) if (event.type === 'run.succeeded') break
      const claims = (await reader.events(`run${i}`)).filter(({ type }) => type === 'run.claimed')
      assert.equal(claims.length, 2)
    }
  })

  it('are shared by two processes that come at the same moment', async (t) => {
    const directory = await killed(t, 300)
    const both = await Promise.all([take(t, directory), take(t, directory)])
    const reader = await openConcord({ config: { stores: { directory } } })
    t.after(() => reader.close())
    assert.equal(
      both.reduce((sum, { taken }) => sum + taken, 0),
      300,
    )
    for (let i = 0; i < 300; i++) {
      const claims = (await reader.events(`run${i}`)).filter(({ type }) => type === 'run.claimed')
      assert.equal(claims.length, 2)
    }
  })

  it('beyond what one process advances at once are taken as others settle', async (t) => {
    const directory = await killed(t, 1_100)
    const { taken, ms } = await take(t, directory)
    t.diagnostic(`${taken} runs taken in ${ms} ms`)
    assert.ok(taken >= 1_000 && taken < 1_100, String(taken))
    const reader = await openConcord({ config: { stores: { directory } } })
    t.after(() => reader.close())
    writeFileSync(join(directory, 'open'), '')
    for (let i = 0; i < 1_100; i++)
      for await (const event of reader.follow(`run${i}`)) if (event.type === 'run.succeeded') break
  })
})
