/**
 * A process with an agent that takes a lock: `node lock-worker.ts <folder> <run> <how> <fails>`. Says
 * whether it has it, and then stays in its step until it is told to go on.
 */
import { createInterface } from 'node:readline'
import { agent, openConcord, team } from '../../src/index.ts'

const [directory = '', run = '', how = '', fails = ''] = process.argv.slice(2)
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const say = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`)
const ttlMs = Number(process.env.TTL_MS ?? 300)

const holder = agent({
  name: 'holder',
  attemptsMax: 3,
  async run(_: unknown, { state, attempt }) {
    const locks = state.in('team/t')
    const take: { [how: string]: () => Promise<boolean> } = {
      set: async () => (await locks.set('lock', run, { ifAbsent: true, ttlMs })).ok,
      compareAndSet: async () => (await locks.compareAndSet('lock', 0, run, { ttlMs })).ok,
      update: async () =>
        (await locks.of({ name: 'lock', schema: anything }).update((now) => now ?? run, { ttlMs })) === run,
      transaction: () =>
        locks.transaction(async (tx) => {
          if ((await tx.get('lock')) !== undefined) return false
          tx.increment('taken')
          tx.set('lock', run, { ttlMs })
          return true
        }),
    }
    const has = await take[how]!()
    say({ run, has, attempt })
    await lines.next()
    if (fails === 'fails' && attempt === 1) throw new Error('the first attempt fails')
    return { has }
  },
})

const anything = {
  '~standard': {
    version: 1 as const,
    vendor: 'test',
    validate: (value: unknown) => ({ value: value as string }),
  },
}

const concord = await openConcord({
  config: { stores: { directory }, teams: { t: team({ agents: [holder] }) } },
})
if ((await concord.log.run(run)) !== undefined) await concord.runner.resume(run, 'test')
const ended = await concord.run({ text: 'take the lock', team: 't' }, { id: run })
say({ run, status: ended.status, output: ended.output ?? null })
await concord.close()
process.exit(0)
