import { inboxStream } from '../domain/event.ts'
import { isBlocked, type RunSummary } from '../domain/summary.ts'
import type { Clock } from '../ports/clock.ts'
import type { EventLog } from '../ports/event-log.ts'
import type { Logger } from '../ports/logger.ts'
import type { Membership } from '../ports/membership.ts'
import type { Family } from './family.ts'

export type ReconcilerParts = {
  log: EventLog
  membership: Membership
  clock: Clock
  logger: Logger
  family: Family
  owns(id: string): boolean
  tryResume(id: string, by: string): Promise<boolean>
}

export type Reconciler = {
  /** Takes over what nobody living advances; ids of runs taken. */
  reconcile(): Promise<string[]>
  /** Again and again from now on. */
  adopt(everyMs: number): void
  close(): void
}

const takenAtOnce = 100
const runsAPage = 10_000

/** Finds runs that nobody living advances: crashed ones, and waits whose time or signal came while nobody listened. */
export const createReconciler = (parts: ReconcilerParts): Reconciler => {
  const { log, membership, clock, logger, family, owns, tryResume } = parts
  let closed = false
  let cancelTimer: (() => void) | undefined

  const orphaned = async (summary: RunSummary): Promise<boolean> => {
    if (owns(summary.run)) return false
    if (summary.status === 'suspended') return isBlocked(summary)
    if (summary.status === 'waiting') {
      if (summary.wakeAt !== undefined && summary.wakeAt <= clock.now()) return true
      if (await family.missedEnd(summary)) return true
      return (await log.version(inboxStream(summary.run))) > (summary.inbox ?? 0)
    }
    return (
      summary.owner === undefined ||
      summary.owner === membership.self ||
      !(await membership.isAlive(summary.owner))
    )
  }

  const reconcile = async (): Promise<string[]> => {
    const taken: string[] = []
    let before: number | undefined
    for (;;) {
      const open = await log.runs({
        status: ['queued', 'running', 'waiting', 'suspended'],
        limit: runsAPage,
        ...(before === undefined ? {} : { before }),
      })
      for (const summary of open) {
        if (closed || taken.length >= takenAtOnce) return taken
        if (await reconcileOne(summary)) taken.push(summary.run)
      }
      before = open.at(-1)?.createdAt
      if (open.length < runsAPage) return taken
    }
  }

  const reconcileOne = async (summary: RunSummary): Promise<boolean> => {
    try {
      await family.abandonOrphan(summary)
      return (await orphaned(summary)) && (await tryResume(summary.run, 'reconciler'))
    } catch (error) {
      logger.error({ error, run: summary.run }, 'a run could not be taken over')
      return false
    }
  }

  const tick = (everyMs: number): void => {
    cancelTimer = clock.schedule(
      everyMs,
      () => {
        reconcile()
          .catch((error) => logger.error({ error }, 'reconciling failed'))
          .finally(() => {
            if (!closed) tick(everyMs)
          })
      },
      { unref: true },
    )
  }

  return {
    reconcile,
    adopt: tick,
    close() {
      closed = true
      cancelTimer?.()
    },
  }
}
