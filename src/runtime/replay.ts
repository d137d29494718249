import { failureOf } from '../domain/advance-steps.ts'
import { ConcordError, isRetryable } from '../domain/errors.ts'
import type { JournalEntry, Work } from '../domain/run.ts'
import type { Clock } from '../ports/clock.ts'
import { type Call, callsIn, isSleep } from './call.ts'

/*
 * What an execution asks, compared with what earlier executions of its step left in the journal. Invariants:
 * 1. An entry answers only the call it was made for: kind, name, content, ordinal among equals              (begin)
 * 2. A call that nothing in the journal was made for is made only when no entry of its family is left over,
 *    or when it cannot be known whether one is; then what is left over at the end fails the step            (#hold, leftOver)
 * 3. Once the code has diverged, no call of this execution is made any more                                 (#diverge)
 */

/** When no call begins or ends for this long, what is left over counts as left over. */
const quietMs = 1_000
const shownMax = 5
const waitPrefix = /^wait:/

type Held = {
  call: Call
  resolve: (entry: JournalEntry | undefined) => void
  reject: (error: unknown) => void
}

/** One execution's way through the journal of the executions before it. */
export class Replay {
  /** Calls of this execution, or of an earlier one, overlapped: their order says nothing. */
  parallel = false
  /** The agent looked at its attempt: it may do something else in each. */
  attemptRead = false
  /** Set once the code was found to have changed: whatever the agent makes of it, the step fails with it. */
  diverged: ConcordError | undefined
  readonly #work: Work
  readonly #clock: Clock
  /** Keys of the journal that this execution has not asked for. */
  readonly #unasked: Set<string>
  /** Calls that earlier executions recorded and this one has not made, by family, in the order of the log. */
  readonly #left = new Map<string, Set<string>>()
  /** Families with calls that were made though others of theirs were left over. */
  readonly #uncertain = new Set<string>()
  /** Ids of calls made by this execution that have not ended. */
  readonly #made = new Set<string>()
  /** A call was made again that had failed: what follows may differ. */
  #departed = false
  #underWay = 0
  #busy = 0
  #held: Held[] = []
  #stopTimer = () => {}

  /** `earlier` is the journal as the executions before this one left it. */
  constructor(work: Work, clock: Clock, earlier: Work['journal']) {
    this.#work = work
    this.#clock = clock
    this.#unasked = new Set(earlier?.keys())
    for (const [key, entry] of earlier ?? []) {
      if ('parallel' in entry.data && entry.data.parallel === true) this.parallel = true
      const own = key.replace(waitPrefix, '')
      // Whether a decision fits is compared by who asks for it: such a wait shows which agents were called.
      for (const { id, family } of callsIn(own))
        if (key === own || id !== own || isSleep(id)) this.#leave(family, id)
    }
  }

  /**
   * The entry that answers a call, or undefined: then it is to be made. Waits while neither is certain;
   * `end` must follow. A failure of an earlier attempt that may pass is no answer, but for `keepFailure`: a retry
   * tries again.
   * Throws `replay.diverged`.
   */
  begin(
    call: Call,
    { keepFailure = false } = {},
  ): JournalEntry | undefined | Promise<JournalEntry | undefined> {
    if (this.diverged !== undefined) throw this.diverged
    this.#underWay++
    if (this.#underWay > 1) this.parallel = true
    const left = this.#left.get(call.family)?.delete(call.id) === true
    const entry = this.entry(call.id)
    if (left || entry !== undefined) {
      this.#progress()
      return this.#answer(entry, keepFailure)
    }
    // Sent before and cut off, or failed: its content is known, its answer may be another.
    if (this.#work.sent?.has(call.id)) this.#departed = true
    if (!this.#isLeft(call.family)) return undefined
    return new Promise((resolve, reject) => {
      this.#held.push({ call, resolve, reject })
      this.#progress()
    })
  }

  /** A call is made now: until it ends, nothing is certain about the others. */
  making(call: Call): void {
    this.#made.add(call.id)
    if (call.leaf) this.#busy++
  }

  end(call: Call): void {
    this.#underWay--
    if (this.#made.delete(call.id) && call.leaf) this.#busy--
    if (this.#held.length > 0) this.#progress()
  }

  /** What stands in the journal under a key; from then on it counts as asked for. */
  entry(key: string): JournalEntry | undefined {
    this.#unasked.delete(key)
    return this.#work.journal?.get(key)
  }

  /** Whether the journal has an answer to a call. */
  knows(id: string): boolean {
    return this.#work.journal?.has(id) === true
  }

  /** Whether calls of a family are recorded that this execution has not come to. */
  comesTo(family: string): boolean {
    return this.#left.has(family) && this.#idsLeft(family).length > 0
  }

  /** What ended a wait. Those before it are over, and so are all when a person is asked something new. */
  ended(key: string): JournalEntry | undefined {
    const entry = this.entry(key)
    for (const unasked of this.#unasked) {
      if (entry !== undefined && this.#work.journal?.get(unasked) === entry) break
      if (waitPrefix.test(unasked)) this.#unasked.delete(unasked)
    }
    return entry
  }

  /**
   * The next call of a family that is left over, in the order of the log, for calls without content. Where
   * calls overlapped that order says nothing: then none, unless it makes no difference which.
   */
  next(family: string, { whichever = false } = {}): string | undefined {
    if (this.parallel && !whichever) return undefined
    const [id] = this.#left.get(family) ?? []
    return id
  }

  /** A call that needs no answer was made before. */
  take(family: string, id: string): void {
    this.#left.get(family)?.delete(id)
    this.#unasked.delete(`wait:${id}`)
    this.#progress()
  }

  /** Why an execution that came to its end, or to a wait, did not do what its journal says. */
  leftOver(): ConcordError | undefined {
    if (this.diverged !== undefined) return this.diverged
    for (const family of this.#uncertain) if (this.#isLeft(family)) this.#diverge(family)
    return this.diverged
  }

  get isAlone(): boolean {
    return this.#underWay === 0
  }

  /** Whether the journal has calls that this execution has not come to yet. */
  get behind(): boolean {
    return !this.#departed && this.#unasked.size > 0
  }

  #leave(family: string, id: string): void {
    const ids = this.#left.get(family)
    if (ids === undefined) this.#left.set(family, new Set([id]))
    else ids.add(id)
  }

  #answer(entry: JournalEntry | undefined, keepFailure: boolean): JournalEntry | undefined {
    const failure = entry === undefined ? undefined : failureOf(entry)
    if (entry === undefined || failure === undefined || keepFailure) return entry
    // What it did is done, or would fail the same way again.
    if (!isRetryable(failure) || (entry.attempt ?? 0) >= this.#work.attempt) return entry
    this.#departed = true
    return undefined
  }

  #idsLeft(family: string): string[] {
    const ids = [...(this.#left.get(family) ?? [])]
    const { journal, attempt } = this.#work
    return this.attemptRead ? ids.filter((id) => (journal?.get(id)?.attempt ?? 0) >= attempt) : ids
  }

  #isLeft(family: string): boolean {
    return !this.#departed && this.#idsLeft(family).length > 0
  }

  /** Lets those continue that need not wait any longer, and gives the others time. */
  #progress(): void {
    if (this.#held.length === 0) return
    this.#stopTimer()
    const isFree = ({ call }: Held) => !this.#isLeft(call.family)
    const free = this.#held.filter(isFree)
    this.#held = this.#held.filter((held) => !isFree(held))
    for (const { resolve } of free) resolve(undefined)
    if (this.#held.length > 0) this.#stopTimer = this.#clock.schedule(quietMs, () => this.#quiet())
  }

  #quiet(): void {
    // What is at work may still bring others to their calls; its end looks again.
    if (this.#busy > 0) return
    const held = this.#held
    const [first] = held
    if (first === undefined) return
    this.#held = []
    if (this.parallel) {
      for (const { call } of held) this.#uncertain.add(call.family)
      for (const { resolve } of held) resolve(undefined)
      return
    }
    const error = this.#diverge(first.call.family, first.call)
    for (const { reject } of held) reject(error)
  }

  #diverge(family: string, asked?: Call): ConcordError {
    const shown = this.#idsLeft(family).slice(0, shownMax).join(', ')
    const now = asked === undefined ? 'others of its kind were made instead' : `now it makes ${asked.id}`
    this.diverged = new ConcordError(
      'replay.diverged',
      `Cannot continue this step as its code must make the calls it made before: the journal has ${shown}, ${now}; restore the code, or fork the run before the step (concord fork --at)`,
      { details: { recorded: this.#idsLeft(family).slice(0, shownMax), ...(asked && { asked: asked.id }) } },
    )
    return this.diverged
  }
}
