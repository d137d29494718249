import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { it } from 'node:test'
import { silentLogger } from '../ports/logger.ts'
import { volatileStores } from '../stores/volatile/stores.ts'
import { manualClock } from '../testing/clock.ts'
import { startSweeper } from './sweeper.ts'

const logger = silentLogger

it('ends keys that nobody reads, a bounded number at once, and tells who watches', async () => {
  const clock = manualClock()
  const stores = volatileStores({ clock, random: { next: Math.random, bytes: randomBytes } })
  const sizes: number[] = []
  const sweep = async (limit?: number) => {
    const ended = await stores.sweep(limit)
    sizes.push(ended)
    return ended
  }
  const stop = startSweeper({ sweep }, { clock, logger })
  const writes = Array.from({ length: 1200 }, (_, i) => ({
    namespace: 'global',
    key: `k${i}`,
    value: i,
    ttlMs: 10,
  }))
  const watch = stores.state.watch('global', '*')
  await stores.state.write(writes)
  let expired = 0
  const heard = (async () => {
    for await (const news of watch) {
      if (news.kind === 'change' && news.ended === 'expired') expired++
      if (expired === 1200) break
    }
  })()
  while (expired < 1200) {
    clock.advance(1000)
    await new Promise(setImmediate)
  }
  await heard
  assert.deepEqual(sizes.slice(0, 3), [500, 500, 200])
  stop()
  const before = sizes.length
  clock.advance(10_000)
  assert.equal(sizes.length, before)
})
