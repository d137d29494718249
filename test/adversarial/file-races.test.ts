import { test } from 'node:test'
import { raceFileTools } from './file-races.ts'

test(
  'file tools read and write nothing outside their root while links and folders are swapped',
  {
    skip: process.platform !== 'linux' && 'only Linux tells where an open file lies',
  },
  (t) => raceFileTools(t, 800),
)
