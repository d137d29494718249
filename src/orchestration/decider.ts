import { type Shortage, shortageText, usedOf } from '../domain/budget.ts'
import type { ErrorCode } from '../domain/errors.ts'
import type { Draft, EventData, EventType } from '../domain/event.ts'
import { type Json, type JsonObject, putMember } from '../domain/json.ts'
import type { Run } from '../domain/run.ts'
import type { Decision, KnownState } from '../domain/strategy.ts'
import { askFor, mayFit } from '../domain/top-up.ts'
import type { TeamShape } from './team-shape.ts'

/** Collects the events of one decision. */
export class Decider {
  readonly run: Run
  readonly now: number
  readonly known: KnownState
  readonly team: TeamShape
  /** Steps and items that may still be started at once. */
  slots: number
  wakeAt: number | undefined
  readonly #events: Draft[] = []
  readonly #needs: string[] = []
  #started = 0
  #broke = false

  constructor(run: Run, now: number, known: KnownState, team: TeamShape) {
    this.run = run
    this.now = now
    this.known = known
    this.team = team
    this.slots = team.bounds.concurrency - run.underWay.size
  }

  /** Something was decided, or waits for state to be read. */
  get busy(): boolean {
    return this.#events.length > 0 || this.#needs.length > 0
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
    // With more of them it goes on: its parent says whether there are.
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

  wakeBy(at: number): void {
    if (this.wakeAt === undefined || at < this.wakeAt) this.wakeAt = at
  }

  /** Values of state keys, or undefined after asking for those not read yet. */
  stateFor(keys: string[]): { [key: string]: Json } | undefined {
    const values: JsonObject & { [key: string]: Json } = {}
    const missing = keys.filter((key) => !this.known.has(key))
    if (missing.length > 0) {
      this.#needs.push(...missing)
      return undefined
    }
    for (const key of keys) {
      const value = this.known.get(key)
      if (value !== undefined) putMember(values, key, value)
    }
    return values
  }

  decision(): Decision {
    const decision: Decision = { events: this.#events }
    if (this.#needs.length > 0) decision.needs = this.#needs
    if (this.wakeAt !== undefined) decision.wakeAt = this.wakeAt
    return decision
  }
}
