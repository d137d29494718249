import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, it } from 'node:test'
import { agent, type ConcordConfig, openConcord, team } from '../../src/index.ts'
import { auditKeyFiles } from '../../src/platform/audit.ts'
import { systemClock } from '../../src/platform/system.ts'
import type { Clock } from '../../src/ports/clock.ts'
import { serve } from '../../src/server/serve.ts'

const folder = (t: { after(fn: () => void): void }): string => {
  const directory = mkdtempSync(join(tmpdir(), 'concord-open-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** Files of a folder that this process has open; nothing where the system does not say. */
const openFilesOf = (directory: string): string[] => {
  if (!existsSync('/proc/self/fd')) return []
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const file = readlinkSync(`/proc/self/fd/${fd}`)
      return file.startsWith(directory) ? [file] : []
    } catch {
      return []
    }
  })
}

const membersOf = (directory: string): number => {
  const file = join(directory, 'concord.db')
  if (!existsSync(file)) return 0
  const database = new DatabaseSync(file, { readOnly: true })
  const count = Number(database.prepare('SELECT count(*) AS n FROM members').get()?.n)
  database.close()
  return count
}

/** A clock that knows what is still scheduled on it. */
const countingClock = (): Clock & { pending(): number } => {
  const scheduled = new Set<object>()
  return {
    now: systemClock.now,
    monotonic: systemClock.monotonic,
    pending: () => scheduled.size,
    schedule(delayMs, fn, options) {
      const entry = {}
      scheduled.add(entry)
      const cancel = systemClock.schedule(
        delayMs,
        () => {
          scheduled.delete(entry)
          fn()
        },
        options,
      )
      return () => {
        scheduled.delete(entry)
        cancel()
      }
    },
  }
}

const a = agent({ name: 'a', run: () => 1 })
const badConfigs: { [what: string]: ConcordConfig } = {
  'a team without agents': { teams: { t: team({ agents: [] }) } },
  'a team with an unknown agent': { teams: { t: team({ agents: ['nobody'] }) } },
  'a policy that is none': { teams: { t: team({ agents: [a], policy: { memory: { all: 'x' } } as never }) } },
  'a strategy that does not exist': { teams: { t: team({ agents: [a], strategy: 'hybrid' as never }) } },
  'a wakeOn of a team without a source': { teams: { t: team({ agents: [a], wakeOn: {} as never }) } },
  'a wakeOn of an agent with a bad schedule': {
    teams: { t: team({ agents: [{ ...a, wakeOn: { schedule: 'now and then' } as never }] }) },
  },
  'two equal wakeOns of a team': {
    teams: { t: team({ agents: [a], wakeOn: [{ channel: 'c' }, { channel: 'c' }] as never }) },
  },
}

describe('opening that fails', () => {
  for (const [what, config] of Object.entries(badConfigs))
    it(`over ${what} makes no store and leaves nothing behind`, async (t) => {
      const directory = folder(t)
      const stores = join(directory, 'stores')
      const clock = countingClock()
      for (const role of ['runner', 'server'] as const)
        await assert.rejects(
          openConcord({ config: { ...config, stores: { directory: stores } }, clock, role }),
          {
            code: 'config.invalid',
          },
        )
      assert.equal(existsSync(stores), false)
      assert.equal(clock.pending(), 0)
    })

  it('after the stores are open closes them: no file, no member, no timer, no socket', async (t) => {
    const directory = folder(t)
    const clock = countingClock()
    // Joining asks for the processes' start and writes a row: a limit of the file makes it fail as a full disk would.
    const store = { directory }
    await (await openConcord({ config: { stores: store } })).close()
    const database = new DatabaseSync(join(directory, 'concord.db'))
    database.exec(
      `CREATE TRIGGER full BEFORE INSERT ON members BEGIN SELECT RAISE(ABORT, 'no more members'); END`,
    )
    database.close()
    for (const role of ['runner', 'server'] as const)
      await assert.rejects(openConcord({ config: { stores: store }, clock, role }))
    assert.deepEqual(openFilesOf(directory), [])
    assert.equal(membersOf(directory), 0)
    assert.equal(clock.pending(), 0)
    const sockets = join(directory, 'concord.db.ring')
    assert.deepEqual(existsSync(sockets) ? readdirSync(sockets) : [], [])
  })

  it('of a store that is no folder, or of another kind of file, leaves nothing open', async (t) => {
    const directory = folder(t)
    writeFileSync(join(directory, 'file'), 'x')
    mkdirSync(join(directory, 'other'))
    writeFileSync(
      join(directory, 'other', 'concord.db'),
      'this is no database, and long enough to show it'.repeat(99),
    )
    const clock = countingClock()
    for (const name of ['file', 'other'])
      await assert.rejects(openConcord({ config: { stores: { directory: join(directory, name) } }, clock }))
    assert.deepEqual(openFilesOf(directory), [])
    assert.equal(clock.pending(), 0)
  })
})

describe('serving that fails', () => {
  it('stops listening', async (t) => {
    const concord = await openConcord({ config: { stores: { kind: 'memory' } }, role: 'server', keep: false })
    t.after(() => concord.close())
    const port = await new Promise<number>((resolve) => {
      const free = createServer().listen(0, '127.0.0.1', () => {
        const { port: taken } = free.address() as AddressInfo
        free.close(() => resolve(taken))
      })
    })
    const broken = { ...concord, keep: () => Promise.reject(new Error('broken')) }
    await assert.rejects(serve(broken, { port }), /broken/)
    await assert.rejects(fetch(`http://127.0.0.1:${port}/health`))
  })
})

describe('the environment', () => {
  const key = 'CONCORD_TEST_PROVIDER_KEY'
  const config = (directory?: string): ConcordConfig => ({
    model: 'mine/m',
    providers: { mine: { kind: 'openai-compatible', baseUrl: 'http://192.0.2.1:9/v1', apiKeyEnv: key } },
    stores: directory === undefined ? { kind: 'memory' } : { directory },
    teams: {
      t: team({
        agents: [
          agent({ name: 'a', attemptsMax: 1, run: async (_input, { model }) => (await model('x')).text }),
        ],
      }),
    },
  })
  const failureOf = async (options: Parameters<typeof openConcord>[0]) => {
    const concord = await openConcord(options)
    const run = await concord.run({ text: 'x', team: 't', budget: { tokens: 1 } })
    await concord.close()
    return run.failure
  }

  it('is where keys are looked up unless another is given, and the message says which was', async (t) => {
    const missing = await failureOf({ config: config() })
    assert.match(missing?.message ?? '', new RegExp(`${key} is not set; set ${key}`))
    process.env[key] = 'a-key'
    t.after(() => delete process.env[key])
    // With its key it comes as far as its budget.
    assert.equal((await failureOf({ config: config() }))?.code, 'budget.exhausted')
    const given = await failureOf({ config: config(), env: {} })
    assert.equal(given?.code, 'model.key-missing')
    assert.match(given?.message ?? '', new RegExp(`${key} is not set in the env given`))
    assert.equal((await failureOf({ config: config(), env: { [key]: 'k' } }))?.code, 'budget.exhausted')
  })

  it('says where audit keys are, too', (t) => {
    process.env.CONCORD_AUDIT_KEY = '/elsewhere.key'
    t.after(() => delete process.env.CONCORD_AUDIT_KEY)
    assert.equal(auditKeyFiles({ config: {} }).privateKey, '/elsewhere.key')
    assert.equal(auditKeyFiles({ config: {}, env: {} }).privateKey, join('.concord', 'audit.key'))
  })
})
