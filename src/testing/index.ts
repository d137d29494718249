/** What Concord is tested with, shipped so that teams built on it can be tested the same way. */

export * from './clock.ts'
export { eventLogContract } from './contracts/event-log.ts'
export type { OpenStore, StoreFixture } from './contracts/fixture.ts'
export {
  type KnowledgeFixture,
  knowledgeStoreContract,
  type OpenKnowledge,
} from './contracts/knowledge-store.ts'
export { type LiveFixture, liveStateContract, type OpenLive } from './contracts/live-state.ts'
export { membershipContract } from './contracts/membership.ts'
export { type QueueFixture, queueContract } from './contracts/queue.ts'
export { stateStoreContract } from './contracts/state-store.ts'
export {
  everyNth,
  type FaultPlan,
  type HostileFault,
  hostileFaults,
  oneFault,
} from './hostile/faults.ts'
export { type Hostile, type HostileOptions, hostileStores } from './hostile-store.ts'
export * from './model.ts'
