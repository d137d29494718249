import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type OpenStore, on } from './fixture.ts'

/** What every membership promises of this process; that other processes are told apart is tested with real ones. */
export const membershipContract = (name: string, open: OpenStore): void => {
  describe(`${name} as a membership`, () => {
    it(
      'counts this process as a member from join to leave',
      on(open, async ({ membership }) => {
        assert.deepEqual(await membership.members(), [])
        await membership.join('server', 'http://127.0.0.1:4000')
        const [member, ...others] = await membership.members()
        assert.deepEqual(others, [])
        assert.deepEqual([member?.id, member?.pid, member?.role], [membership.self, process.pid, 'server'])
        assert.equal(member?.url, 'http://127.0.0.1:4000')
        await membership.join('runner')
        const [again, ...more] = await membership.members()
        assert.deepEqual([again?.role, again?.url, more.length], ['runner', undefined, 0])
        await membership.leave()
        await membership.leave()
        assert.deepEqual(await membership.members(), [])
      }),
    )

    it(
      'knows that it is alive itself and that a stranger is not',
      on(open, async ({ membership }) => {
        assert.equal(await membership.isAlive(membership.self), true)
        assert.equal(await membership.isAlive('somebody-who-left'), false)
      }),
    )

    it(
      'beats while it is a member',
      on(open, async ({ membership, clock }) => {
        await membership.join('runner')
        const [before] = await membership.members()
        clock.advance(60_000)
        // A beat may need a turn of the event loop to be committed; joining anew waits for whatever came before it.
        await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
        const [after] = await membership.members()
        assert.ok(before && after && after.beatAt > before.beatAt, 'no beat in a minute')
        await membership.leave()
      }),
    )
  })
}
