import type { ErrorCode } from '../../domain/errors.ts'
import { isConcordError } from '../../domain/errors.ts'
import type { Draft } from '../../domain/event.ts'
import type { RunSummary } from '../../domain/summary.ts'
import type { EventLog } from '../../ports/event-log.ts'
import type { Membership } from '../../ports/membership.ts'
import type { StateLimits, StateStore } from '../../ports/state-store.ts'
import type { ManualClock } from '../clock.ts'

/** A fresh, empty store on a manual clock; `close` also removes what it left behind. */
export type StoreFixture = {
  log: EventLog
  state: StateStore
  membership: Membership
  clock: ManualClock
  /** Removes an event's data for good, where the store can. */
  erase?(stream: string, version: number): Promise<void>
  /** Ends keys whose time is over, where the store does it on request. */
  sweep?(limit?: number): Promise<number>
  /** Loses the connection and returns it, where the store has one; resolves when calls succeed again. */
  reconnect?(): Promise<void>
  close(): Promise<void>
}

/** Resolves once it holds; fails after many turns of the event loop without it. */
export const until = async (holds: () => boolean, what: string): Promise<void> => {
  for (let turns = 0; !holds(); turns++) {
    if (turns > 2_000) throw new Error(`${what}: did not happen`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

export type OpenStore = {
  (options?: { limits?: Partial<StateLimits> }): Promise<StoreFixture>
  /**
   * The state is used over HTTP: writes are of whom the server takes the caller for, without epoch and attempt; what is not in memory is not peeked at;
   * limits, and who is too slow, are found out by the server; the log beside it is not the caller's.
   */
  remote?: boolean
}

/** For `it`: a promise to callers in the process only. */
export const localOnly = (open: OpenStore): { skip: string | false } => ({
  skip: open.remote ? 'no promise to callers over HTTP' : false,
})

/** Runs a test on a fresh store and closes it, whatever happens. */
export const on =
  (
    open: OpenStore,
    test: (store: StoreFixture) => Promise<void>,
    options?: { limits?: Partial<StateLimits> },
  ): (() => Promise<void>) =>
  async () => {
    const store = await open(options)
    try {
      await test(store)
    } finally {
      await store.close()
    }
  }

/** For `assert.rejects`: the error's identity is its code. */
export const code = (expected: ErrorCode) => (error: unknown) =>
  isConcordError(error) && error.code === expected

export const claimed = (at: number, epoch = 1): Draft => ({
  type: 'run.claimed',
  at,
  data: { owner: 'o', epoch },
})

export const recorded = (call: string, value: string | number = call): Draft => ({
  type: 'step.recorded',
  at: 1000,
  step: 's',
  data: { call, name: 'n', value },
})

export const summary = (run: string, more: Partial<RunSummary> = {}): RunSummary => ({
  run,
  status: 'running',
  goal: { text: 'find papers', team: 'research' },
  createdAt: 1000,
  updatedAt: 1000,
  ...more,
})
