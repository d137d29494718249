import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, it } from 'node:test'
import { openConcord } from '../../src/index.ts'

const worker = join(import.meta.dirname, 'lock-worker.ts')

type Said = { run: string; has?: boolean; attempt?: number; status?: string; output?: { has: boolean } }

class Holder {
  readonly child: ChildProcess
  readonly #lines: AsyncIterator<string>

  constructor(directory: string, run: string, how: string, fails = '', ttlMs = 300) {
    this.child = spawn(process.execPath, [worker, directory, run, how, fails], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, TTL_MS: String(ttlMs) },
    })
    this.#lines = createInterface({ input: this.child.stdout! })[Symbol.asyncIterator]()
  }

  async says(): Promise<Said> {
    const { value } = await this.#lines.next()
    return JSON.parse(value) as Said
  }

  goOn(): void {
    this.child.stdin!.write('\n')
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const gone = once(this.child, 'exit')
    this.child.kill('SIGKILL')
    await gone
  }
}

/** Resolves when the lock's time is over. */
const expired = async (directory: string): Promise<void> => {
  const concord = await openConcord({ config: { stores: { directory } } })
  for await (const news of concord.state('team/t').watch('lock', { since: 0 }))
    if (news.kind === 'change' && news.ended === 'expired') break
  await concord.close()
}

describe('a lock of the README', { concurrency: true }, () => {
  const sampled = [
    ['set', 'a kill'],
    ['compareAndSet', 'a retry'],
    ['update', 'a kill'],
    ['transaction', 'a retry'],
  ] as const
  const all = sampled.flatMap(([how]) => [[how, 'a kill'] as const, [how, 'a retry'] as const])
  for (const [how, by] of process.env.CONCORD_SOAK === '1' ? all : sampled)
    it(`taken by ${how} has one holder, over ${by} and an expiry`, async () => {
      const directory = await mkdtemp(join(tmpdir(), 'concord-lock-'))
      const holders: Holder[] = []
      const start = (...given: ConstructorParameters<typeof Holder>) => {
        const holder = new Holder(...given)
        holders.push(holder)
        return holder
      }
      try {
        let first = start(directory, 'first', how, by === 'a retry' ? 'fails' : '')
        assert.equal((await first.says()).has, true)
        if (by === 'a kill') await first.kill()
        await expired(directory)
        const second = start(directory, 'second', how, '', 60_000)
        assert.equal((await second.says()).has, true)
        if (by === 'a kill') first = start(directory, 'first', how)
        else first.goOn()
        const again = await first.says()
        assert.deepEqual([again.has, again.attempt], [false, by === 'a kill' ? 1 : 2])
        first.goOn()
        assert.deepEqual((await first.says()).output, { has: false })
        second.goOn()
        assert.deepEqual((await second.says()).output, { has: true })
      } finally {
        await Promise.all(holders.map((holder) => holder.kill()))
        await rm(directory, { recursive: true, force: true })
      }
    })
})
