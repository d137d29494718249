import type { Clock } from '../../ports/clock.ts'
import type { Member } from '../../ports/membership.ts'
import type { Random } from '../../ports/random.ts'
import { type StateLimits, stateLimits } from '../../ports/state-store.ts'
import type { Stores } from '../stores.ts'
import { volatileLog } from './log.ts'
import { volatileMembership } from './membership.ts'
import { volatileQueue } from './queue.ts'
import { volatileState } from './state.ts'

/** All stores in memory, gone with the process. Appends cost a few microseconds. */
export const volatileStores = (options: {
  clock: Clock
  random: Random
  limits?: Partial<StateLimits>
}): Stores => {
  const { clock, random } = options
  const log = volatileLog(random)
  const state = volatileState({ log, clock, random, limits: { ...stateLimits, ...options.limits } })
  const table = new Map<string, Member>()
  const memberOf = (id: string) => volatileMembership(id, clock, table)
  return {
    log,
    state,
    membership: memberOf(`memory-${Buffer.from(random.bytes(6)).toString('hex')}`),
    queue: volatileQueue(clock),
    sweep: state.sweep,
    incarnation: Buffer.from(random.bytes(8)).toString('hex'),
    async erase(stream, version) {
      log.erase(stream, version)
    },
    async close() {
      table.clear()
      await state.close()
      await log.close()
    },
  }
}
