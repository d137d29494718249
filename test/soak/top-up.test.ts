import { describe, it } from 'node:test'
import { everyCommit } from '../kill/harness.ts'
import { commitsOf, killTree } from '../kill/top-up.ts'

describe('a tree under a tight budget under every kill', () => {
  it('never spends more than is allowed, and goes on to its end: at every commit in turn', async (t) => {
    const commits = await commitsOf(t)
    for (const killAt of everyCommit(commits)) await killTree(t, killAt)
    t.diagnostic(`killed at each of ${commits - 1} commits`)
  })
})
