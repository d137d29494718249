import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { verifySnapshot } from '../../src/audit/verify.ts'
import { addRun, withStores, workshop } from './fixture.ts'

const shop = await workshop()
const changes = 10_000
/** Events of one stretch of work, at the most. */
const stretch = 4096

describe('a verification', () => {
  it('lets others go on within a long stream and between many short ones', async () => {
    const directory = shop.fresh()
    await withStores(directory, async ({ state, audit }) => {
      for (let from = 0; from < changes; from += 1000)
        await state.write(
          Array.from({ length: 1000 }, (_, i) => ({ namespace: 'global', key: 'k', value: from + i })),
        )
      let pauses = 0
      const breathe = async () => void pauses++
      const verify = () =>
        audit.snapshot((snapshot) => verifySnapshot(snapshot, { verify: () => false, breathe }))
      assert.equal((await verify()).events, changes)
      assert.ok(pauses >= changes / stretch, `${pauses} pauses`)
    })
    const many = shop.fresh()
    await withStores(many, async (stores) => {
      for (let i = 0; i < 500; i++) await addRun(stores, `r${i}`, 1000)
      let pauses = 0
      const report = await stores.audit.snapshot((snapshot) =>
        verifySnapshot(snapshot, { verify: () => false, breathe: async () => void pauses++ }),
      )
      assert.equal(report.ok, true)
      assert.ok(pauses >= report.events / stretch, `${pauses} pauses in ${report.events} events`)
    })
  })
})
