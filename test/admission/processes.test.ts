import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { agent, type Concord, openConcord, team } from '../../src/index.ts'

const program = fileURLToPath(new URL('./worker.ts', import.meta.url))
const goals = 60

/**
 * A folder with goals that were accepted and not begun: the only place was taken by a run that is
 * cancelled.
 */
const filled = async (t: TestContext) => {
  const directory = await mkdtemp(join(tmpdir(), 'concord-admission-'))
  const worker = agent({ name: 'worker', run: () => new Promise(() => {}) })
  const concord = await openConcord({
    keep: false,
    config: { stores: { directory }, teams: { t: team({ agents: [worker] }) }, admission: { runsMax: 1 } },
  })
  const first = await concord.start('takes the place')
  const waiting: string[] = []
  for (let i = 0; i < goals; i++) waiting.push((await concord.start(`goal ${i}`)).id)
  await concord.close()
  const watching = await openConcord({ keep: false, config: { stores: { directory } } })
  await watching.signal(first.id, { kind: 'cancel' }, { wake: false })
  t.after(async () => {
    await watching.close()
    await rm(directory, { recursive: true, force: true })
  })
  return { directory, effects: join(directory, 'effects'), concord: watching, waiting, first: first.id }
}

/** Processes that are ready before the first of them begins. */
const serve = async (t: TestContext, ...each: string[][]): Promise<ChildProcess[]> => {
  const children = each.map((args) => {
    const child = spawn(process.execPath, [program, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
    t.after(() => child.kill('SIGKILL'))
    return child
  })
  await Promise.all(children.map(({ stdout }) => once(stdout, 'data')))
  for (const { stdin } of children) stdin.write('go\n')
  return children
}

const allOver = async (concord: Concord): Promise<void> => {
  const open = () => concord.log.countRuns({ status: ['queued', 'running', 'suspended', 'waiting'] })
  while ((await open()) > 0)
    await new Promise<void>((resolve) => {
      const stop = concord.log.onCommit(() => {
        stop()
        resolve()
      })
    })
}

const linesOf = (file: string, kind: string): { process: string; run: string }[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([found]) => found === kind)
    .map(([, process = '', run = '']) => ({ process, run }))

/** Every claim of every run, and who made it. */
const claimsOf = async (concord: Concord, run: string): Promise<string[]> =>
  (await concord.events(run)).flatMap((event) => (event.type === 'run.claimed' ? [event.data.owner] : []))

describe('runs that wait to begin', () => {
  it('are begun in order by the next process after their own was killed', async (t) => {
    const { directory, effects, concord, waiting } = await filled(t)
    const [dying] = await serve(t, [directory, effects, '1', '1', '20'])
    await once(dying!, 'close')
    const before = linesOf(effects, 'begin').map(({ run }) => run)
    assert.deepEqual(before, waiting.slice(0, 20))
    await serve(t, [directory, effects, '1', '1'])
    await allOver(concord)
    const begun = linesOf(effects, 'begin').map(({ run }) => run)
    // The one that was under way is executed again, and before those that had not begun.
    assert.deepEqual(begun, [...waiting.slice(0, 20), ...waiting.slice(19)])
  })

  it('are shared by two processes, each begun once', async (t) => {
    const { directory, effects, concord, waiting, first } = await filled(t)
    const args = [directory, effects, '2', '20']
    await serve(t, args, args)
    await allOver(concord)
    const begun = linesOf(effects, 'begin')
    assert.deepEqual(begun.map(({ run }) => run).toSorted(), waiting.toSorted())
    const shares = new Set(begun.map(({ process }) => process))
    assert.equal(shares.size, 2, 'both took some')
    for (const run of waiting) assert.equal((await claimsOf(concord, run)).length, 1, run)
    assert.equal((await concord.log.run(first))?.status, 'cancelled')
  })
})
