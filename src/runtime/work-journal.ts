import { type Amount, type Shortage, shortage } from '../domain/budget.ts'
import { ConcordError } from '../domain/errors.ts'
import type { Draft } from '../domain/event.ts'
import type { JournalEntry, Run, Work } from '../domain/run.ts'
import { askFor, mayFit } from '../domain/top-up.ts'
import type { Clock } from '../ports/clock.ts'
import type { Journal } from './perform.ts'
import { Replay } from './replay.ts'

export const stale = (): ConcordError =>
  new ConcordError(
    'epoch.stale',
    'Cannot act as this execution no longer counts: it has ended, or was redone, cancelled or taken over; stop',
  )

/** What the journals of a run need of its owner. */
export type JournalHost = {
  metered: boolean
  run: Run
  clock: Clock
  /** Whether this execution of the step is the one that counts. */
  isCurrent(work: Work, execution: object): boolean
  record(drafts: Draft[]): Promise<void>
  note(drafts: Draft[]): void
  /** Undefined when the run's log is durable up to this version and the ownership is not in doubt; else resolves when it is so. */
  ready(version: number): Promise<void> | undefined
  /** Resolves with the run's next event; rejects when the run has no owner any more. */
  moved(): Promise<void>
  now(): number
}

/** The journal of one execution; silent once the execution is no longer the current one of its step. */
export class WorkJournal implements Journal {
  readonly #work: Work
  readonly #execution: object
  readonly #host: JournalHost
  #replay: Replay | undefined
  /** The version of the run's log that the next effect may be made from. */
  #reliesOn = 0

  constructor(work: Work, execution: object, host: JournalHost) {
    this.#work = work
    this.#execution = execution
    this.#host = host
    // What stands there now is of earlier executions; what comes is this one's own.
    if (work.journal !== undefined) this.#replay = new Replay(work, host.clock, work.journal)
  }

  get replay(): Replay {
    this.#replay ??= new Replay(this.#work, this.#host.clock, undefined)
    return this.#replay
  }

  leftOver(): ConcordError | undefined {
    return this.#replay?.leftOver()
  }

  get metered(): boolean {
    return this.#host.metered
  }

  get current(): boolean {
    return this.#host.isCurrent(this.#work, this.#execution)
  }

  get replaying(): boolean {
    return this.#replay?.behind === true
  }

  entry(call: string): JournalEntry | undefined {
    return this.#replay === undefined ? this.#work.journal?.get(call) : this.#replay.entry(call)
  }

  sent(call: string): number {
    return this.#work.sent?.get(call) ?? 0
  }

  mayAct(): Promise<void> | undefined {
    if (!this.current) throw stale()
    const ready = this.#host.ready(this.#reliesOn)
    return ready?.then(() => {
      if (!this.current) throw stale()
    })
  }

  relyOnRun(): void {
    this.#reliesOn = this.#host.run.version
  }

  record(drafts: Draft[]): Promise<void> {
    if (!this.current) return Promise.reject(stale())
    const recorded = this.#host.record(drafts)
    this.relyOnRun()
    return recorded
  }

  note(drafts: Draft[]): void {
    if (!this.current) return
    this.#host.note(drafts)
    this.relyOnRun()
  }

  async reserve(key: string, amount: Amount): Promise<Shortage | undefined> {
    const { run } = this.#host
    const envelope = { at: this.#host.now(), step: this.#work.id, agent: this.#work.step.agent }
    let short: Shortage | undefined
    for (;;) {
      if (!this.current) throw stale()
      // Reserved before a crash and not sent yet.
      if (run.book.reserved.has(key)) return undefined
      short = shortage(run.book, amount)
      if (short === undefined) break
      const ask = askFor(run, amount)
      if (ask === undefined && !mayFit(run, amount)) break
      // In place: the call is not sent, and it is allowed or refused for certain (docs/decisions/0051).
      const moved = this.#host.moved()
      if (ask !== undefined && run.asking === undefined)
        this.#host.note([{ type: 'budget.asked', data: ask, ...envelope }])
      await moved
    }
    await this.#host.record([
      short === undefined
        ? { type: 'budget.reserved', data: { key, amount }, ...envelope }
        : { type: 'budget.exhausted', data: { ...short }, ...envelope },
    ])
    return short
  }
}
