/**
 * Not a subject: the other process of `wake-ways.ts`. `socket <path>`: answers each byte with the instant it arrived. `watch <folder>`: watches a store
 * and says the instant each change arrived. Instants are of the system's monotonic clock, the same for all processes of one machine.
 */
import { createServer } from 'node:net'
import { systemRandom } from '../../src/platform/system.ts'
import { sqliteStores } from '../../src/stores/sqlite/stores.ts'
import { machineClock } from '../../src/testing/clock.ts'

const [kind, place = ''] = process.argv.slice(2)
process.on('disconnect', () => process.exit(0))
const say = (word: string) => process.send?.(word)

if (kind === 'socket') {
  const server = createServer((socket) => {
    socket.on('data', () => say(String(process.hrtime.bigint())))
  })
  server.listen(place, () => say('ready'))
}
if (kind === 'watch') {
  const stores = await sqliteStores({
    directory: place,
    durability: 'process',
    clock: machineClock,
    random: systemRandom(),
  })
  const watch = stores.state.watch('team/bench', '*')
  // Told to the other processes once they are connected; their commits ring from then on.
  const subscription = stores.state.subscribe('none')
  await subscription.opened
  say('ready')
  for await (const _ of watch) say(String(process.hrtime.bigint()))
}
