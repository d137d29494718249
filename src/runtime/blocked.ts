import { ConcordError } from '../domain/errors.ts'
import { inboxStream, runStream } from '../domain/names.ts'
import { finalStatuses } from '../domain/summary.ts'
import type { EventLog } from '../ports/event-log.ts'
import type { Logger } from '../ports/logger.ts'
import type { Membership } from '../ports/membership.ts'

export type BlockedRun = { run: string; reason: string }

export const blockedError = (run: string, reason: string): ConcordError =>
  new ConcordError(
    'run.blocked',
    `Cannot execute run "${run}" here as this process lacks ${reason}; it is left as it is for one that has it: start that, or cancel the run`,
    { details: { run, reason } },
  )

/** Runs that this process found it cannot execute. */
export type Blocked = {
  /** Remembers it as it stands, and logs the reason once. */
  add(run: string, reason: string): Promise<void>
  forget(run: string): void
  /** Whether nothing has happened to the run since it was found. */
  isKnown(run: string): Promise<boolean>
  /** Those that no living process executes. */
  list(): Promise<BlockedRun[]>
}

type Known = { reason: string; version: number; inbox: number }

export const createBlocked = ({
  log,
  logger,
  membership,
}: {
  log: EventLog
  logger: Logger
  membership: Membership
}): Blocked => {
  const known = new Map<string, Known>()
  const standing = async (run: string) => ({
    version: await log.version(runStream(run)),
    inbox: await log.version(inboxStream(run)),
  })
  /** Final, or taken by a process that can execute it. */
  const isSettled = async (run: string): Promise<boolean> => {
    const summary = await log.run(run)
    if (summary === undefined || finalStatuses.has(summary.status)) return true
    const { owner } = summary
    return owner !== undefined && owner !== membership.self && (await membership.isAlive(owner))
  }
  return {
    async add(run, reason) {
      const before = known.get(run)
      known.set(run, { reason, ...(await standing(run)) })
      if (before?.reason !== reason)
        logger.warn(
          { run, reason },
          'a run is left as it is: this process lacks what it needs, another may have it',
        )
    },
    forget: (run) => void known.delete(run),
    async isKnown(run) {
      const before = known.get(run)
      if (before === undefined) return false
      const { version, inbox } = await standing(run)
      return version === before.version && inbox === before.inbox
    },
    async list() {
      const found: BlockedRun[] = []
      for (const [run, { reason }] of known)
        if (await isSettled(run)) known.delete(run)
        else found.push({ run, reason })
      return found
    },
  }
}
