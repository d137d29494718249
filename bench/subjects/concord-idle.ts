import { agent, type Concord, type ConcordConfig, openConcord, team } from '../../src/index.ts'
import type { SubjectFactory } from '../subject.ts'

type Stores = NonNullable<ConcordConfig['stores']>

/** What lives after the garbage is gone, buffers outside the heap included. */
const livingBytes = async (): Promise<number> => {
  for (let i = 0; i < 4; i++) {
    globalThis.gc?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

const definitions = (count: number) =>
  Array.from({ length: count }, (_, i) =>
    agent({ name: `agent-${i}`, description: `agent number ${i}`, run: (input) => ({ i, input }) }),
  )

/** One team of so many agents: what it takes beyond the definitions that were given. */
export const agents: SubjectFactory = async ({ count }) => {
  const open = (list: ReturnType<typeof definitions>) =>
    openConcord({ config: { stores: { kind: 'memory' }, teams: { many: team({ agents: list }) } } })
  let bytesEach = 0
  return {
    async run() {
      const small = await open(definitions(1))
      const many = definitions(Number(count))
      const before = await livingBytes()
      const concord = await open(many)
      bytesEach = ((await livingBytes()) - before) / many.length
      if (concord.teams().find(({ name }) => name === 'many')?.agents.length !== many.length)
        throw new Error('agents are missing')
      await small.close()
      await concord.close()
    },
    facts: () => ({ bytesEach }),
  }
}

const startWaiting = async (concord: Concord, count: number): Promise<void> => {
  let left = count
  const worker = async () => {
    while (left-- > 0) {
      const { status } = await concord.run({ text: 'wait', team: 'waiting' })
      if (status !== 'waiting') throw new Error(`a run that should wait is ${status}`)
    }
  }
  await Promise.all(Array.from({ length: 64 }, worker))
}

/** So many runs that wait for a signal. */
export const waitingRuns: SubjectFactory = async ({ count, kind }, directory) => {
  const waiter = agent({ name: 'waiter', run: (_, context) => context.waitFor('go') })
  const stores: Stores = kind === 'memory' ? { kind: 'memory' } : { kind: 'sqlite', directory }
  const concord = await openConcord({ config: { stores, teams: { waiting: team({ agents: [waiter] }) } } })
  let bytesEach = 0
  let reconcileMs = 0
  return {
    async run() {
      // What the first runs leave for ever (compiled code, prepared statements) is not the others'.
      await startWaiting(concord, 500)
      const before = await livingBytes()
      await startWaiting(concord, Number(count))
      bytesEach = ((await livingBytes()) - before) / Number(count)
      const startedAt = performance.now()
      const taken = await concord.runner.reconcile()
      reconcileMs = performance.now() - startedAt
      if (taken.length > 0) throw new Error('runs that wait were taken over')
    },
    facts: () => ({ bytesEach, reconcileMs }),
    close: () => concord.close(),
  }
}
