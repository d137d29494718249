import { auditStream } from '../domain/names.ts'
import { signIfPossible } from './checkpoint.ts'
import { type AuditParts, streamsOf } from './parts.ts'

export type Pruned = { runs: number; streams: number; events: number }

const runsPerRecord = 200

/**
 * Drops the runs that ended before an instant, with their inboxes and state. Their heads are recorded, so that every checkpoint ever made still verifies. With a private key the log
 * is signed before and after.
 */
export const prune = async (
  parts: AuditParts,
  { before, dryRun = false }: { before: number; dryRun?: boolean },
): Promise<Pruned> => {
  const { trail, clock } = parts
  const nothing = await trail.snapshot(async (snapshot) => snapshot.runsEndedBefore(before).length === 0)
  if (nothing) return { runs: 0, streams: 0, events: 0 }
  if (!dryRun) await signIfPossible(parts)
  const plan = await trail.snapshot(async (snapshot) => {
    const positions = snapshot
      .read(auditStream)
      .flatMap((event) => (event.type === 'audit.checkpointed' ? [event.data.position] : []))
    return snapshot.runsEndedBefore(before).map((run) => ({
      run,
      streams: streamsOf(run).flatMap((stream) => snapshot.droppable(stream, positions) ?? []),
    }))
  })
  const streams = plan.flatMap((one) => one.streams)
  const done = {
    runs: plan.length,
    streams: streams.length,
    events: await trail.snapshot(async (snapshot) => snapshot.countEvents(streams)),
  }
  if (dryRun) return done
  const reason = `ended before ${new Date(before).toISOString()}`
  for (let i = 0; i < plan.length; i += runsPerRecord) {
    const batch = plan.slice(i, i + runsPerRecord)
    const dropped = batch.flatMap((one) => one.streams)
    await trail.drop(
      dropped,
      batch.map(({ run }) => run),
      { type: 'audit.dropped', at: clock.now(), data: { reason, streams: dropped } },
    )
  }
  await signIfPossible(parts)
  return done
}
