import { randomBytes } from 'node:crypto'
import { seed } from '../../test/seed.ts'
import type { StateLimits } from '../ports/state-store.ts'
import { volatileStores } from '../stores/volatile/stores.ts'
import { manualClock } from './clock.ts'
import { eventLogContract } from './contracts/event-log.ts'
import { membershipContract } from './contracts/membership.ts'
import { queueContract } from './contracts/queue.ts'
import { stateStoreContract } from './contracts/state-store.ts'
import { hostileStores } from './hostile-store.ts'

const open = async (options: { limits?: Partial<StateLimits> } = {}) => {
  const clock = manualClock()
  const random = { next: Math.random, bytes: randomBytes }
  const stores = hostileStores(volatileStores({ clock, random, ...options }), { seed })
  const reconnect = async () => {
    stores.hostile.drop()
    await stores.hostile.up()
  }
  return { ...stores, clock, reconnect }
}

eventLogContract('the hostile store', open)
stateStoreContract('the hostile store', open)
membershipContract('the hostile store', open)
queueContract('the hostile store', open)
