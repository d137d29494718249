import { describe, it } from 'node:test'
import { wreak } from '../adversarial/chaos.ts'
import { seed } from '../seed.ts'

const rounds = Number(process.env.CONCORD_CHAOS_ROUNDS ?? 30)

/** Hundreds of runs: a seed that failed is repeated with CONCORD_SEED and one round. */
describe('chaos', () => {
  for (let round = 0; round < rounds; round++)
    it(`seed ${seed + round}: random teams under random signals, closings and kills`, async (t) => {
      const told = await wreak({ seed: seed + round, runs: 24, limitMs: 180_000 })
      t.diagnostic(JSON.stringify(told))
    })
})
