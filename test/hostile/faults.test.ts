import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type HostileFault, hostileFaults, oneFault } from '../../src/testing/hostile/faults.ts'
import { sample, seed } from '../seed.ts'
import { ended, type Plan, plans } from './plans.ts'

const isSoak = process.env.CONCORD_SOAK === '1'
const indexesOfSample = 4

const assertUnharmed = async (plan: Plan, fault: HostileFault, index: number): Promise<void> => {
  const quiet = await ended(plan, seed, () => undefined)
  const { commits: _quiet, ...expected } = quiet
  const { commits: _commits, ...found } = await ended(plan, seed, oneFault(fault, index))
  const repeated = `CONCORD_SEED=${seed}: plan "${plan.name}", fault ${fault}, index ${index}`
  assert.deepEqual(found, expected, repeated)
}

/** One fault of them all in the sample, drawn by the seed; every one in soak. */
const faultsOf = (): readonly HostileFault[] => (isSoak ? hostileFaults : sample(hostileFaults, 1))

for (const fault of faultsOf())
  describe(`a store with the fault ${fault} at one commit`, () => {
    for (const plan of plans)
      it(`changes nothing of ${plan.name}`, async () => {
        const { commits } = await ended(plan, seed, () => undefined)
        const all = Array.from({ length: commits }, (_, index) => index)
        const indexes = isSoak ? all : sample(all, indexesOfSample)
        for (const index of indexes) await assertUnharmed(plan, fault, index)
      })
  })
