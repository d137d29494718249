import { isConcordError } from '../domain/errors.ts'
import { type Clock, sleep } from '../ports/clock.ts'
import type { EventLog } from '../ports/event-log.ts'
import type { Logger } from '../ports/logger.ts'
import type { Membership } from '../ports/membership.ts'
import type { Queue } from '../ports/queue.ts'
import type { StateStore, StateWrite } from '../ports/state-store.ts'

/*
 * Calls whose outcome is unknown: the store failed (`store.failed`), and what was asked of it may have been done. Reads are repeated;
 * so are state writes, by their operation id; forks, which do nothing the second time; and entries of queues, by their key. Appends are
 * looked up by whoever makes them: an owner's by version and epoch (patient-append.ts), a signal by its key (append-signal.ts).
 */

/** How long a call is repeated before its error is thrown. */
export const repeatedMsMax = 10_000
const pauseMsFirst = 10
const pauseMsMax = 1_000

export type Repeating = { clock: Clock; logger: Logger }

/** Whether the call may have been done although it failed. */
export const isUnknown = (error: unknown): boolean => isConcordError(error) && error.code === 'store.failed'

/** Calls until it is known what came of it; throws the last error when that takes too long. */
export const untilKnown = async <T>({ clock, logger }: Repeating, call: () => Promise<T>): Promise<T> => {
  let since: number | undefined
  for (let tries = 1; ; tries++) {
    try {
      return await call()
    } catch (error) {
      if (!isUnknown(error)) throw error
      since ??= clock.monotonic()
      if (clock.monotonic() - since >= repeatedMsMax) throw error
      logger.warn({ error, tries }, 'the store did not answer: the call is repeated')
      await sleep(clock, Math.min(pauseMsMax, pauseMsFirst * 2 ** (tries - 1)))
    }
  }
}

type Parts = { log: EventLog; state: StateStore; membership: Membership; queue: Queue }

/** The stores with every call but `append` repeated until its outcome is known. `id` names a write. */
export const withKnownOutcomes = <S extends Parts>(stores: S, repeating: Repeating, id: () => string): S => ({
  ...stores,
  log: knownLog(stores.log, repeating),
  state: knownState(stores.state, repeating, id),
  membership: knownMembership(stores.membership, repeating),
  queue: {
    ...stores.queue,
    enqueue: (entry) => untilKnown(repeating, () => stores.queue.enqueue(entry)),
  },
})

const knownLog = (log: EventLog, repeating: Repeating): EventLog => ({
  ...log,
  read: (...given) => untilKnown(repeating, () => log.read(...given)),
  version: (stream) => untilKnown(repeating, () => log.version(stream)),
  query: (query) => untilKnown(repeating, () => log.query(query)),
  runs: (query) => untilKnown(repeating, () => log.runs(query)),
  countRuns: (query) => untilKnown(repeating, () => log.countRuns(query)),
  run: (run) => untilKnown(repeating, () => log.run(run)),
})

/**
 * A write that is repeated must be known as the same one. A deletion without an id stays as it is:
 * it does the same again, and with an id it would be recorded where there is nothing to delete.
 */
const named = (write: StateWrite, id: () => string): StateWrite =>
  write.operation !== undefined || write.delete === true || write.check === true
    ? write
    : { ...write, operation: `once/${id()}` }

const knownState = (state: StateStore, repeating: Repeating, id: () => string): StateStore => ({
  ...state,
  get: (...given) => untilKnown(repeating, () => state.get(...given)),
  list: (...given) => untilKnown(repeating, () => state.list(...given)),
  history: (...given) => untilKnown(repeating, () => state.history(...given)),
  recorded: (...given) => untilKnown(repeating, () => state.recorded(...given)),
  sequence: (namespace) => untilKnown(repeating, () => state.sequence(namespace)),
  origin: (namespace) => untilKnown(repeating, () => state.origin(namespace)),
  fork: (...given) => untilKnown(repeating, () => state.fork(...given)),
  async write(writes) {
    const once = writes.map((write) => named(write, id))
    return untilKnown(repeating, () => state.write(once))
  },
})

const knownMembership = (membership: Membership, repeating: Repeating): Membership => ({
  ...membership,
  self: membership.self,
  get lapses() {
    return membership.lapses
  },
  members: () => untilKnown(repeating, () => membership.members()),
  isAlive: (member) => untilKnown(repeating, () => membership.isAlive(member)),
})
