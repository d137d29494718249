import type { Clock } from '../../ports/clock.ts'
import type { EventLog } from '../../ports/event-log.ts'
import type { Runner } from '../../runtime/runner.ts'

/** What looking after one run needs of the platform. */
export type RunPorts = { log: EventLog; runner: Runner; clock: Clock }
