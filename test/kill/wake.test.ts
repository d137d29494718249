import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { isObject } from '../../src/domain/reference.ts'
import { type Concord, openConcord } from '../../src/index.ts'

const worker = fileURLToPath(new URL('./wake-worker.ts', import.meta.url))

type Server = { child: ChildProcess; ready: Promise<void>; ended: Promise<NodeJS.Signals | null> }

const serve = (directory: string, ...args: string[]): Server => {
  const child = spawn(process.execPath, [worker, directory, join(directory, 'effects'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  after(() => child.kill('SIGKILL'))
  const ended = new Promise<NodeJS.Signals | null>((resolve) =>
    child.on('close', (_, signal) => resolve(signal)),
  )
  const ready = new Promise<void>((resolve) => {
    child.stdout?.on('data', () => resolve())
    void ended.then(() => resolve())
  })
  return { child, ready, ended }
}

const fixture = async (): Promise<{ directory: string; concord: Concord }> => {
  const directory = await mkdtemp(join(tmpdir(), 'concord-wake-'))
  const concord = await openConcord({ config: { stores: { directory } } })
  after(async () => {
    await concord.close()
    await rm(directory, { recursive: true, force: true })
  })
  return { directory, concord }
}

/** The sequences of the changes that each woken run was given, once all runs that are expected have succeeded. */
const woken = async (concord: Concord, changes: number): Promise<number[][]> => {
  for (;;) {
    const runs = await concord.runs({ limit: 10_000 })
    const given = runs.map(({ goal }) => {
      const told = goal.params?.changes
      return Array.isArray(told) ? told.map((change) => Number(isObject(change) ? change.sequence : 0)) : []
    })
    const done = runs.filter(({ status }) => status === 'succeeded').length
    if (done === runs.length && given.flat().length >= changes) return given
    assert.ok(
      runs.every(({ status }) => status !== 'failed' && status !== 'cancelled'),
      JSON.stringify(runs.find(({ status }) => status === 'failed')),
    )
    await new Promise((resolve) => {
      const stop = concord.log.onCommit(() => {
        stop()
        resolve(undefined)
      })
    })
  }
}

const assertOnce = (given: number[][], written: number[]): void => {
  const all = given.flat().sort((a, b) => a - b)
  assert.deepEqual(all, written, 'each change is in exactly one run')
}

describe('a wake', { timeout: 120_000 }, () => {
  for (const point of ['cursor', 'run', 'step'])
    it(`yields one run though its server is killed at its ${point}, and the next goes on`, async () => {
      const { directory, concord } = await fixture()
      const first = serve(directory, point, '3')
      await first.ready
      const written: number[] = []
      const state = concord.state('global')
      for (let i = 0; i < 6; i++) {
        const outcome = await state.set(`order:${i}`, i)
        if (outcome.ok) written.push(outcome.sequence)
      }
      assert.equal(await first.ended, 'SIGKILL')
      const second = serve(directory)
      await second.ready
      const given = await woken(concord, written.length)
      assertOnce(given, written)
      assert.equal(given.length, written.length)
      second.child.kill('SIGTERM')
      await second.ended
      for (const stream of await concord.log.streams())
        assert.equal((await concord.log.verify(stream)).brokenAt, undefined, stream)
    })

  it('of two servers that are killed again and again yields one run each, batches included', async () => {
    const { directory, concord } = await fixture()
    const points = [
      ['cursor', '4'],
      ['run', '9'],
      ['step', '5'],
      ['cursor', '11'],
    ]
    const servers = [serve(directory, 'step', '6'), serve(directory, 'cursor', '7')]
    await Promise.all(servers.map(({ ready }) => ready))
    let killed = 0
    let over = false
    const again = (server: Server): void => {
      void server.ended.then((signal) => {
        if (signal !== 'SIGKILL' || over) return
        killed++
        const next = serve(directory, ...(points.shift() ?? []))
        servers.push(next)
        again(next)
      })
    }
    for (const server of [...servers]) again(server)
    const written: number[] = []
    const state = concord.state('global')
    for (let i = 0; i < 30; i++)
      for (const key of [`order:${i}`, `batch:${i}`]) {
        const outcome = await state.set(key, i)
        if (outcome.ok) written.push(outcome.sequence)
      }
    const given = await woken(concord, written.length)
    assertOnce(given, written)
    assert.ok(killed >= 4, `${killed} were killed`)
    over = true
    for (const { child } of servers) child.kill('SIGKILL')
    await Promise.all(servers.map(({ ended }) => ended))
  })
})
