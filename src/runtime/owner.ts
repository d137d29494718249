import { advance, blockedBy } from '../domain/advance.ts'
import { childOf, isMetered } from '../domain/budget.ts'
import { ConcordError, type Failure, isConcordError, toFailure } from '../domain/errors.ts'
import type { Draft, Signal } from '../domain/event.ts'
import type { Goal } from '../domain/goal.ts'
import { asJson } from '../domain/json.ts'
import { runStream } from '../domain/names.ts'
import { isFinal, type Run, summaryOf, type Work } from '../domain/run.ts'
import type { RunStrategy } from '../domain/strategy.ts'
import type { Clock } from '../ports/clock.ts'
import type { EventLog } from '../ports/event-log.ts'
import type { Logger } from '../ports/logger.ts'
import type { Membership } from '../ports/membership.ts'
import type { StateStore, StateWrite } from '../ports/state-store.ts'
import { closingEvent } from './closing-event.ts'
import { Deciding } from './deciding.ts'
import { Executions } from './executions.ts'
import { loadRun } from './fold.ts'
import { unreadSignals } from './inbox.ts'
import { repeatedMsMax } from './known-outcome.ts'
import type { Lane } from './lane.ts'
import { logEnds } from './log-ends.ts'
import {
  appendAgain,
  appendPatiently,
  type OwnersAppend,
  type Patience,
  patiently,
} from './patient-append.ts'
import type { Outcome, Perform } from './perform.ts'
import { Standing } from './standing.ts'
import { type JournalHost, stale } from './work-journal.ts'

/*
 * The one that advances a run. Invariants, each with its guard:
 * 1. What is folded is what the log will hold: a policy is asked first. The fold is ahead of the log by exactly `#pending` and what is in flight: drafts are folded as they are recorded      (#take)
 * 2. One append in flight; the next carries all that came meanwhile, at the version the last one ended at                (#pump)
 * 3. A step is executed only after the event that starts it is committed, and once for that event            (Executions)
 * 4. An outcome counts only while the execution it comes from is the current one for its step                      (Executions)
 * 5. What the log will never take, and a strategy that throws, end the run: the next owner would meet them again        (#giveUp)
 * 6. Once an append is refused nothing is recorded any more: another owner may be at work                               (#stop)
 * 7. No effect happens before what it may be made from is durable, nor while the ownership is in doubt                 (Standing)
 * 8. A store that cannot answer for a time ends nothing: the append is repeated if the log does not hold it   (appendPatiently)
 */

export type OwnerPorts = {
  log: EventLog
  state: StateStore
  membership: Pick<Membership, 'self' | 'lapses' | 'beat'>
  clock: Clock
  logger: Logger
  /** Where this process executes what is suspected of killing its owners. */
  suspects: Lane
  /** Says to the parent or to a child what concerns the budget. */
  tell(run: string, signal: Signal): void
  /** What time it is for the run. */
  at: number
}

/** How long the first append of an owner is repeated, where the store did not say whether it was made. */
const beginningMsMax = repeatedMsMax
/** How long an owner that has to let go waits for its store. */
const leavingMsMax = 5_000

/** Time without a pause after which others on this thread get a turn: plain code and a store in memory never wait by themselves. */
const sliceMs = 20

/** The log refuses what it is given, not who gives it: it would refuse it again. */
const isRefusal = (error: unknown): boolean =>
  isConcordError(error) && ['input.invalid', 'bound.reached', 'policy.denied'].includes(error.code)

/** What is noted by code that follows at once goes into the same commit: that a call began, and how it ended. */
const momentarily = async (isHurried: () => boolean): Promise<void> => {
  for (let turns = 0; turns < 32 && !isHurried(); turns++) await undefined
}

/** How an ownership ended: the run is final, waits, or was suspended; or it was lost to another owner or a broken store. */
export type OwnerEnd = { reason: 'final' | 'waiting' | 'suspended' } | { reason: 'lost'; error: unknown }

export class Owner {
  readonly run: Run
  /** Resolves when the run no longer has this owner. Never rejects. */
  readonly ended: Promise<OwnerEnd>
  readonly #ports: OwnerPorts
  readonly #deciding: Deciding
  readonly #executions: Executions
  readonly #stream: string
  readonly #dropped: () => void
  #end: (end: OwnerEnd) => void = () => {}
  #pending: Draft[] = []
  #writes: StateWrite[] = []
  #acks: { resolve: () => void; reject: (error: unknown) => void }[] = []
  #committed: number
  readonly #standing: Standing
  readonly #patience: Patience
  /** Its first append is committed. */
  #confirmed = false
  #leaving = false
  /** Why the policy denied what was to be recorded: nothing is recorded after it but the run's end. */
  #denied: unknown
  readonly #takenAt: number
  #dirty = true
  #pumping = false
  /** Of those who wait for the run's next event. */
  #move: PromiseWithResolvers<void> | undefined
  /** Something waits for what is pending, or follows from it. */
  #hurried = false
  readonly #isHurried = () => this.#hurried
  #stopped = false

  /** `dropped` is called when executions are no longer wanted, after that is committed. */
  constructor(
    run: Run,
    goal: Goal,
    strategy: RunStrategy,
    perform: Perform,
    ports: OwnerPorts,
    dropped: () => void = () => {},
  ) {
    this.#dropped = dropped
    this.#takenAt = ports.clock.monotonic()
    this.run = run
    this.#committed = run.version
    this.#ports = ports
    this.#stream = runStream(run.id)
    this.#patience = {
      clock: ports.clock,
      logger: ports.logger,
      run: run.id,
      msMax: () => this.#patienceMs(),
    }
    this.#standing = new Standing(run, ports, this.#patience, (error) =>
      this.#stop({ reason: 'lost', error }),
    )
    const journals: JournalHost = {
      metered: goal.budget !== undefined && isMetered(goal.budget),
      run,
      clock: ports.clock,
      isCurrent: (work, live) => this.#executions.isCurrent(work, live),
      record: (drafts) => this.#record(drafts, false),
      note: (drafts) => this.#note(drafts, false),
      ready: (version) => {
        const ready = this.#standing.ready(version)
        // Nothing more comes from whoever waits now.
        if (ready !== undefined) this.#hurried = true
        return ready
      },
      moved: () => this.#nextMove(),
      now: () => this.now,
    }
    this.#deciding = new Deciding(run, strategy, ports, this.#patience, {
      now: () => this.now,
      take: (events) => this.#taken(events),
      askAgain: () => {
        this.#dirty = true
        this.#wake()
      },
    })
    this.#executions = new Executions(run, perform, ports, journals, {
      stopped: () => this.#stopped,
      record: (draft) => this.#record([draft], false),
      closed: (work, outcome, ms) => this.#closed(work, outcome, ms),
    })
    this.ended = new Promise((resolve) => {
      this.#end = resolve
    })
  }

  #patienceMs(): number {
    if (this.#stopped) return 0
    // Nothing is at stake before the first append is known: its caller may ask again.
    if (!this.#confirmed) return beginningMsMax
    return this.#leaving ? leavingMsMax : Infinity
  }

  /** The run's time: elapsed since it was taken, whatever the wall clock is set to. */
  get now(): number {
    return this.#ports.at + Math.round(this.#ports.clock.monotonic() - this.#takenAt)
  }

  /** Records the first events of this ownership and begins; resolves when they are committed, rejects when they were refused. */
  begin(drafts: Draft[], writes: StateWrite[] = []): Promise<void> {
    this.#writes.push(...writes)
    return this.#record(drafts, true)
  }

  /** Executes again what was under way when the last owner was lost; see `Executions`. */
  relaunch(delegating: ReadonlySet<string> = new Set()): void {
    this.#executions.relaunch(delegating)
  }

  /** Brings what is in the inbox into the run. */
  async drain(): Promise<void> {
    if (this.#stopped) return
    const unread = await patiently(this.#patience, () => unreadSignals(this.#ports.log, this.run, this.now))
    if (this.#stopped) return
    // Looked at here, in the turn that records them: another drain may have been faster.
    const drafts = unread.filter(({ data }) => data.inbox > this.run.inbox)
    if (drafts.length > 0) this.#record(drafts, true).catch(() => {})
  }

  /** Stops what is under way and lets go of the run; it continues when it is resumed. */
  async suspend(reason: string, by: string): Promise<void> {
    if (this.#stopped || isFinal(this.run)) return
    this.#leaving = true
    this.#executions.cancel(new ConcordError('cancelled', reason))
    // Somebody wants it to rest: it stays so when those come back who stop now.
    const data = this.run.pausing && by !== blockedBy ? { reason: 'paused', by: 'signal' } : { reason, by }
    await this.#record([{ type: 'run.suspended', at: this.now, data }], true).catch(() => {})
  }

  /** Whether more may follow. */
  #taken(drafts: Draft[]): boolean {
    this.#take(drafts)
    return this.#denied === undefined
  }

  #take(drafts: Draft[]): void {
    for (const draft of drafts) {
      // A run's end is its last event: what comes while that is committed is too late.
      if (isFinal(this.run) || this.#denied !== undefined) return
      try {
        const admitted = this.#ports.log.admit?.(draft) ?? draft
        advance(this.run, admitted)
        this.#pending.push(admitted)
        this.#moved()
      } catch (error) {
        if (!isRefusal(error)) throw error
        this.#denied = error
      }
    }
  }

  /** Whoever waits for the budget looks again. */
  #moved(): void {
    if (this.run.book.asks.size > 0) this.#dirty = true
    this.#move?.resolve()
    this.#move = undefined
  }

  #nextMove(): Promise<void> {
    if (this.#move === undefined) {
      this.#move = Promise.withResolvers<void>()
      // Whoever asked may have given up by the time the run is let go.
      this.#move.promise.catch(() => {})
    }
    return this.#move.promise
  }

  /** What concerns the budget is said once it is durable: a child never knows of more than is set aside for it. */
  #tell(event: Draft): void {
    const { id, parent, book } = this.run
    const { tell } = this.#ports
    if (event.type === 'budget.asked') {
      if (parent !== undefined)
        tell(parent.run, { kind: 'budget', run: id, step: parent.step, value: asJson(event.data) })
      return
    }
    const isRaise = event.type === 'budget.reserved' && event.data.raised
    const child = isRaise
      ? childOf(event.data.key)
      : event.type === 'budget.exhausted'
        ? event.data.child
        : undefined
    const value = child === undefined ? undefined : book.answers.get(child)
    if (child !== undefined && value !== undefined) tell(child, { kind: 'budget', run: id, value })
  }

  #record(drafts: Draft[], dirty: boolean): Promise<void> {
    if (this.#stopped) return Promise.reject(stale())
    this.#take(drafts)
    this.#dirty ||= dirty
    this.#hurried = true
    return new Promise((resolve, reject) => {
      this.#acks.push({ resolve, reject })
      this.#wake()
    })
  }

  #note(drafts: Draft[], dirty: boolean): void {
    if (this.#stopped) return
    this.#take(drafts)
    this.#dirty ||= dirty
    this.#hurried ||= dirty
    this.#wake()
  }

  #wake(): void {
    if (this.#pumping) return
    this.#pumping = true
    queueMicrotask(() => void this.#pump())
  }

  async #pump(): Promise<void> {
    const { clock } = this.#ports
    let begun = clock.monotonic()
    try {
      while (!this.#stopped && (this.#dirty || this.#pending.length > 0 || this.#denied !== undefined)) {
        if (this.#denied !== undefined) return await this.#refused(this.#denied)
        if (clock.monotonic() - begun > sliceMs) {
          await new Promise<void>((resolve) => clock.schedule(0, resolve))
          begun = clock.monotonic()
          continue
        }
        if (this.#dirty) {
          this.#dirty = false
          const needs = this.#deciding.decide()
          if (needs !== undefined) {
            this.#dirty = true
            // What a result brought with it is state for those that come after.
            if (this.#writes.length > 0) await this.#commit()
            await this.#deciding.read(needs)
            continue
          }
        }
        if (this.#pending.length > 0) {
          if (!this.#hurried) await momentarily(this.#isHurried)
          await this.#commit()
        }
      }
      this.#rest()
    } catch (error) {
      this.#stop({ reason: 'lost', error })
    } finally {
      this.#pumping = false
    }
  }

  async #commit(): Promise<void> {
    const events = this.#pending
    const acks = this.#acks
    const writes = this.#writes
    this.#pending = []
    this.#acks = []
    this.#writes = []
    this.#hurried = false
    const { run } = this
    const summary = events.some((event) => event.type.startsWith('run.'))
      ? summaryOf(run, this.#deciding.wakeAt)
      : undefined
    const { log, membership } = this.#ports
    const request: OwnersAppend = {
      stream: this.#stream,
      expectedVersion: this.#committed,
      epoch: run.epoch,
      events,
      // Outputs were copied from what agents returned, and agents are given copies.
      handedOver: true,
    }
    if (writes.length > 0) request.writes = writes
    if (summary !== undefined) request.summary = summary
    try {
      this.#committed = (await log.append(request)).version
    } catch (first) {
      try {
        this.#committed = await appendAgain(this.#patience, log, membership.self, request, first)
      } catch (error) {
        for (const ack of acks) ack.reject(error)
        if (isRefusal(error) && this.#committed > 0) return this.#giveUp(error)
        throw error
      }
    }
    this.#confirmed = true
    for (const ack of acks) ack.resolve()
    this.#standing.committed(this.#committed)
    if (summary !== undefined) logEnds(this.#ports.logger, run, events)
    this.#afterCommit(events)
  }

  /** What the policy in front of the log denies ends the run, as what the log itself refuses does. */
  async #refused(error: unknown): Promise<void> {
    for (const ack of this.#acks.splice(0)) ack.reject(error)
    if (this.#committed === 0) throw error
    await this.#giveUp(error)
  }

  #admittedFailure(failure: Failure): Draft {
    const draftOf = (failure: Failure): Draft => ({
      type: 'run.failed',
      at: this.now,
      data: { failure, reasons: [failure.message] },
    })
    try {
      return this.#ports.log.admit?.(draftOf(failure)) ?? draftOf(failure)
    } catch {
      // The reason is denied, too: that it was is said without it.
      const { code } = failure
      return draftOf({
        code,
        message: 'Cannot record why this run failed as the policy denies it; see the policy',
      })
    }
  }

  /** Ends the run at what is committed: the fold is ahead of it by what was refused. */
  async #giveUp(error: unknown): Promise<void> {
    const { log, logger, membership } = this.#ports
    const { id, epoch } = this.run
    const failure = toFailure(error)
    logger.error({ error, run: id }, 'what a run wanted to record was refused')
    const failed = this.#admittedFailure(failure)
    const committed = await patiently(this.#patience, () => loadRun(log, id))
    const expectedVersion = this.#committed
    Object.assign(this.run, advance(committed, failed))
    this.#pending = []
    this.#writes = []
    await appendPatiently(this.#patience, log, membership.self, {
      stream: this.#stream,
      expectedVersion,
      epoch,
      events: [failed],
      summary: summaryOf(this.run),
    })
    this.#stop({ reason: 'final' })
  }

  #afterCommit(events: Draft[]): void {
    let dropped = false
    for (const event of events) {
      this.#tell(event)
      if (event.type === 'step.started' && !isFinal(this.run)) this.#executions.launch(event.step ?? '')
      else if (event.type === 'step.redone' || event.type === 'plan.rejected') dropped = true
      else if (event.type === 'step.failed' && event.data.retryAt === undefined) dropped = true
    }
    if (dropped) {
      this.#executions.cancelStale()
      this.#dropped()
    }
    // At once, before those who wait for this commit go on.
    if (!this.#dirty && this.#pending.length === 0) this.#rest()
  }

  /** With all decided and committed, a run that is over or waits is let go. */
  #rest(): void {
    const { status } = this.run
    if (isFinal(this.run)) this.#stop({ reason: 'final' })
    else if (status === 'waiting' || status === 'suspended') this.#stop({ reason: status })
  }

  #closed(work: Work, outcome: Outcome, ms: number): void {
    if (outcome.status === 'blocked') {
      // Still under way in the log: a process that has what is missing executes it.
      void this.suspend(outcome.reason, blockedBy)
      return
    }
    const isItem = this.run.item !== undefined
    if (!isItem && outcome.status === 'succeeded' && outcome.writes !== undefined)
      this.#writes.push(...outcome.writes)
    this.#note([closingEvent(this.run, work, outcome, ms, this.now)], true)
  }

  #stop(end: OwnerEnd): void {
    if (this.#stopped) return
    this.#stopped = true
    this.#deciding.stop()
    this.#executions.cancel()
    for (const ack of this.#acks) ack.reject(end.reason === 'lost' ? end.error : stale())
    this.#acks = []
    this.#move?.reject(stale())
    this.#standing.end(() => (end.reason === 'lost' ? end.error : stale()))
    this.#end(end)
  }
}
