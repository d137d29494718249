import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { it, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { sample } from '../seed.ts'
import { everyCommit } from './harness.ts'

const worker = fileURLToPath(new URL('./shared-calls-worker.ts', import.meta.url))
const kills = 3

const folderFor = (t: TestContext) => {
  const folder = mkdtempSync(join(tmpdir(), 'concord-shared-calls-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return { directory: join(folder, 'store'), calls: join(folder, 'calls') }
}

const work = async ({ directory, calls }: ReturnType<typeof folderFor>, killAt?: number) => {
  const args = [worker, directory, calls, ...(killAt === undefined ? [] : [String(killAt)])]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'close')])
  return { said, code }
}

const callsIn = (file: string): string[] =>
  existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []

const expected = ['answer to common', 'answer to own of c']

it('calls that were shared are answered from the log of each step, at whatever commit the process is killed', async (t) => {
  const whole = folderFor(t)
  const { commits, ...unharmed } = JSON.parse((await work(whole)).said)
  assert.deepEqual([unharmed.status, unharmed.output, unharmed.spent], ['succeeded', expected, 40])
  assert.equal(unharmed.answered.filter(({ shared }: { shared: boolean }) => shared).length, 2)
  assert.equal(callsIn(whole.calls).length, 4)
  for (const killAt of sample(everyCommit(commits), kills)) {
    const files = folderFor(t)
    await work(files, killAt)
    const before = callsIn(files.calls).length
    const last = await work(files)
    assert.equal(last.code, 0, `killed at commit ${killAt}`)
    const run = JSON.parse(last.said)
    assert.deepEqual([run.status, run.output], ['succeeded', expected], `killed at commit ${killAt}`)
    const ids = run.answered.map(({ at }: { at: string }) => at)
    assert.equal(new Set(ids).size, 6, 'each step has both of its answers')
    assert.equal(ids.length, 6, 'what the log has is not asked again')
    const made = callsIn(files.calls)
    assert.ok(made.length - before <= 4, `${made.length - before} calls after the kill`)
    assert.ok(made.filter((asked) => asked === 'common').length <= 2, made.join(', '))
    // Under a budget, a call that was sent and lost is charged its bound.
    assert.ok(run.spent <= 2_000)
  }
})
