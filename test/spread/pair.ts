import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, watch } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openConcord } from '../../src/index.ts'

const program = fileURLToPath(new URL('./worker.ts', import.meta.url))
const items = 1_000

type Effect = { pid: number; key: string }

const effectsIn = (file: string): Effect[] =>
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => ({ pid: Number(line.split(' ')[0]), key: line.slice(line.indexOf(' ') + 1) }))
    : []

const pair = async (t: TestContext) => {
  const directory = await mkdtemp(join(tmpdir(), 'concord-spread-'))
  const effects = join(directory, 'effects')
  await writeFile(effects, '')
  const begin = async (): Promise<ChildProcess> => {
    const child = spawn(process.execPath, [program, directory, effects, String(items)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    t.after(() => child.kill('SIGKILL'))
    await once(child.stdout, 'data')
    return child
  }
  t.after(() => rm(directory, { recursive: true, force: true }))
  return { directory, effects, starter: await begin(), helper: await begin() }
}

/** Resolves when both have worked and this many items were executed. */
const bothAtWork = async (effects: string, count: number): Promise<void> => {
  const done = () => {
    const found = effectsIn(effects)
    return found.length >= count && new Set(found.map(({ pid }) => pid)).size > 1
  }
  const changes = watch(effects)
  while (!done()) await once(changes, 'change')
  changes.close()
}

const outputOf = async (directory: string): Promise<unknown> => {
  await using concord = await openConcord({ keep: false, config: { stores: { directory } } })
  for (;;) {
    const committed = Promise.withResolvers<void>()
    const stop = concord.log.onCommit(() => committed.resolve())
    const summary = await concord.log.run('fan')
    if (summary?.status === 'succeeded') return (await concord.runner.load('fan')).output
    assert.notEqual(summary?.status, 'failed')
    await committed.promise
    stop()
  }
}

/** One of two processes that share a fan-out is stopped by a signal, and the other finishes. */
export const stopped = async (
  t: TestContext,
  which: 'starter' | 'helper',
  signal: 'SIGKILL' | 'SIGSTOP',
): Promise<void> => {
  const processes = await pair(t)
  const { directory, effects, starter } = processes
  starter.stdin?.write('go\n')
  await bothAtWork(effects, 100)
  processes[which].kill(signal)
  assert.equal(await outputOf(directory), (items * (items - 1)) / 2)
  const all = effectsIn(effects)
  assert.equal(new Set(all.map(({ key }) => key)).size, items)
  // Only what was under way when the process died is executed again, with the same key.
  assert.ok(all.length - items <= 32, `${all.length} executions of ${items} items`)
  const ofKilled = all.filter(({ pid }) => pid === processes[which].pid).length
  assert.ok(ofKilled > 0 && ofKilled < items, `the process that was stopped executed ${ofKilled}`)
}
