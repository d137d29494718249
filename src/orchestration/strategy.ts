import type { ErrorCode } from '../domain/errors.ts'
import type { EventData, EventType } from '../domain/event.ts'
import type { Json } from '../domain/json.ts'
import type { Run } from '../domain/run.ts'
import type { StateKey } from '../domain/strategy.ts'
import type { TeamShape } from './team-shape.ts'

/** Work for an agent outside any plan. */
export type Task = {
  /** Letters, digits and `. _ : -`. Given again once the task has ended, the task is executed again. */
  id: string
  agent: string
  /**
   * What the agent is called with; default the goal: `{ goal, ...params }`. Its references are
   * replaced, as a plan's are.
   */
  payload?: Json
  /** Default the agent's. */
  timeoutMs?: number
  /** Executions at the most, the first included; default the agent's, or 3. */
  attemptsMax?: number
}

/**
 * One decision of a strategy. What it records is committed together, then executed; the strategy is
 * asked again after each event. It sees the run only, and shared state through `stateFor`: anything
 * else could differ after a crash.
 */
export interface StrategyContext {
  /** The run so far. Nothing in it may be changed. */
  readonly run: Run
  /** The run's time, ms since the epoch. */
  readonly now: number
  readonly team: TeamShape
  /** Steps and tasks that may still be started at once. */
  readonly slots: number
  /** Something was recorded in this decision, or waits for state to be read. */
  readonly busy: boolean

  /**
   * Values of keys, those that are absent left out. Undefined while they are being read: return
   * then, and the strategy is asked again. Throws `policy.denied` for a namespace that the team's
   * agents may not read.
   */
  stateFor(keys: readonly (string | StateKey)[]): { [key: string]: Json } | undefined
  /**
   * Asks again when a key that matches changes (`*` stands for any text), whoever writes it. A run
   * that watches keeps its owner.
   */
  watch(pattern: string | StateKey): void
  /** Asks again at an instant. */
  wakeBy(at: number): void

  /** Executes a task. False when there is no free place, no budget, or it is under way. */
  execute(task: Task): boolean
  /** Starts a step of the plan in force, or one of the run's own agents. */
  start(id: string, agent: string, data: EventData['step.started']): void
  /**
   * Whether the budget allows one more execution; if not, the run ends, or asks its parent for
   * more.
   */
  affordsStep(): boolean
  /** Records an event of the run. */
  record<T extends EventType>(type: T, data: EventData[T]): void
  /** Records an event of a step. */
  step<T extends EventType>(type: T, step: string, data: EventData[T], agent?: string): void

  /** Ends the run with its output. */
  succeed(output: Json, reasons?: string[]): void
  /** Ends the run with a failure. `reasons` default to the message. */
  fail(code: ErrorCode, message: string, reasons?: string[]): void
}

/**
 * How work finds agents. A run that is queued, cancelled, paused, out of time or at rest is not its
 * business: it is asked what is next while the run is alive. Pure, and without a memory of its own:
 * after a crash another process asks it with the same run.
 */
export type Strategy = {
  /** Recorded with each run: a run continues only where its team has a strategy of this name. */
  readonly name: string
  decide(context: StrategyContext): void
}
