import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, it } from 'node:test'
import { openConcord } from '../../src/index.ts'
import {
  linearize,
  type Operation,
  type RegisterInput,
  type RegisterOutput,
  registerModel,
} from '../../src/testing/linearizability.ts'

/** Times that writers and watcher are killed. */
const rounds = process.env.CONCORD_SOAK === undefined ? 3 : 30
const worker = join(import.meta.dirname, 'worker.ts')

const inFolder = async (use: (folder: string) => Promise<void>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'concord-state-'))
  try {
    await use(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

type Worker = {
  child: ChildProcess
  said: unknown[]
  until(enough: (said: unknown[]) => boolean): Promise<void>
}

/** A test that fails must not leave processes that keep the runner waiting. */
const running = new Set<ChildProcess>()
afterEach(() => {
  for (const child of running) child.kill('SIGKILL')
  running.clear()
})

const start = (...args: string[]): Worker => {
  const child = spawn(process.execPath, [worker, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
  running.add(child)
  const said: unknown[] = []
  const waiting = new Set<() => void>()
  let rest = ''
  let over = false
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    // A process killed in the middle of a line leaves half of it, which is not said.
    rest = lines.pop() ?? ''
    for (const line of lines) said.push(JSON.parse(line))
    for (const look of waiting) look()
  })
  child.stdout.once('close', () => {
    over = true
    for (const look of waiting) look()
  })
  const until = (enough: (said: unknown[]) => boolean) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (!enough(said) && !over) return
        waiting.delete(look)
        if (enough(said)) resolve()
        else reject(new Error(`the process ended after saying ${said.length} lines`))
      }
      waiting.add(look)
      look()
    })
  return { child, said, until }
}

const go = (workers: readonly Worker[]) => {
  for (const { child } of workers) child.stdin?.write('go\n')
}
const ready = (workers: readonly Worker[]) =>
  Promise.all(workers.map(({ until }) => until((said) => said[0] === 'ready')))
/** Over, and everything it said is read. */
const ended = async ({ child }: Worker) => {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  if (!child.stdout?.closed) await once(child.stdout!, 'close')
}
const kill = async (each: Worker) => {
  each.child.kill('SIGKILL')
  await ended(each)
}

const openIn = (directory: string) => openConcord({ config: { stores: { directory } } })

describe('shared state of several processes', () => {
  it('ends at 400 after 4 x 100 read-modify-writes of one key', () =>
    inFolder(async (folder) => {
      const workers = [1, 2, 3, 4].map(() => start('update', folder))
      await ready(workers)
      go(workers)
      await Promise.all(workers.map(ended))
      const concord = await openIn(folder)
      const entry = await concord.state('global').entry('n')
      assert.deepEqual([entry?.value, entry?.version], [400, 400])
      await concord.close()
    }))

  it('is linearizable: an order explains what four processes saw of one key, one of them killed', () =>
    inFolder(async (folder) => {
      const workers = [1, 2, 3, 4].map(() => start('operate', folder, '60'))
      await ready(workers)
      go(workers)
      const [victim, ...others] = workers
      await victim!.until((said) => said.length > 40)
      await kill(victim!)
      await Promise.all(others.map(ended))
      const history: Operation<RegisterInput, RegisterOutput>[] = []
      for (const { said } of workers) {
        const calls = new Map<number, Operation<RegisterInput, RegisterOutput>>()
        for (const line of said) {
          if (typeof line !== 'object' || line === null) continue
          const { call, ...rest } = line as { call: number } & Partial<
            Operation<RegisterInput, RegisterOutput>
          >
          const known = calls.get(call)
          if (known) Object.assign(known, rest)
          else if (rest.input !== undefined && rest.called !== undefined)
            calls.set(call, { input: rest.input, called: rest.called })
        }
        history.push(...calls.values())
      }
      assert.ok(history.length > 180, `only ${history.length} operations`)
      assert.ok(linearize(history, registerModel), `no order explains ${JSON.stringify(history)}`)
      // The checker is not blind: one changed answer is noticed.
      const forged = history.map((each) => ({ ...each }))
      const read = forged.findLast((each) => each.input.kind === 'get' && each.output !== undefined)!
      read.output = { version: 100_000, value: -1 }
      assert.equal(linearize(forged, registerModel), undefined)
    }))

  it('loses nothing acknowledged and hides no change from a watcher, though writers and watcher are killed', () =>
    inFolder(async (folder) => {
      const seen: number[] = []
      const acknowledged: number[] = []
      let since = 0
      for (let round = 0; round < rounds; round++) {
        const writers = [start('write', folder, 'a'), start('write', folder, 'b')]
        const watcher = start('watch', folder, String(since))
        await Promise.all(writers.map(({ until }) => until((said) => said.length > 40 + 20 * (round % 3))))
        await watcher.until((said) => said.length > 20)
        await Promise.all([...writers, watcher].map(kill))
        for (const { said } of writers) acknowledged.push(...(said as number[]))
        seen.push(...(watcher.said as number[]))
        since = Math.max(since, ...(watcher.said as number[]))
      }
      const concord = await openIn(folder)
      const state = concord.state('global')
      const head = await state.sequence()
      const rest = state.watch('*', { since })
      // The last watcher may have seen everything before it was killed.
      while (since < head) {
        const news = (await rest.next()).value
        assert.equal(news?.kind, 'change')
        since = news?.sequence ?? head
        seen.push(since)
      }
      rest.close()
      // In order, each once (a restarted watcher goes on after the last it said), and none left out.
      assert.deepEqual(
        seen,
        Array.from({ length: head }, (_, i) => i + 1),
      )
      for (const sequence of acknowledged) assert.ok(sequence <= head)
      assert.equal(new Set(acknowledged).size, acknowledged.length)
      assert.equal((await concord.log.verify('state/global')).brokenAt, undefined)
      await concord.close()
    }))

  it('hear each other on channels, and are seen by peek', () =>
    inFolder(async (folder) => {
      const listener = start('subscribe', folder)
      await ready([listener])
      const concord = await openIn(folder)
      const state = concord.state('global')
      for (let i = 0; i < 5; i++) await state.publish('inventory_updates', { delta: i })
      await state.publish('other', 'not for them')
      await listener.until((said) => said.length === 6)
      assert.deepEqual(
        listener.said.slice(1),
        [0, 1, 2, 3, 4].map((delta) => ({ delta })),
      )
      assert.equal(state.peek('a:0'), undefined)
      const watch = state.watch('a:0')
      const writer = start('write', folder, 'a')
      await watch.next()
      assert.equal(typeof state.peek('a:0'), 'number')
      watch.close()
      await Promise.all([kill(listener), kill(writer)])
      await concord.close()
    }))
})
