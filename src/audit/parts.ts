import { inboxStream, runNamespace, runStream, stateStream } from '../domain/names.ts'
import type { AuditTrail } from '../ports/audit.ts'
import type { Clock } from '../ports/clock.ts'
import type { EventLog } from '../ports/event-log.ts'
import type { Keys } from '../ports/keys.ts'
import type { StateStore } from '../ports/state-store.ts'

/** What the audit works on. */
export type AuditParts = {
  stores: { log: EventLog; state: StateStore }
  trail: AuditTrail
  keys: Keys
  clock: Clock
  /** Lets others go on, in long work. */
  breathe?: () => Promise<void>
}

/** Everything a run writes by itself: its events, what came for it, its state. */
export const streamsOf = (run: string): string[] => [
  runStream(run),
  inboxStream(run),
  stateStream(runNamespace(run)),
]
