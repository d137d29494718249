import type { StateLimits } from '../ports/state-store.ts'
import { eventLogContract } from '../testing/contracts/event-log.ts'
import { membershipContract } from '../testing/contracts/membership.ts'
import { queueContract } from '../testing/contracts/queue.ts'
import { stateStoreContract } from '../testing/contracts/state-store.ts'
import { openFresh } from './sqlite/temporary.test.ts'

for (const durability of ['process', 'power'] as const) {
  const open = (options: { limits?: Partial<StateLimits> } = {}) => openFresh({ durability, ...options })
  eventLogContract(`SQLite (${durability})`, open)
  stateStoreContract(`SQLite (${durability})`, open)
  membershipContract(`SQLite (${durability})`, open)
  queueContract(`SQLite (${durability})`, open)
}
