import { describe, it } from 'node:test'
import { stopped } from '../spread/pair.ts'

describe('a fan-out of 1,000 that two processes share', () => {
  it('loses and repeats nothing when the process that helps stands still', async (t) => {
    await stopped(t, 'helper', 'SIGSTOP')
  })

  it('loses and repeats nothing when the process that has the run stands still', async (t) => {
    await stopped(t, 'starter', 'SIGSTOP')
  })
})
