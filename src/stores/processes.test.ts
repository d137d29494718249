import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, describe, it } from 'node:test'
import { inFolder, openIn } from './sqlite/temporary.test.ts'

const worker = join(import.meta.dirname, 'sqlite/worker.test.ts')

/** A test that fails must not leave processes that keep the runner waiting. */
const running = new Set<ChildProcess>()
afterEach(() => {
  for (const child of running) child.kill('SIGKILL')
  running.clear()
})

const start = (...args: string[]) => {
  const child = spawn(process.execPath, [worker, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
  running.add(child)
  const lines = createInterface({ input: child.stdout })
  const unread: string[] = []
  let wake: () => void = () => undefined
  let over = false
  lines.on('line', (line) => {
    unread.push(line)
    wake()
  })
  lines.on('close', () => {
    over = true
    wake()
  })
  /** The next line the process says. */
  const hear = async (): Promise<string> => {
    for (;;) {
      const line = unread.shift()
      if (line !== undefined) return line
      if (over) throw new Error('the process ended without saying more')
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }
  return { child, lines, hear }
}

const ended = async (child: ChildProcess) => {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}

const kill = async (child: ChildProcess) => {
  child.kill('SIGKILL')
  await ended(child)
}

const integrity = (folder: string) => {
  const db = new DatabaseSync(join(folder, 'concord.db'))
  const rows = db.prepare('PRAGMA integrity_check').all()
  db.close()
  return rows.map((row) => row.integrity_check).join()
}

describe('a process killed while it appends', () => {
  for (const durability of ['process', 'power'])
    it(`loses nothing it acknowledged (${durability})`, () =>
      inFolder(async (folder) => {
        const acknowledged = new Map<string, number>()
        for (let round = 0; round < 4; round++) {
          const children = [
            start('appendForever', folder, 'x', durability),
            start('appendForever', folder, 'y', durability),
          ]
          for (const { lines } of children)
            lines.on('line', (line) => {
              const [stream = '', version] = line.split(' ')
              acknowledged.set(stream, Number(version))
              // Killed at a different moment of its work each time, the other right after.
              if (Number(version) >= (round + 1) * 60 + round * 7)
                for (const each of children) each.child.kill('SIGKILL')
            })
          await Promise.all(
            children.map(({ child, lines }) => Promise.all([ended(child), once(lines, 'close')])),
          )
          assert.equal(integrity(folder), 'ok')
          const { log, state, close } = await openIn(folder)
          assert.ok(acknowledged.size >= 2)
          for (const [stream, version] of acknowledged) {
            const now = await log.version(stream)
            assert.ok(now >= version, `${stream} was acknowledged at ${version} and is at ${now}`)
            const verified = await log.verify(stream)
            assert.deepEqual([verified.brokenAt, verified.events], [undefined, now])
            const entry = await state.get(stream, 'n')
            assert.equal(entry?.value, now, 'the write is not in the transaction of its append')
          }
          await close()
        }
      }))
})

describe('several processes on one store', () => {
  it('let exactly one of them win each version', () =>
    inFolder(async (folder) => {
      const rivals = [
        start('contend', folder, 'run/a'),
        start('contend', folder, 'run/a'),
        start('contend', folder, 'run/a'),
      ]
      for (const { hear } of rivals) assert.equal(await hear(), 'ready')
      for (const { child } of rivals) child.stdin?.write('go\n')
      const wins: number[] = []
      for (const { child, hear } of rivals) {
        for (let line = await hear(); line !== 'done'; line = await hear()) {
          wins.push(Number(line.slice('won '.length)))
        }
        await ended(child)
      }
      assert.deepEqual(
        wins.sort((a, b) => a - b),
        Array.from({ length: 300 }, (_, i) => i + 1),
      )
      const { log, close } = await openIn(folder)
      const verified = await log.verify('run/a')
      assert.deepEqual([verified.events, verified.brokenAt], [300, undefined])
      await close()
    }))

  it('make a new store together', () =>
    inFolder(async (folder) => {
      const workers = [1, 2, 3].map(() => start('openEach', folder))
      for (const { hear } of workers) assert.equal(await hear(), 'ready')
      for (let i = 0; i < 30; i++) {
        for (const { child } of workers) child.stdin.write(`${i}\n`)
        for (const { hear } of workers) assert.equal(await hear(), String(i))
      }
      for (const { child } of workers) child.stdin.end()
      await Promise.all(workers.map(({ child }) => ended(child)))
    }))

  it('lose none of 3 x 100 read-modify-writes of one key', () =>
    inFolder(async (folder) => {
      const children = [1, 2, 3].map(() => start('increment', folder).child)
      await Promise.all(children.map(ended))
      const { state, close } = await openIn(folder)
      const entry = await state.get('global', 'n')
      assert.deepEqual([entry?.value, entry?.version], [300, 300])
      await close()
    }))

  it('hear of each other, missing nothing', () =>
    inFolder(async (folder) => {
      const { log, close } = await openIn(folder, { pollMs: 5 })
      const { child } = start('appendForever', folder, 'z')
      const heard = new Map<string, number>()
      let position = 0
      // Reading on from the last position at each call must give every event, each once, in order.
      const until = (enough: () => Promise<boolean>) =>
        new Promise<void>((resolve, reject) => {
          const leave = log.onCommit(async () => {
            try {
              for (const event of await log.query({ afterPosition: position, types: ['step.recorded'] })) {
                if (event.position <= position) continue
                position = event.position
                assert.equal(event.version, (heard.get(event.stream) ?? 0) + 1)
                heard.set(event.stream, event.version)
              }
              if (!(await enough())) return
              leave()
              resolve()
            } catch (error) {
              reject(error)
            }
          })
        })
      await until(async () => (heard.get('z-0') ?? 0) > 100)
      const rest = until(
        async () => heard.get('z-0') === (await log.version('z-0')) && child.signalCode !== null,
      )
      await kill(child)
      await log.append({
        stream: 'run/mine',
        expectedVersion: 0,
        epoch: 0,
        events: [{ type: 'run.started', at: 1, data: {} }],
      })
      await rest
      await close()
    }))

  it('are told which streams another process changed', () =>
    inFolder(async (folder) => {
      const mine = await openIn(folder, { pollMs: 5 })
      const other = await openIn(folder)
      const events = [{ type: 'run.started', at: 1, data: {} } as const]
      await other.log.append({ stream: 'run/before', expectedVersion: 0, epoch: 1, events })
      const heard = new Promise<readonly string[]>((resolve) => {
        mine.log.onCommit(({ streams }) => resolve(streams))
      })
      await other.state.write([{ namespace: 'global', key: 'k', value: 1 }])
      assert.deepEqual(await heard, ['state/global'])
      const both = new Promise<string[]>((resolve) => {
        const all: string[] = []
        mine.log.onCommit(({ streams }) => {
          all.push(...streams)
          if (all.length >= 2) resolve(all)
        })
      })
      // The foreign commit is noticed inside this process's own transaction, before the poll.
      await other.log.append({ stream: 'run/b', expectedVersion: 0, epoch: 1, events })
      await mine.log.append({ stream: 'run/c', expectedVersion: 0, epoch: 1, events })
      assert.deepEqual((await both).slice(0, 2), ['run/b', 'run/c'])
      await other.close()
      await mine.close()
    }))

  it('know who of them lives', () =>
    inFolder(async (folder) => {
      const { membership, close } = await openIn(folder, { role: 'server' })
      const [first, second] = [start('member', folder), start('member', folder)]
      const killed = await first.hear()
      const leaving = await second.hear()
      assert.deepEqual([await membership.isAlive(killed), await membership.isAlive(leaving)], [true, true])
      assert.equal((await membership.members()).length, 3)
      await kill(first.child)
      assert.equal(await membership.isAlive(killed), false)
      second.child.stdin?.write('leave\n')
      assert.equal(await second.hear(), 'left')
      assert.equal(await membership.isAlive(leaving), false)
      await ended(second.child)
      await membership.join('server')
      assert.deepEqual(
        (await membership.members()).map((member) => member.id),
        [membership.self],
      )
      await close()
    }))
})
