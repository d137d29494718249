import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Concord, openConcord } from '../../src/index.ts'

const worker = fileURLToPath(new URL('./killing-worker.ts', import.meta.url))
const startsMax = 12

/** Starts processes that work on the goals until one of them lives to the end: how many died, and the store. */
const untilOneLives = async (t: TestContext, ...goals: string[]) => {
  const directory = mkdtempSync(join(tmpdir(), 'concord-killing-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  let deaths = 0
  for (; ; deaths++) {
    assert.ok(deaths < startsMax, 'the processes die for ever')
    const child = spawn(process.execPath, [worker, directory, ...goals], { stdio: 'inherit' })
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
    if (signal === 'SIGKILL') continue
    assert.equal(code, 0)
    break
  }
  const concord = await openConcord({ config: { stores: { directory } } })
  t.after(() => concord.close())
  const effects = readFileSync(join(directory, 'effects'), 'utf8').split('\n')
  return { deaths, concord, executed: (line: string) => effects.filter((each) => each === line).length }
}

const statusOf = async (concord: Concord, id: string) => (await concord.log.run(id))?.status

describe('a step that kills its owner', () => {
  it('fails after 3 processes, says why, and neither its siblings nor other runs are blamed', async (t) => {
    const innocents = ['innocent-1', 'innocent-2', 'innocent-3']
    const { deaths, concord, executed } = await untilOneLives(t, 'items', ...innocents)
    assert.equal(deaths, 3)
    assert.equal(executed('items item 3'), 3)
    const run = await concord.runner.load('items')
    assert.equal(run.status, 'succeeded')
    assert.equal(run.output, 'the plan went on')
    assert.deepEqual(run.plan?.steps.get('each')?.output, [0, 1, 2, null, 4, 5])
    const failures = (await concord.events('items')).flatMap((event) =>
      event.type === 'step.failed' ? [event] : [],
    )
    assert.deepEqual(
      failures.map((event) => event.step),
      ['each/3'],
    )
    assert.match(
      failures[0]?.data.failure.message ?? '',
      /Cannot execute step "each\/3" \(agent item\) again as it keeps killing its owner: 3 processes died/,
    )
    for (const id of innocents) assert.equal(await statusOf(concord, id), 'succeeded', id)
  })

  it('is given up wherever it is: in a child run, whose parent is not blamed, or while planning', async (t) => {
    const { deaths, concord, executed } = await untilOneLives(t, 'parent', 'planning')
    const [child] = await concord.runs({ parent: 'parent' })
    assert.ok(child)
    assert.match((await concord.runner.load(child.run)).failure?.message ?? '', /step "kills" .* killing/)
    assert.match((await concord.runner.load('parent')).failure?.message ?? '', /child run .*step "kills"/)
    assert.match((await concord.runner.load('planning')).failure?.message ?? '', /step "\$plan" .* killing/)
    // The two may die of each other's doing, until each is executed alone.
    assert.ok(deaths <= 6, `${deaths} deaths`)
    assert.ok(executed(`${child.run} kills`) <= 4)
  })
})
