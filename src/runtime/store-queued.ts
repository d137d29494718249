import { advance } from '../domain/advance.ts'
import type { Draft } from '../domain/event.ts'
import { runStream } from '../domain/names.ts'
import { emptyRun, summaryOf } from '../domain/run.ts'
import type { Clock } from '../ports/clock.ts'
import type { EventLog } from '../ports/event-log.ts'
import type { Logger } from '../ports/logger.ts'
import type { Membership } from '../ports/membership.ts'
import type { StateWrite } from '../ports/state-store.ts'
import { repeatedMsMax } from './known-outcome.ts'
import { appendPatiently, type OwnersAppend } from './patient-append.ts'

type Ports = { log: EventLog; clock: Clock; logger: Logger; membership: Pick<Membership, 'self'> }

/** Appends the first event of a run that no process advances yet. Throws `version.conflict` when the run exists. */
export const storeQueued = async (
  { log, clock, logger, membership }: Ports,
  id: string,
  draft: Draft,
  writes: StateWrite[] | undefined,
): Promise<void> => {
  const queued = log.admit?.(draft) ?? draft
  const append: OwnersAppend = {
    stream: runStream(id),
    expectedVersion: 0,
    epoch: 0,
    events: [queued],
    handedOver: true,
    summary: summaryOf(advance(emptyRun(id), queued)),
  }
  if (writes !== undefined) append.writes = writes
  const patience = { clock, logger, run: id, msMax: () => repeatedMsMax }
  await appendPatiently(patience, log, membership.self, append)
}
