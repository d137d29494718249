import { before, describe, it } from 'node:test'
import { sample, seeded } from '../seed.ts'
import { assertKilled, everyCommit, killAndResume, unharmed } from './harness.ts'

describe('the research team, killed', () => {
  let expected: unknown
  let commits = 0

  before(async () => {
    ;({ expected, commits } = await unharmed('research'))
  })

  it('writes the same report after a kill at commits drawn at random', async () => {
    for (const atCommit of sample(everyCommit(commits), 2)) {
      const { killed } = await killAndResume({ team: 'research', expected, atCommit })
      assertKilled(killed, atCommit, commits)
    }
  })

  it('writes the same report after kills at random moments', async () => {
    const random = seeded()
    await killAndResume({
      team: 'research',
      expected,
      afterMs: [0, 1].map(() => 300 + Math.floor(random() * 1200)),
    })
  })
})
