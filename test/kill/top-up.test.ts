import { describe, it } from 'node:test'
import { sample } from '../seed.ts'
import { everyCommit } from './harness.ts'
import { commitsOf, killTree } from './top-up.ts'

const kills = 10

describe('a tree under a tight budget whose process is killed', () => {
  it('never spends more than is allowed, and goes on to its end: at commits drawn at random', async (t) => {
    const commits = await commitsOf(t)
    for (const killAt of sample(everyCommit(commits), kills)) await killTree(t, killAt)
  })
})
