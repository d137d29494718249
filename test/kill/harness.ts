import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { systemClock, systemRandom } from '../../src/platform/system.ts'
import { sqliteStores } from '../../src/stores/sqlite/stores.ts'

const worker = fileURLToPath(new URL('./worker.ts', import.meta.url))

export type Ended = { signal: NodeJS.Signals | null; code: number | null; stdout: string; stderr: string }

/** Runs the worker to its end, or kills it after `killAfterMs`. */
export const runWorker = (args: string[], killAfterMs?: number): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [worker, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text
    })
    const timer = killAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs)
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ signal, code, stdout, stderr })
    })
  })

const linesOf = (file: string): string[] =>
  existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []

const open = (directory: string) =>
  sqliteStores({ directory, durability: 'process', clock: systemClock, random: systemRandom() })

/** What the log acknowledges, as the worker writes it down: executions of steps, tool calls, effects of `ctx.step`. */
const acknowledged = async (directory: string): Promise<Set<string>> => {
  if (!existsSync(join(directory, 'concord.db'))) return new Set()
  const stores = await open(directory)
  const keys = new Set<string>()
  const running = new Map<string, string>()
  for (const event of await stores.log.read('run/killed')) {
    const key = running.get(event.step ?? '')
    if (event.type === 'step.started')
      running.set(event.step ?? '', `killed/${event.data.plan}/${event.step}/${event.data.redo}`)
    else if (event.type === 'step.succeeded') keys.add(key ?? '')
    else if (event.type === 'tool.answered') keys.add(`tool ${key}/${event.data.call}`)
    else if (event.type === 'step.recorded') keys.add(`effect ${key}/${event.data.call}`)
  }
  await stores.close()
  return keys
}

const assertIntact = async (directory: string): Promise<void> => {
  const database = new DatabaseSync(join(directory, 'concord.db'), { readOnly: true })
  assert.deepEqual({ ...database.prepare('PRAGMA integrity_check').get() }, { integrity_check: 'ok' })
  database.close()
  const stores = await open(directory)
  for (const stream of await stores.log.streams()) {
    const { brokenAt, reason } = await stores.log.verify(stream)
    assert.equal(brokenAt, undefined, `${stream}: ${reason}`)
  }
  await stores.close()
}

export type KillPlan = { team: string; expected: unknown } & ({ atCommit: number } | { afterMs: number[] })

/** Kills runs of a team as planned, lets the last one finish, and proves: same result, nothing acknowledged done again, files intact. */
export const killAndResume = async (plan: KillPlan): Promise<{ killed: number }> => {
  const directory = await mkdtemp(join(tmpdir(), 'concord-kill-'))
  const effects = join(directory, 'effects.txt')
  try {
    let killed = 0
    const kills = 'atCommit' in plan ? [undefined] : plan.afterMs
    for (const afterMs of kills) {
      const before = await acknowledged(directory)
      const seen = linesOf(effects).length
      const at = 'atCommit' in plan ? [String(plan.atCommit)] : []
      const ended = await runWorker([directory, effects, plan.team, ...at], afterMs)
      if (ended.signal === 'SIGKILL') killed++
      else assert.equal(ended.code, 0, ended.stderr)
      assertNotAgain(before, linesOf(effects).slice(seen))
    }
    const before = await acknowledged(directory)
    const seen = linesOf(effects).length
    const last = await runWorker([directory, effects, plan.team])
    assert.equal(last.code, 0, last.stderr)
    assertNotAgain(before, linesOf(effects).slice(seen))
    const { status, output } = JSON.parse(last.stdout)
    assert.equal(status, 'succeeded', last.stdout)
    assert.deepEqual(output, plan.expected)
    await assertIntact(directory)
    return { killed }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

const assertNotAgain = (acknowledgedBefore: ReadonlySet<string>, done: string[]): void => {
  const again = done.filter((line) => acknowledgedBefore.has(line))
  assert.deepEqual(again, [], 'what was acknowledged was done again')
}

/** A run nobody kills: what the others are compared with, and how many commits it takes. */
export const unharmed = async (team: string): Promise<{ expected: unknown; commits: number }> => {
  const directory = await mkdtemp(join(tmpdir(), 'concord-kill-'))
  try {
    const { stdout, stderr } = await runWorker([directory, join(directory, 'effects.txt'), team])
    assert.notEqual(stdout, '', stderr)
    const { status, output, commits } = JSON.parse(stdout)
    assert.equal(status, 'succeeded', stdout)
    return { expected: output, commits }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** Parallel steps share commits as it happens: a run may end before a commit that is among the last of another. */
export const assertKilled = (killed: number, atCommit: number, commits: number): void => {
  assert.ok(killed === 1 || atCommit > commits / 2, `was not killed at commit ${atCommit} of ${commits}`)
}

export const everyCommit = (commits: number): number[] => Array.from({ length: commits - 1 }, (_, i) => i + 1)
