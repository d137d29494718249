import { join } from 'node:path'
import { agent, type Concord, type ConcordConfig, openConcord, type Step, team } from '../../src/index.ts'
import type { Subject, SubjectFactory } from '../subject.ts'
import { type Payload, payload, stepsPerRun, work } from '../work.ts'
import { atOnce, walBytes } from './sqlite.ts'

export type Stores = NonNullable<ConcordConfig['stores']>

const worker = agent<Payload, Payload>({ name: 'worker', run: (input) => work(input) })

/** Six steps, each given what the one before it returned. */
const steps: Step[] = Array.from({ length: stepsPerRun }, (_, i) => ({
  id: `step${i}`,
  agent: 'worker',
  payload: i === 0 ? payload(0) : { $step: `step${i - 1}` },
}))

export const openPipeline = (stores: Stores): Promise<Concord> =>
  openConcord({ config: { stores, teams: { pipeline: team({ agents: [worker], plan: () => steps }) } } })

const oneRun = async (concord: Concord): Promise<void> => {
  const { status, failure } = await concord.run({ text: 'benchmark', team: 'pipeline' })
  if (status !== 'succeeded') throw new Error(`the run is ${status}: ${failure?.message}`)
}

export const pipeline: SubjectFactory = async ({ kind, runs, durability }, directory): Promise<Subject> => {
  const open = () =>
    openPipeline(
      kind === 'memory'
        ? { kind: 'memory' }
        : { kind: 'sqlite', directory, durability: durability as 'process' | 'power' },
    )
  let concord = await open()
  return {
    // In memory the log only grows; a round starts with an empty one, as the floor's does.
    async before() {
      if (kind !== 'memory') return
      await concord.close()
      concord = await open()
    },
    run: (count) => atOnce(count, Number(runs), () => oneRun(concord)),
    facts: () => ({ walBytes: walBytes(join(directory, 'concord.db')) }),
    close: () => concord.close(),
  }
}
