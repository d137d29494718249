import { auditStream } from '../domain/names.ts'
import type { AgedState, AuditSnapshot, StateAge } from '../ports/audit.ts'
import { signIfPossible } from './checkpoint.ts'
import type { AuditParts } from './parts.ts'

/** How much of the past of shared state is kept: whichever bound is reached first. Nothing given: all of it. */
export type HistoryConfig = {
  /** Changes of the last so many days stay; a fraction counts. At least 1. */
  days?: number
  /** So many newest changes of each namespace stay; those of the last day do anyway. */
  changes?: number
}

const dayMs = 86_400_000
/** What is younger stays whatever is asked for: who tries a write again must find its operation id. */
export const youngestMs = dayMs
/** The record of a drop is an event itself: fewer changes wait for more to go with them, a day at most. */
const worthwhile = 256

const ageOf = ({ days, changes }: HistoryConfig, now: number): StateAge => ({
  since: now - youngestMs,
  ...(days === undefined ? {} : { before: now - days * dayMs }),
  ...(changes === undefined ? {} : { beyond: changes }),
})

export type PrunedState = { namespaces: number; changes: number }

export type PruneState = {
  keep: HistoryConfig
  dryRun?: boolean
  /** Leaves what is not worth a record yet. */
  patient?: boolean
}

const namespacesBetweenBreaths = 500

const plan = async (
  snapshot: AuditSnapshot,
  age: StateAge,
  { patient, breathe }: { patient: boolean; breathe: AuditParts['breathe'] },
): Promise<AgedState[]> => {
  const { before = Number.NEGATIVE_INFINITY } = age
  const planned: AgedState[] = []
  let looked = 0
  for (const aged of snapshot.agedState(age)) {
    if (++looked % namespacesBetweenBreaths === 0) await breathe?.()
    if (aged === undefined) continue
    const { changes, oldestAt } = aged
    if (!patient || changes >= worthwhile || oldestAt < before - dayMs) planned.push(aged)
  }
  return planned
}

/**
 * Drops the past of shared state beyond what is to be kept; recorded, so that the chain and every checkpoint still verify. With a private key the log is signed
 * before and after.
 */
export const pruneState = async (
  parts: AuditParts,
  { keep, dryRun = false, patient = false }: PruneState,
): Promise<PrunedState> => {
  const { trail, clock, breathe } = parts
  const age = ageOf(keep, clock.now())
  const planned = await trail.snapshot((snapshot) => plan(snapshot, age, { patient, breathe }))
  const done: PrunedState = { namespaces: planned.length, changes: 0 }
  if (dryRun || planned.length === 0)
    return { ...done, changes: planned.reduce((sum, { changes }) => sum + changes, 0) }
  await signIfPossible(parts)
  const positions = await trail.snapshot(async (snapshot) =>
    snapshot
      .read(auditStream)
      .flatMap((event) => (event.type === 'audit.checkpointed' ? [event.data.position] : [])),
  )
  const reason = reasonOf(keep)
  for (const { namespace, to } of planned)
    done.changes += await trail.dropState(namespace, to, {
      positions,
      record: (dropped) => ({
        type: 'audit.dropped',
        at: clock.now(),
        data: { reason, streams: [dropped] },
      }),
    })
  await signIfPossible(parts)
  return done
}

const reasonOf = ({ days, changes }: HistoryConfig): string => {
  const bounds = [
    ...(days === undefined ? [] : [`${days} days`]),
    ...(changes === undefined ? [] : [`${changes} changes of a namespace`]),
  ]
  return `history is kept for ${bounds.join(' or ')}`
}
