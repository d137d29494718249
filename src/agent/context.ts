import type { AgentCard } from '../domain/agent.ts'
import { remaining } from '../domain/budget.ts'
import { ConcordError, type Failure, toFailure } from '../domain/errors.ts'
import type { Draft, EventData, EventType, Read, Signal, Wait } from '../domain/event.ts'
import type { Goal } from '../domain/goal.ts'
import { copyJson, type Json } from '../domain/json.ts'
import type { Turn } from '../domain/recall.ts'
import { atPointer } from '../domain/reference.ts'
import type { Knowledge } from '../memory/knowledge/knowledge.ts'
import { Scratchpad } from '../memory/scratchpad.ts'
import { type State, scopedState } from '../memory/state.ts'
import { type SubjectMemory, subjectMemory } from '../memory/subject.ts'
import { sleep } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { ModelAnswer, ModelRequest } from '../ports/model.ts'
import type { Cancellation } from '../runtime/cancellation.ts'
import type { Execution } from '../runtime/perform.ts'
import { type AnyAgent, defaultLoopBounds } from './define.ts'
import type { Observation } from './loop.ts'
import { callModel, type ModelUse } from './model-call.ts'
import type { AgentServices, DelegateOptions, TeamServices } from './services.ts'
import { Suspension } from './suspension.ts'
import { callTool, findTool } from './tool-call.ts'

/**
 * What an agent is given beside its input. Everything that reaches out (models, tools, other agents, waiting, `step`) is written to
 * the run's log and returned from there, not repeated, when the step is executed again. Calls are told apart by their order,
 * so an agent must make them in the same order for the same input.
 */
export class AgentContext {
  readonly agent: string
  /** Set when the step has to wait, even if the agent swallowed the Suspension. */
  suspension: Suspension | undefined
  readonly #execution: Execution
  readonly #services: AgentServices
  readonly #team: TeamServices
  readonly #definition: AnyAgent
  readonly #prefix: string
  readonly #cancellation: Cancellation
  #counts: Map<string, number> | undefined
  #scratchpad: Scratchpad | undefined
  #reads: Read[] | undefined
  readonly #invoke: Invoke
  #state: State | undefined

  constructor(parts: ContextParts) {
    this.agent = parts.definition.name
    this.#cancellation = parts.cancellation
    this.#execution = parts.execution
    this.#services = parts.services
    this.#team = parts.team
    this.#definition = parts.definition
    this.#prefix = parts.prefix ?? ''
    this.#invoke = parts.invoke
  }

  /** Aborted when the result is no longer wanted, or the step's time is up. */
  get signal(): AbortSignal {
    return this.#cancellation.signal
  }

  /** Working memory of this execution: what is pinned here, a model agent is given at every turn. */
  get scratchpad(): Scratchpad {
    this.#scratchpad ??= new Scratchpad({
      tokensMax: this.#definition.bounds?.contextTokensMax ?? defaultLoopBounds.contextTokensMax,
    })
    return this.#scratchpad
  }

  /** @internal What was read, for the step's closing event. */
  get reads(): Read[] {
    this.#reads ??= []
    return this.#reads
  }

  /** @internal */
  get hasRead(): boolean {
    return this.#reads !== undefined && this.#reads.length > 0
  }

  get runId(): string {
    return this.#execution.run.id
  }

  get stepId(): string {
    return this.#execution.work.id
  }

  get goal(): Goal {
    return this.#execution.run.goal
  }

  /** The same when the step is executed again after a crash or a failure; new when it is redone. */
  get idempotencyKey(): string {
    return this.#execution.idempotencyKey
  }

  get attempt(): number {
    return this.#execution.work.attempt
  }

  /** The agents of the team. */
  get agents(): readonly AgentCard[] {
    return this.#team.cards
  }

  get logger(): Logger {
    return this.#services.logger
  }

  /** Milliseconds since the epoch. */
  now(): number {
    return this.#services.clock.now()
  }

  /** Shared state of this run; `state.in('global')` and others for more. */
  get state(): State {
    this.#state ??= scopedState({
      store: this.#services.state,
      namespace: `run/${this.runId}`,
      provenance: { run: this.runId, step: this.stepId, agent: this.agent, epoch: this.#execution.run.epoch },
      operationPrefix: this.idempotencyKey + this.#prefix,
      result: (step) => this.#execution.run.plan?.steps.get(step)?.output,
      reads: this.reads,
    })
    return this.#state
  }

  /** Long-term memory that everybody shares; `knowledge.in('subject/{id}')` and others for more. What is found is noted as read. */
  get knowledge(): Knowledge {
    return this.#services.knowledge('global', () => this.reads)
  }

  /** Earlier goals of this run's thread with their answers, newest first, as it was when the run began; empty without a thread. Data, never instructions. */
  thread(): readonly Turn[] {
    return this.#execution.run.recalled?.thread ?? []
  }

  /** What is known about a subject; default the goal's. Throws `input.invalid` when there is none. */
  subject(subject: string | undefined = this.goal.subject): SubjectMemory {
    if (subject === undefined)
      throw new ConcordError(
        'input.invalid',
        'Cannot use the memory of a subject as the goal names none; give the goal a subject (--subject), or name one',
      )
    return subjectMemory({
      subject,
      state: this.state,
      source: { run: this.runId, step: this.stepId, agent: this.agent },
      now: () => this.now(),
    })
  }

  /** The result of a step of the plan in force, or a part of it; undefined when it is not settled. */
  result(step: string, pointer?: string): Json | undefined {
    return atPointer(this.#execution.run.plan?.steps.get(step)?.output, pointer)
  }

  /** Does something once: its result is in the log and returned from there when the step is executed again. `key` identifies the effect for the other side. */
  async step<T extends Json | undefined>(name: string, fn: (key: string) => Promise<T> | T): Promise<T> {
    const call = this.call_(`step:${name}`)
    const before = this.#execution.journal.entry(call)
    if (before?.type === 'step.recorded' && before.data.failure === undefined) return before.data.value as T
    const value = await fn(`${this.idempotencyKey}/${call}`)
    const kept = value === undefined ? undefined : copyJson(value)
    await this.#execution.journal.record([
      this.draft('step.recorded', { call, name, ...(kept === undefined ? {} : { value: kept }) }),
    ])
    return value
  }

  /** Calls a tool of this agent by name. A failing tool is an observation with `failed`, not an exception. */
  async tool(name: string, input: Json = {}): Promise<Observation> {
    const call = this.call_(`tool:${name}`)
    const tool = await findTool(this.#definition, this.#services, name)
    return callTool(this, tool, { id: call, tool: name, input })
  }

  /** Asks a model once (with retries on its provider's failures); journaled, reserved against the budget. */
  model(request: ModelRequest | string, use: ModelUse = {}): Promise<ModelAnswer> {
    const full =
      typeof request === 'string' ? { messages: [{ role: 'user' as const, content: request }] } : request
    return callModel(this, full, { model: this.#definition.model, ...use, call: this.call_('model') })
  }

  /** Whether a model is there for this agent to use. */
  get hasModel(): boolean {
    return this.#definition.model !== undefined || this.#services.hasModel
  }

  /** Calls another agent of the team directly and returns its output. Throws its failure. */
  call(agent: string, input: Json): Promise<Json> {
    return this.#invoke(agent, input, this.#execution, `${this.call_(`agent:${agent}`)}/`)
  }

  /** Hands a goal to a team as a child run and returns its output. Throws its failure. */
  async delegate(team: string, text: string, options: DelegateOptions = {}): Promise<Json> {
    const call = this.call_(`child:${team}`)
    const { run, journal } = this.#execution
    const done = journal.entry(call)
    if (done?.type === 'step.recorded') {
      if (done.data.failure !== undefined)
        throw new ConcordError(done.data.failure.code, done.data.failure.message)
      return done.data.value ?? null
    }
    const id = `${run.id}.${call}`
      .replaceAll(/[^A-Za-z0-9_.-]/g, '-')
      .concat(
        `-${this.#execution.work.plan}-${this.#execution.work.redo}-${this.stepId.replaceAll('/', '-')}`,
      )
    const budget = await this.#childBudget(id, options)
    const goal: Goal = { text, team, ...options, ...(budget === undefined ? {} : { budget }) }
    const { thread, subject } = this.goal
    if (thread !== undefined) goal.thread = thread
    if (subject !== undefined) goal.subject = subject
    let ended: { value?: Json; failure?: Failure; tokens: number; money: number }
    try {
      const child = await this.#services.child({
        id,
        goal,
        ...(run.recalled === undefined ? {} : { recalled: run.recalled }),
        parent: { run: run.id, step: this.stepId },
        depth: run.depth + 1,
        signal: this.signal,
      })
      if (!child.final) throw this.suspend({ for: 'child', name: `child:${id}`, run: id })
      ended = { value: child.output, tokens: child.tokens, money: child.money }
    } catch (error) {
      if (error instanceof Suspension || this.signal.aborted) throw error
      ended = { failure: toFailure(error, 'agent.failed'), tokens: 0, money: 0 }
    }
    const { tokens, money, ...result } = ended
    const drafts = [this.draft('step.recorded', { call, name: `child:${team}`, ...result })]
    if (journal.metered)
      drafts.push(this.draft('budget.settled', { key: `child:${id}`, amount: { tokens, money } }))
    await journal.record(drafts)
    if (result.failure !== undefined) throw new ConcordError(result.failure.code, result.failure.message)
    return result.value ?? null
  }

  /** A child's share is set aside before it starts: what is left, divided by the steps under way. */
  async #childBudget(id: string, options: DelegateOptions): Promise<Goal['budget']> {
    const { run, journal } = this.#execution
    if (!journal.metered) return options.budget
    const key = `child:${id}`
    const before = run.book.reserved.get(key)
    const share = (limit: 'tokens' | 'money'): number | undefined => {
      const left = remaining(run.book, limit)
      if (left === undefined) return options.budget?.[limit]
      return Math.min(
        options.budget?.[limit] ?? Number.POSITIVE_INFINITY,
        left / Math.max(1, run.underWay.size),
      )
    }
    const tokens = before?.tokens ?? Math.floor(share('tokens') ?? 0)
    const money = before?.money ?? share('money') ?? 0
    if (before === undefined) {
      const short = await journal.reserve(key, { tokens, money })
      if (short !== undefined)
        throw new ConcordError(
          'budget.exhausted',
          `Cannot start a child run as the budget is used up (${short.limit})`,
        )
    }
    const { budget = {} } = this.goal
    return {
      ...options.budget,
      ...(budget.tokens === undefined ? {} : { tokens }),
      ...(budget.money === undefined ? {} : { money }),
    }
  }

  /** Waits for a person to approve. False when rejected. The run holds no worker meanwhile. */
  async approve(prompt: string): Promise<boolean> {
    const signal = this.waitFor_({ for: 'approval', name: this.call_('approve'), prompt })
    return signal.kind !== 'reject'
  }

  /** Asks a person and returns the answer. */
  async ask(prompt: string): Promise<Json> {
    const signal = this.waitFor_({ for: 'answer', name: this.call_('ask'), prompt })
    return signal.value ?? null
  }

  /** Waits for `POST /runs/{id}/signal {name}` and returns its value. */
  async waitFor(name: string): Promise<Json> {
    return this.waitFor_({ for: 'signal', name }).value ?? null
  }

  /** Waits in place for short times, by letting go of the worker for a second or more. */
  async sleep(ms: number): Promise<void> {
    const call = this.call_('sleep')
    if (this.#execution.journal.entry(`wait:${call}`) !== undefined) return
    if (ms < 1000) return sleep(this.#services.clock, ms, this.signal)
    this.waitFor_({ for: 'timer', name: call, until: this.now() + ms })
  }

  /** What a model writes, as it writes it: shown to who watches, never stored. */
  emit(text: string): void {
    this.#services.delta?.({ run: this.runId, step: this.stepId, agent: this.agent }, text)
  }

  /** @internal The signal that came for a wait, or leaves the agent until it does. */
  waitFor_(wait: Wait): Signal {
    const entry = this.#execution.journal.entry(`wait:${wait.name}`)
    if (entry?.type === 'signal.received') return entry.data
    throw this.suspend(wait)
  }

  /** @internal */
  suspend(wait: Wait): Suspension {
    this.suspension ??= new Suspension(wait)
    return this.suspension
  }

  /** @internal A call's id: what it is and its how-manieth. */
  call_(name: string): string {
    this.#counts ??= new Map()
    const n = (this.#counts.get(name) ?? 0) + 1
    this.#counts.set(name, n)
    return `${this.#prefix}${name}#${n}`
  }

  /** @internal */
  draft<T extends EventType>(type: T, data: EventData[T]): Draft {
    return { type, data, at: this.now(), step: this.stepId, agent: this.agent } as Draft
  }

  /** @internal */
  get execution(): Execution {
    return this.#execution
  }

  /** @internal */
  get services(): AgentServices {
    return this.#services
  }

  /** @internal */
  get definition(): AnyAgent {
    return this.#definition
  }

  /** @internal */
  get team(): TeamServices {
    return this.#team
  }
}

export type Invoke = (agent: string, input: Json, execution: Execution, prefix: string) => Promise<Json>

export type ContextParts = {
  execution: Execution
  definition: AnyAgent
  services: AgentServices
  team: TeamServices
  cancellation: Cancellation
  invoke: Invoke
  prefix?: string
}
