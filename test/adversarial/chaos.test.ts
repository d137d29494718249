import { it } from 'node:test'
import { seed } from '../seed.ts'
import { wreak } from './chaos.ts'

it('random teams under random signals, closings and kills keep every promise, as their logs tell', async (t) => {
  const told = await wreak({ seed, runs: 9, limitMs: 60_000 })
  t.diagnostic(JSON.stringify(told))
})
