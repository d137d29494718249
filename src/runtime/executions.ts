import { type ConcordError, toFailure } from '../domain/errors.ts'
import type { Draft } from '../domain/event.ts'
import { inputOf } from '../domain/input.ts'
import { keyOf } from '../domain/item-run.ts'
import { isFinal, isSuspect, type Run, type Work } from '../domain/run.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import { Cancellation } from './cancellation.ts'
import type { Lane } from './lane.ts'
import type { Outcome, Perform } from './perform.ts'
import { type JournalHost, stale, WorkJournal } from './work-journal.ts'

type ExecutionsPorts = {
  clock: Clock
  logger: Logger
  /** Where this process executes what is suspected of killing its owners. */
  suspects: Lane
}

type ExecutionsHost = {
  /** Nothing is executed for the run any more. */
  stopped(): boolean
  record(draft: Draft): Promise<void>
  /** An execution that counts has ended, `ms` after it began. */
  closed(work: Work, outcome: Outcome, ms: number): void
}

/**
 * How long other suspects wait for one that is executed alone: a step that kills its process does
 * so soon.
 */
const aloneMsMax = 60_000

type Live = { key: string; cancellation: Cancellation }

/**
 * What a run's owner executes now. A step is executed once for the event that starts it, and its outcome counts only while the
 * execution it comes from is the current one for its step.
 */
export class Executions {
  readonly #run: Run
  readonly #perform: Perform
  readonly #ports: ExecutionsPorts
  readonly #journals: JournalHost
  readonly #host: ExecutionsHost
  readonly #live = new Map<string, Live>()

  constructor(
    run: Run,
    perform: Perform,
    ports: ExecutionsPorts,
    journals: JournalHost,
    host: ExecutionsHost,
  ) {
    this.#run = run
    this.#perform = perform
    this.#ports = ports
    this.#host = host
    this.#journals = journals
  }

  /** `ended` is called when the execution is over, or when there is none. */
  launch(id: string, ended?: () => void): void {
    const run = this.#run
    const work = run.works.get(id)
    if (work === undefined || !run.underWay.has(id) || this.#host.stopped() || isFinal(run)) return ended?.()
    const key = keyOf(run, work)
    if (this.#live.get(id)?.key === key) return ended?.()
    this.#live.get(id)?.cancellation.cancel(stale())
    const live: Live = { key, cancellation: new Cancellation() }
    this.#live.set(id, live)
    const startedAt = this.#ports.clock.monotonic()
    const stop = ended && live.cancellation.onCancel(ended)
    const close = (outcome: Outcome) => {
      if (this.isCurrent(work, live)) {
        this.#live.delete(work.id)
        this.#host.closed(work, outcome, this.#ports.clock.monotonic() - startedAt)
      }
      stop?.()
      ended?.()
    }
    const threw = (error: unknown) => {
      this.#ports.logger.error({ error, run: run.id, step: id }, 'an execution threw')
      close({ status: 'failed', failure: toFailure(error) })
    }
    try {
      const outcome = this.#perform({
        run,
        work,
        input: inputOf(run, work),
        idempotencyKey: key,
        cancellation: live.cancellation,
        now: this.#journals.now,
        journal: new WorkJournal(work, live, this.#journals),
      })
      if (outcome instanceof Promise) outcome.then(close, threw)
      else close(outcome)
    } catch (error) {
      threw(error)
    }
  }

  /**
   * Executes again what was under way when the last owner was lost: suspects one at a time, except those that only wait for a
   * child run (`delegating`), whose own steps are the suspects then.
   */
  relaunch(delegating: ReadonlySet<string>): void {
    for (const id of this.#run.underWay) {
      const work = this.#run.works.get(id)
      if (work === undefined || !isSuspect(work) || delegating.has(id)) this.launch(id)
      else this.#ports.suspects.run(() => this.#launchAlone(work)).catch(() => {})
    }
  }

  /** Records first that the step is executed: if this process dies, this step is to blame. */
  async #launchAlone(work: Work): Promise<void> {
    const { plan, redo, attempt, losses, step } = work
    const isWanted = () => this.#run.works.get(work.id) === work && this.#run.underWay.has(work.id)
    if (this.#host.stopped() || !isWanted()) return
    const data = { plan, redo, attempt, losses }
    const at = this.#journals.now()
    await this.#host.record({ type: 'step.suspected', at, step: work.id, agent: step.agent, data })
    if (!isWanted()) return
    this.#ports.logger.warn({ run: this.#run.id, step: work.id, losses }, 'a step may kill its process')
    await new Promise<void>((resolve) => {
      const cancel = this.#ports.clock.schedule(aloneMsMax, resolve, { unref: true })
      this.launch(work.id, () => {
        cancel()
        resolve()
      })
    })
  }

  /** Cancels those that no longer count: redone, of a plan that was given up, failed for good. */
  cancelStale(): void {
    const { works, underWay } = this.#run
    for (const [id, live] of this.#live) {
      const work = works.get(id)
      if (work !== undefined && underWay.has(id) && keyOf(this.#run, work) === live.key) continue
      live.cancellation.cancel(stale())
      this.#live.delete(id)
    }
  }

  /** Cancels all. An error is made only where one is needed: its stack costs more than a step. */
  cancel(reason?: ConcordError): void {
    for (const live of this.#live.values()) live.cancellation.cancel(reason ?? stale())
    this.#live.clear()
  }

  /** Whether this execution of the step is the one that counts. */
  isCurrent(work: Work, live: object): boolean {
    const { works, underWay } = this.#run
    return (
      !this.#host.stopped() &&
      !isFinal(this.#run) &&
      this.#live.get(work.id) === live &&
      works.get(work.id) === work &&
      underWay.has(work.id)
    )
  }
}
