import { randomBytes } from 'node:crypto'
import type { StateLimits } from '../ports/state-store.ts'
import { manualClock } from '../testing/clock.ts'
import { eventLogContract } from '../testing/contracts/event-log.ts'
import { membershipContract } from '../testing/contracts/membership.ts'
import { queueContract } from '../testing/contracts/queue.ts'
import { stateStoreContract } from '../testing/contracts/state-store.ts'
import { volatileStores } from './volatile/stores.ts'

const open = async (options: { limits?: Partial<StateLimits> } = {}) => {
  const clock = manualClock()
  return {
    ...volatileStores({ clock, random: { next: Math.random, bytes: randomBytes }, ...options }),
    clock,
  }
}

eventLogContract('the volatile store', open)
stateStoreContract('the volatile store', open)
membershipContract('the volatile store', open)
queueContract('the volatile store', open)
