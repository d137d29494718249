import { inboxStream, isItemRun } from '../domain/names.ts'
import { isForAnyProcess, type RunSummary } from '../domain/summary.ts'
import type { Clock } from '../ports/clock.ts'
import type { EventLog, RunsQuery } from '../ports/event-log.ts'
import type { Logger } from '../ports/logger.ts'
import type { Membership } from '../ports/membership.ts'
import { type Admission, ownedMost } from './admission.ts'
import type { Family } from './family.ts'
import type { ItemTaker } from './item-taker.ts'

export type ReconcilerParts = {
  log: EventLog
  membership: Membership
  clock: Clock
  logger: Logger
  family: Family
  owns(id: string): boolean
  /** Runs that this process advances. */
  owned(): number
  isDue(summary: RunSummary): boolean
  admission: Admission
  taker: Pick<ItemTaker, 'consider'>
  tryResume(id: string, by: string): Promise<boolean>
}

export type Reconciler = {
  /** Takes over what nobody living advances; ids of runs taken. */
  reconcile(): Promise<string[]>
  /** Again and again from now on. */
  adopt(everyMs: number): void
  /** A run of this process settled: another that was left for want of room may be taken. */
  roomMade(): void
  /** Looks at once, unless it does already. */
  look(): void
  close(): void
}

/** Claims under way at once: each reads a run and waits for one commit. */
const claimsAtOnce = 16
const runsAPage = 10_000

/** Finds runs that nobody living advances: crashed ones, and waits whose time or signal came while nobody listened. */
export const createReconciler = (parts: ReconcilerParts): Reconciler => {
  const { log, membership, clock, logger, family, owns, admission, tryResume } = parts
  let closed = false
  let cancelTimer: (() => void) | undefined
  let underWay: Promise<string[]> | undefined
  /** Whether something may be left that there was no room for. */
  let left = false

  const orphaned = async (
    summary: RunSummary,
    isAlive: (owner: string) => Promise<boolean>,
  ): Promise<boolean> => {
    if (owns(summary.run)) return false
    if (summary.status === 'suspended') return isForAnyProcess(summary)
    if (summary.status === 'waiting') {
      if (parts.isDue(summary)) return true
      if (await family.missedEnd(summary)) return true
      return (await log.version(inboxStream(summary.run))) > (summary.inbox ?? 0)
    }
    return summary.owner === undefined || summary.owner === membership.self || !(await isAlive(summary.owner))
  }

  /** Asked once for each owner: most of what is left was one process's. */
  const aliveOnce = () => {
    const known = new Map<string, Promise<boolean>>()
    return (owner: string): Promise<boolean> => {
      const before = known.get(owner)
      if (before !== undefined) return before
      const alive = membership.isAlive(owner)
      known.set(owner, alive)
      return alive
    }
  }

  const pass = async (): Promise<string[]> => {
    const taken: string[] = []
    const isAlive = aliveOnce()
    left = false
    await takeAll({ status: ['running', 'waiting', 'suspended'] }, isAlive, taken)
    await takeAll({ status: ['queued'], isChild: true }, isAlive, taken)
    // Those that wait to begin come last, in order of arrival.
    if (!closed && !left) taken.push(...(await admission.refill()))
    return taken
  }

  const takeAll = async (
    query: RunsQuery,
    isAlive: (owner: string) => Promise<boolean>,
    taken: string[],
  ): Promise<void> => {
    let before: RunSummary | undefined
    while (!closed && !left) {
      const from = before === undefined ? {} : { before }
      const open = await log.runs({ ...query, limit: runsAPage, ...from })
      await takeEach(inOwnOrder(open), isAlive, taken)
      before = open.at(-1)
      if (open.length < runsAPage) return
    }
  }

  /** Processes that look at the same moment begin at different places: they share instead of racing for each run. */
  const inOwnOrder = (open: RunSummary[]): RunSummary[] => {
    let hash = 0
    for (const unit of membership.self) hash = (hash * 31 + (unit.codePointAt(0) ?? 0)) >>> 0
    const start = open.length === 0 ? 0 : hash % open.length
    return [...open.slice(start), ...open.slice(0, start)]
  }

  const takeEach = async (
    open: RunSummary[],
    isAlive: (owner: string) => Promise<boolean>,
    taken: string[],
  ): Promise<void> => {
    let next = 0
    const work = async (): Promise<void> => {
      for (;;) {
        if (closed || next >= open.length) return
        if (parts.owned() >= ownedMost) {
          left = true
          return
        }
        const summary = open[next++]
        if (summary !== undefined && (await reconcileOne(summary, isAlive))) taken.push(summary.run)
      }
    }
    await Promise.all(Array.from({ length: claimsAtOnce }, work))
  }

  const reconcileOne = async (
    summary: RunSummary,
    isAlive: (owner: string) => Promise<boolean>,
  ): Promise<boolean> => {
    try {
      await family.abandonOrphan(summary)
      if (!(await orphaned(summary, isAlive))) return false
      if (isItemRun(summary.run) && summary.status !== 'waiting') {
        parts.taker.consider(summary.run)
        return false
      }
      if (summary.parent === undefined && admission.isFull) {
        admission.keep(summary.run, 'reconciler')
        return false
      }
      return await tryResume(summary.run, 'reconciler')
    } catch (error) {
      logger.error({ error, run: summary.run }, 'a run could not be taken over')
      return false
    }
  }

  const reconcile = (): Promise<string[]> => {
    underWay ??= pass().finally(() => {
      underWay = undefined
    })
    return underWay
  }

  const look = (): void => {
    reconcile().catch((error) => logger.error({ error }, 'reconciling failed'))
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
    roomMade() {
      if (!left || closed || underWay !== undefined || parts.owned() > ownedMost / 2) return
      look()
    },
    look,
    close() {
      closed = true
      cancelTimer?.()
    },
  }
}
