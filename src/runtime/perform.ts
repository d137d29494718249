import type { Amount, Shortage } from '../domain/budget.ts'
import type { ConcordError, Failure } from '../domain/errors.ts'
import type { Draft, Read, Wait } from '../domain/event.ts'
import type { Json } from '../domain/json.ts'
import type { JournalEntry, Run, Work } from '../domain/run.ts'
import type { StateWrite } from '../ports/state-store.ts'
import type { Cancellation } from './cancellation.ts'
import type { Replay } from './replay.ts'

/** How one execution of a step ended. `writes` are committed together with the result. */
export type Outcome =
  | { status: 'succeeded'; output: Json; writes?: StateWrite[]; reads?: Read[] }
  | {
      status: 'failed'
      failure: Failure
      attemptsMax?: number
      retryAfterMs?: number
      reads?: Read[]
      /** How often it was executed elsewhere: it is not tried again. */
      attempts?: number
    }
  | { status: 'waiting'; wait: Wait }
  /** This process lacks what the step needs; another may have it. */
  | { status: 'blocked'; reason: string }

/** A step's part of the run's log while it executes: what was done is returned, what is done is written down. */
export interface Journal {
  /** What this execution asks, compared with what the executions before it recorded. */
  readonly replay: Replay
  /** Why what this execution did is not what its journal says, once it ended or waits. */
  leftOver(): ConcordError | undefined
  entry(call: string): JournalEntry | undefined
  /** Whether this execution still counts: false once it was closed, redone, cancelled or taken over. */
  readonly current: boolean
  /**
   * Asked right before every effect. Throws `epoch.stale` when this execution no longer counts. Undefined when it may act at once;
   * else a promise that resolves when all that it recorded so far is durable and its ownership is confirmed.
   */
  mayAct(): Promise<void> | undefined
  /** What follows may be made from anything recorded in this run so far: the next effect waits until that is durable. */
  relyOnRun(): void
  /** Whether the journal has calls that this execution has not come to yet: it is repeating an earlier one. */
  readonly replaying: boolean
  /** Attempts sent for a model call, those of earlier executions included. */
  sent(call: string): number
  /** Resolves when the events are committed. Rejects with `epoch.stale` once the execution is no longer wanted. */
  record(drafts: Draft[]): Promise<void>
  /** Records without waiting: for what may be lost in a crash and done again. Order is kept with `record`. */
  note(drafts: Draft[]): void
  /** Sets an amount aside, or says what is short. The reservation is committed when the promise resolves. */
  reserve(key: string, amount: Amount): Promise<Shortage | undefined>
  /** Whether tokens or money are limited for this run. */
  readonly metered: boolean
}

export type Execution = {
  /** Read only. */
  run: Run
  work: Work
  /** Of an item of a spread step: its parent, as far as it is committed. */
  parent?: Run
  input: Json
  /** `{run}/{planVersion}/{step}[/{index}]/{redo}` */
  idempotencyKey: string
  /**
   * The run's time, in ms since the epoch: the wall clock's when this process took the run, elapsed time from then on. Waits,
   * retries and time limits go by it, so that setting the clock changes none.
   */
  now(): number
  /** When the result is no longer wanted: cancelled, suspended, redone, owner lost. */
  cancellation: Cancellation
  journal: Journal
}

/** Executes a step on its agent; at once when the agent is plain code. Never fails for what an agent does: that is an outcome. */
export type Perform = (execution: Execution) => Outcome | Promise<Outcome>
