import assert from 'node:assert/strict'
import { it } from 'node:test'
import { openConcord } from '../platform/concord.ts'
import { systemRandom } from '../platform/system.ts'
import { serve } from '../server/serve.ts'
import { manualClock } from '../testing/clock.ts'
import { code, type OpenStore } from '../testing/contracts/fixture.ts'
import { stateStoreContract } from '../testing/contracts/state-store.ts'
import { httpStateStore } from './http/state-store.ts'
import { volatileStores } from './volatile/stores.ts'

/** The store of a real server, as one who may use the whole of it reaches it over HTTP. */
const open: OpenStore = async ({ limits } = {}) => {
  const clock = manualClock()
  const config = {
    stores: { kind: 'memory' as const },
    ...(limits === undefined ? {} : { memory: { state: limits } }),
  }
  const concord = await openConcord({ config, clock })
  const server = await serve(concord, { port: 0, bodyBytesMax: 16 * 1024 * 1024 })
  const state = httpStateStore({ url: `${server.url}/memory` })
  return {
    state,
    log: concord.log,
    membership: volatileStores({ clock, random: systemRandom() }).membership,
    clock,
    async close() {
      await state.close()
      await server.close(0)
      await concord.close()
    },
  }
}

open.remote = true
stateStoreContract('the store over HTTP', open)

/** What the contract's test of closing asks of the log is the server's to answer here. */
it('the store over HTTP answers that it was closed, whatever is asked of it', async () => {
  const { state, close } = await open()
  await state.close()
  const asked: (() => unknown)[] = [
    () => state.get('global', 'k'),
    () => state.peek('global', 'k'),
    () => state.write([{ namespace: 'global', key: 'k', value: 1 }]),
    () => state.list('global'),
    () => state.history('global', 'k'),
    () => state.watch('global', '*'),
    () => state.publish('c', 1),
    () => state.subscribe('*'),
    () => state.fork('team/f', { from: 'global' }),
  ]
  for (const ask of asked) await assert.rejects(async () => ask(), code('store.closed'), String(ask))
  await close()
})
