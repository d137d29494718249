import { before, describe, it } from 'node:test'
import { sample, seeded } from '../seed.ts'
import { assertKilled, everyCommit, killAndResume, unharmed } from './harness.ts'

describe('a run of steps, tools, a model, state and a redo that is killed', () => {
  let expected: unknown
  let commits = 0

  before(async () => {
    ;({ expected, commits } = await unharmed('mixed'))
  })

  it('ends with the same result from commits drawn at random, doing nothing acknowledged again', async () => {
    for (const atCommit of sample(everyCommit(commits), 4)) {
      const { killed } = await killAndResume({ team: 'mixed', expected, atCommit })
      assertKilled(killed, atCommit, commits)
    }
  })

  it('ends with the same result when killed several times at random moments', async () => {
    const random = seeded()
    await killAndResume({
      team: 'mixed',
      expected,
      afterMs: [0, 1, 2].map(() => 200 + Math.floor(random() * 400)),
    })
  })
})
