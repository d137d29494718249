import type { ConcordError } from '../domain/errors.ts'
import type { AuditTrail } from '../ports/audit.ts'
import type { EventLog } from '../ports/event-log.ts'
import type { Membership } from '../ports/membership.ts'
import type { Queue } from '../ports/queue.ts'
import type { StateStore } from '../ports/state-store.ts'

/** Log, state and members of one store: what is written through one is committed with the others. */
export type Stores = {
  log: EventLog
  state: StateStore
  membership: Membership
  queue: Queue
  /** Where the log outlives the process: what verification, checkpoints, retention and erasure need of it. */
  audit?: AuditTrail
  /** Ends at most `limit` (default 1,000) keys whose time is over, and says how many it ended. */
  sweep(limit?: number): Promise<number>
  /**
   * Removes an event's data and their salt for good; the chain still verifies. A key's present value is not touched: delete the key first. Throws `not-found`.
   */
  erase(stream: string, version: number): Promise<void>
  /** Writes a consistent copy to a new file while the store is in use, where there is a file. Throws `input.invalid` when the path exists. */
  backup?(path: string): Promise<void>
  /**
   * Resolves when the file of the store was deleted or replaced while it was used (`store.lost`): every
   * call fails with that from then on. Never where there is no file.
   */
  lost?: Promise<ConcordError>
  /** Which history the store holds: another after a restore, and for each store in memory. */
  incarnation: string
  close(): Promise<void>
}
