import { type Shortage, shortageText, usedOf } from '../domain/budget.ts'
import { ConcordError, type ErrorCode } from '../domain/errors.ts'
import type { Draft, EventData, EventType } from '../domain/event.ts'
import { copyJson, type Json, type JsonObject, putMember } from '../domain/json.ts'
import { runNamespace } from '../domain/names.ts'
import { readPlan } from '../domain/plan.ts'
import type { Run } from '../domain/run.ts'
import { type Decision, type KnownState, type StateKey, stateKeyText } from '../domain/strategy.ts'
import { askFor, mayFit } from '../domain/top-up.ts'
import type { StrategyContext, Task } from './strategy.ts'
import type { TeamShape } from './team-shape.ts'

/** Throws `policy.denied` for a namespace that a run's team may not read. */
export type Reads = (run: Run, namespace: string) => void

/** Collects the events of one decision. */
export class Decider implements StrategyContext {
  readonly run: Run
  readonly now: number
  readonly known: KnownState
  readonly team: TeamShape
  /** Steps and items that may still be started at once. */
  slots: number
  wakeAt: number | undefined
  readonly #events: Draft[] = []
  readonly #reads: Reads
  #needs: StateKey[] | undefined
  /** State whose changes ask for another decision. */
  watches: StateKey[] | undefined
  #started = 0
  #broke = false
  #executed: Set<string> | undefined

  constructor(run: Run, now: number, known: KnownState, team: TeamShape, reads: Reads) {
    this.#reads = reads
    this.run = run
    this.now = now
    this.known = known
    this.team = team
    this.slots = team.bounds.concurrency - run.underWay.size
  }

  /** Something was decided, or waits for state to be read. */
  get busy(): boolean {
    return this.#events.length > 0 || this.#needs !== undefined
  }

  #draft<T extends EventType>(type: T, data: EventData[T], more: Partial<Draft> = {}): Draft {
    return { type, data, at: this.now, ...more } as Draft
  }

  record<T extends EventType>(type: T, data: EventData[T]): void {
    this.#events.push(this.#draft(type, data))
  }

  first<T extends EventType>(type: T, data: EventData[T]): void {
    this.#events.unshift(this.#draft(type, data))
  }

  step<T extends EventType>(type: T, step: string, data: EventData[T], agent?: string): void {
    this.#events.push(this.#draft(type, data, agent === undefined ? { step } : { step, agent }))
  }

  start(id: string, agent: string, data: EventData['step.started']): void {
    this.slots--
    this.#started++
    this.step('step.started', id, data, agent)
  }

  fail(code: ErrorCode, message: string, reasons: string[] = [message]): Decision {
    this.record('run.failed', { failure: { code, message }, reasons })
    return this.decision()
  }

  outOf(limit: Shortage['limit'], allowed: number, used: number, asked: number): Decision {
    this.record('budget.exhausted', { limit, allowed, used, asked })
    return this.fail('budget.exhausted', shortageText({ limit, allowed, used, asked }))
  }

  /** Whether the budget allows one more execution; if not, the run ends here. */
  affordsStep(): boolean {
    const allowed = this.run.book.limits.steps
    const used = allowed === undefined ? 0 : usedOf(this.run.book, 'steps') + this.#started
    if (allowed === undefined || used < allowed) return true
    const more = { tokens: 0, money: 0, steps: this.#started + 1 }
    const ask = askFor(this.run, more)
    // It can continue with more of them: its parent says whether there are any.
    if (ask !== undefined) {
      if (this.run.asking === undefined && !this.#broke) this.record('budget.asked', ask)
      this.#broke = true
      return false
    }
    if (mayFit(this.run, more)) return false
    if (!this.#broke) this.outOf('steps', allowed, used, 1)
    this.#broke = true
    return false
  }

  /** Neither a time, nor a change of state, nor an answer about the budget will ask again. */
  get waitsForNothing(): boolean {
    return this.wakeAt === undefined && this.watches === undefined && this.run.asking === undefined
  }

  wakeBy(at: number): void {
    if (this.wakeAt === undefined || at < this.wakeAt) this.wakeAt = at
  }

  execute(task: Task): boolean {
    const { id, agent } = task
    const before = this.run.works.get(id)
    const isOver = before === undefined || before.status === 'succeeded' || before.status === 'failed'
    if (!isOver || this.#executed?.has(id) === true || this.slots <= 0 || !this.affordsStep()) return false
    const read = readPlan([copyJson(task)])
    const refused =
      'problems' in read
        ? read.problems.join('; ').replace('step 0', 'the task')
        : this.run.plan?.steps.has(id) === true
          ? `the plan has a step "${id}"`
          : undefined
    if (refused !== undefined || 'problems' in read)
      throw new ConcordError(
        'input.invalid',
        `Cannot execute task ${JSON.stringify(id)} as ${refused}; correct the strategy`,
      )
    const plan = this.run.plan?.version ?? 0
    const redo = before === undefined || before.plan !== plan ? 0 : before.redo + 1
    this.#executed ??= new Set()
    this.#executed.add(id)
    this.start(id, agent, { plan, redo, attempt: 1, task: read.steps[0] })
    return true
  }

  stateFor(keys: readonly (string | StateKey)[]): { [key: string]: Json } | undefined {
    const values: JsonObject & { [key: string]: Json } = {}
    const wanted = keys.map((key) => this.#mine(key))
    const missing = wanted.filter((key) => !this.known.has(stateKeyText(key)))
    if (missing.length > 0) {
      this.#needs = [...(this.#needs ?? []), ...missing]
      return undefined
    }
    for (const one of wanted) {
      const value = this.known.get(stateKeyText(one))
      if (value !== undefined) putMember(values, one.key, value)
    }
    return values
  }

  watch(pattern: string | StateKey): void {
    this.watches ??= []
    this.watches.push(this.#mine(pattern))
  }

  #mine(given: string | StateKey): StateKey {
    const { key, namespace } = typeof given === 'string' ? { key: given } : given
    if (namespace === undefined || namespace === runNamespace(this.run.id)) return { key }
    this.#reads(this.run, namespace)
    return { key, namespace }
  }

  succeed(output: Json, reasons?: string[]): void {
    this.record('run.succeeded', { output: copyJson(output), ...(reasons === undefined ? {} : { reasons }) })
  }

  decision(): Decision {
    const decision: Decision = { events: this.#events }
    if (this.#needs !== undefined) decision.needs = this.#needs
    if (this.watches !== undefined) decision.watches = this.watches
    if (this.wakeAt !== undefined) decision.wakeAt = this.wakeAt
    return decision
  }
}
