import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { assertKilled, everyCommit, killAndResume, unharmed } from '../kill/harness.ts'
import { seeded } from '../seed.ts'

const randomRuns = 50

for (const team of ['mixed', 'research'])
  describe(`the ${team} team under every kill`, () => {
    it('ends the same after SIGKILL at every commit in turn', async (t) => {
      const { expected, commits } = await unharmed(team)
      for (const atCommit of everyCommit(commits)) {
        const { killed } = await killAndResume({ team, expected, atCommit })
        assertKilled(killed, atCommit, commits)
      }
      t.diagnostic(`${team}: killed at each of ${commits - 1} commits`)
    })

    it('ends the same after SIGKILLs at random moments', async (t) => {
      const { expected } = await unharmed(team)
      const random = seeded()
      let kills = 0
      for (let run = 0; run < randomRuns; run++) {
        const afterMs = Array.from(
          // A third death during the same step would end it: lossesMax.
          { length: 1 + Math.floor(random() * 2) },
          () => 150 + Math.floor(random() * 1500),
        )
        kills += (await killAndResume({ team, expected, afterMs })).killed
      }
      assert.ok(kills > 0)
      t.diagnostic(`${team}: ${kills} kills in ${randomRuns} runs`)
    })
  })
