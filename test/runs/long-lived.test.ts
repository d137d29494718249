import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { agent, type Concord, type OpenOptions, openConcord, team } from '../../src/index.ts'
import { manualClock } from '../../src/testing/clock.ts'

const asker = agent({ name: 'asker', run: (_, context) => context.approve('Pay 1 to Anna?') })
const teams = { t: team({ agents: [asker], plan: () => [{ id: 'pay', agent: 'asker' }] }) }

const folder = async (t: TestContext): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), 'concord-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  return directory
}

const opened = async (t: TestContext, directory: string, options: OpenOptions = {}): Promise<Concord> => {
  const concord = await openConcord({ ...options, config: { stores: { directory }, teams } })
  t.after(() => concord.close())
  return concord
}

const waiting = async (concord: Concord): Promise<{ id: string; hash: string }> => {
  const run = await concord.start('x')
  await run.settled()
  const [open] = await run.waits()
  assert.ok(open?.wait.hash)
  return { id: run.id, hash: open.wait.hash }
}

describe('a process that embeds Concord', () => {
  it('continues a run that it decides on, though it waits for none', async (t) => {
    const concord = await opened(t, await folder(t))
    const { id, hash } = await waiting(concord)
    await concord.signal(id, { kind: 'approve', hash })
    assert.equal(await (await concord.handle(id)).result(), true)
  })

  it('keeps the runs of the store once it has been open for five seconds, unless it is told not to', async (t) => {
    const directory = await folder(t)
    const clock = manualClock(Date.now())
    const embedded = await opened(t, directory, { clock })
    const told = await opened(t, directory, { clock, keep: false })
    const scripted = await opened(t, directory, { clock })
    await scripted.close()
    clock.advance(4_900)
    assert.deepEqual([embedded.runner.adopts, told.runner.adopts], [false, false])
    clock.advance(200)
    await embedded.keep()
    assert.deepEqual(
      [embedded.runner.adopts, told.runner.adopts, scripted.runner.adopts],
      [true, false, false],
    )
  })

  it('then continues what another process decides on and leaves', async (t) => {
    const directory = await folder(t)
    const clock = manualClock(Date.now())
    const embedded = await opened(t, directory, { clock })
    const { id, hash } = await waiting(embedded)
    clock.advance(5_100)
    await embedded.keep()
    const other = await opened(t, directory, { keep: false })
    await other.signal(id, { kind: 'approve', hash }, { wake: false })
    assert.equal(await (await embedded.handle(id)).result(), true)
    assert.equal(other.runner.owns(id), false)
  })
})
