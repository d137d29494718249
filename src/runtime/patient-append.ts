import { type ErrorCode, isConcordError } from '../domain/errors.ts'
import { type Clock, sleep } from '../ports/clock.ts'
import type { Append, EventLog } from '../ports/event-log.ts'
import type { Logger } from '../ports/logger.ts'

/*
 * What an owner does while its store cannot answer for a time. 1. Only errors that may pass are waited out, each for a bounded time. 2. An
 * append is repeated only after the log was read and does not hold it. 3. Everything else is thrown at once.
 */

/** How long an error of the store is waited out. A full disk rarely empties by itself, and each try needs room. */
const patienceMsOf: { [code in ErrorCode]?: number } = {
  'store.busy': 60_000,
  'store.failed': 60_000,
  'store.full': 1_000,
}

const patienceFor = (error: unknown): number => (isConcordError(error) ? (patienceMsOf[error.code] ?? 0) : 0)

/** Whether the store may answer later. */
export const isTransient = (error: unknown): boolean => patienceFor(error) > 0

const pauseMsFirst = 50
const pauseMsMax = 2_000

export type Patience = {
  clock: Clock
  logger: Logger
  run: string
  /** At most this long, whatever the error; asked each time. */
  msMax(): number
}

/** Calls `attempt` until it succeeds or fails for good; throws the last error when it failed for too long. */
export const patiently = async <T>(patience: Patience, attempt: () => Promise<T>): Promise<T> => {
  const since = patience.clock.monotonic()
  try {
    return await attempt()
  } catch (error) {
    return again(patience, since, error, attempt)
  }
}

/** Repeats what has failed since a time, as long as the error is one that may pass. */
const again = async <T>(
  { clock, logger, run, msMax }: Patience,
  since: number,
  first: unknown,
  attempt: () => Promise<T>,
): Promise<T> => {
  let error = first
  for (let tries = 1; ; tries++) {
    if (clock.monotonic() - since >= Math.min(patienceFor(error), msMax())) throw error
    logger.warn({ error, run, tries }, 'the store could not answer: tried again')
    await sleep(clock, Math.min(pauseMsMax, pauseMsFirst * 2 ** (tries - 1)))
    try {
      return await attempt()
    } catch (next) {
      error = next
    }
  }
}

export type OwnersAppend = Append & { expectedVersion: number }

/** Appends under an owner's epoch and returns the stream's version then. `self` is the process that owns the run. */
export const appendPatiently = async (
  patience: Patience,
  log: EventLog,
  self: string,
  request: OwnersAppend,
): Promise<number> => {
  try {
    return (await log.append(request)).version
  } catch (error) {
    return appendAgain(patience, log, self, request, error)
  }
}

/** Continues an append that failed with this error, as `appendPatiently` does. */
export const appendAgain = async (
  patience: Patience,
  log: EventLog,
  self: string,
  request: OwnersAppend,
  error: unknown,
): Promise<number> => {
  const since = patience.clock.monotonic()
  // The answer may have been lost, not the append.
  if (isConcordError(error) && error.code === 'store.failed' && (await mayHold(log, self, request)))
    return versionAfter(request)
  return again(patience, since, error, () => repeated(log, self, request))
}

const repeated = async (log: EventLog, self: string, request: OwnersAppend): Promise<number> => {
  if (await holds(log, self, request)) return versionAfter(request)
  try {
    return (await log.append(request)).version
  } catch (error) {
    if (isConcordError(error) && (await mayHold(log, self, request))) return versionAfter(request)
    throw error
  }
}

/** False also where the log cannot be read now. */
const mayHold = (log: EventLog, self: string, request: OwnersAppend): Promise<boolean> =>
  holds(log, self, request).catch(() => false)

const versionAfter = ({ expectedVersion, events }: OwnersAppend): number => expectedVersion + events.length

/** Whether the log holds these very events. An epoch has one owner, whose name its claim carries. */
const holds = async (
  log: EventLog,
  self: string,
  { stream, expectedVersion, events, epoch }: OwnersAppend,
): Promise<boolean> => {
  const found = await log.read(stream, { afterVersion: expectedVersion, limit: events.length })
  return (
    found.length > 0 &&
    found.length === events.length &&
    found.every((event, i) => {
      if (event.epoch !== epoch || event.type !== events[i]?.type) return false
      return event.type !== 'run.claimed' || event.data.owner === self
    })
  )
}
