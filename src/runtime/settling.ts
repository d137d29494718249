import { ConcordError, isConcordError } from '../domain/errors.ts'
import { runStream } from '../domain/names.ts'
import type { Run } from '../domain/run.ts'
import { finalStatuses, type RunSummary } from '../domain/summary.ts'
import type { EventLog } from '../ports/event-log.ts'
import { loadRun, unknownRun } from './fold.ts'
import type { Owner } from './owner.ts'

const isSettled = ({ status }: RunSummary): boolean =>
  finalStatuses.has(status) || status === 'waiting' || status === 'suspended'

/** A run when its owner lets go of it. Throws `run.owned` when another process took it over. */
export const endOf = async (owner: Owner, signal: AbortSignal | undefined): Promise<Run> => {
  const end = await untilAborted(owner.ended, signal)
  if (end.reason === 'lost') throw lost(owner.run.id, end.error)
  return owner.run
}

type SettlingParts = {
  log: EventLog
  owner(id: string): Owner | undefined
  /** This process stops: what is settled by then is told. */
  closed(): boolean
}

/** Waits until a run is final, waits or is suspended, whoever advances it. */
export const createSettling = ({ log, owner: ownerOf, closed }: SettlingParts) => {
  const waiting = new Map<string, Set<() => void>>()
  const unlisten = log.onCommit(({ streams, gap }) => {
    if (waiting.size === 0) return
    if (gap === true) wakeAll()
    else for (const stream of streams) waiting.get(stream)?.forEach((wake) => void wake())
  })
  const wakeAll = () => {
    for (const wakes of waiting.values()) for (const wake of wakes) wake()
  }

  /** One listener for all who wait: many may wait for runs that have not begun. */
  const nextCommit = (stream: string): { committed: Promise<void>; stop: () => void } => {
    const { promise: committed, resolve } = Promise.withResolvers<void>()
    const others = waiting.get(stream) ?? new Set()
    waiting.set(stream, others.add(resolve))
    const stop = () => {
      others.delete(resolve)
      if (others.size === 0 && waiting.get(stream) === others) waiting.delete(stream)
    }
    return { committed, stop }
  }

  const settled = async (id: string, signal?: AbortSignal): Promise<Run> => {
    for (;;) {
      const owner = ownerOf(id)
      if (owner !== undefined) return endOf(owner, signal)
      const next = nextCommit(runStream(id))
      try {
        const summary = await log.run(id)
        if (summary === undefined) throw unknownRun(id)
        if (isSettled(summary) || closed()) return await loadRun(log, id)
        await untilAborted(next.committed, signal)
      } finally {
        next.stop()
      }
    }
  }

  return {
    settled,
    /** Waiting callers get the state that is settled by then. */
    close() {
      unlisten()
      wakeAll()
    },
  }
}

const lost = (id: string, error: unknown): unknown =>
  isConcordError(error) && error.code === 'version.conflict'
    ? new ConcordError(
        'run.owned',
        `Cannot continue run "${id}" as another process took it over; follow it with "concord trace ${id}"`,
        { cause: error },
      )
    : error

const untilAborted = <T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> => {
  if (signal === undefined) return promise
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
