import { test } from 'node:test'
import { raceFileTools } from '../adversarial/file-races.ts'

test(
  'file tools stay under their root through 60,000 races',
  {
    skip: process.platform !== 'linux' && 'only Linux tells where an open file lies',
  },
  (t) => raceFileTools(t, 60_000),
)
