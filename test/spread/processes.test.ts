import { describe, it } from 'node:test'
import { stopped } from './pair.ts'

describe('a fan-out that two processes share', () => {
  it('loses and repeats nothing when the process that helps is killed', async (t) => {
    await stopped(t, 'helper', 'SIGKILL')
  })

  it('loses and repeats nothing when the process that has the run is killed', async (t) => {
    await stopped(t, 'starter', 'SIGKILL')
  })
})
