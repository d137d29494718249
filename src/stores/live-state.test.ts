import { manualClock } from '../testing/clock.ts'
import { liveStateContract, type OpenLive } from '../testing/contracts/live-state.ts'
import { volatileLiveState } from './volatile/live-state.ts'

let seed = 0
const inMemory: OpenLive = async (options = {}) => {
  const clock = manualClock()
  const random = { next: () => 0.5, bytes: (size: number) => Buffer.alloc(size, ++seed) }
  const live = volatileLiveState({ clock, random, historyMax: 8, ...options })
  return { live, clock, lose: async () => live.lose(), close: () => live.close() }
}

liveStateContract('memory', inMemory)
