import type { AgentCard } from '../domain/agent.ts'
import type { Draft, EventData, EventType, Read, Signal, Wait } from '../domain/event.ts'
import type { Goal } from '../domain/goal.ts'
import { copyJson, type Json } from '../domain/json.ts'
import type { Recalled, Turn } from '../domain/recall.ts'
import { atPointer } from '../domain/reference.ts'
import type { AgentMemory, RunLog } from '../memory/agent-memory.ts'
import type { Knowledge } from '../memory/knowledge/knowledge.ts'
import { Scratchpad } from '../memory/scratchpad.ts'
import type { State } from '../memory/state.ts'
import type { SubjectMemory } from '../memory/subject.ts'
import { type MemoryReach, memoryReach } from '../policy/memory.ts'
import type { Logger } from '../ports/logger.ts'
import type { ModelAnswer, ModelRequest } from '../ports/model.ts'
import type { Cancellation } from '../runtime/cancellation.ts'
import type { Execution } from '../runtime/perform.ts'
import { stale } from '../runtime/work-journal.ts'
import { type AnyAgent, defaultLoopBounds } from './define.ts'
import { delegateTo } from './delegate.ts'
import type { Observation } from './loop.ts'
import { callModel, type ModelUse } from './model-call.ts'
import { ownMemory } from './own-memory.ts'
import { type PersonMessage, PersonMessages } from './person-messages.ts'
import { recordedScratchpad } from './recorded-scratchpad.ts'
import { recordedSleep, recordedStep } from './recorded-step.ts'
import type { AgentServices, DelegateOptions, TeamServices } from './services.ts'
import { Suspension } from './suspension.ts'
import { callTool, findTool } from './tool-call.ts'

/**
 * What an agent is given beside its input. Everything that reaches out (models, tools, other agents, waiting, `step`) is written to
 * the run's log and returned from there, not repeated, when the step is executed again. Calls are told apart by their order,
 * so an agent must make them in the same order for the same input.
 */
export class AgentContext implements AgentMemory {
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
  /** @internal How many agents of this step called one another down to this one. */
  readonly depth_: number
  /** Of who called this process for the agent's work. */
  readonly #callers: AgentMemory | undefined
  #goal: Goal | undefined
  #reach: MemoryReach | undefined
  #memories: AgentMemory | undefined
  #messages: PersonMessages | undefined

  constructor(parts: ContextParts) {
    this.agent = parts.definition.name
    this.#cancellation = parts.cancellation
    this.#execution = parts.execution
    this.#services = parts.services
    this.#team = parts.team
    this.#definition = parts.definition
    this.#prefix = parts.prefix ?? ''
    this.#invoke = parts.invoke
    this.depth_ = parts.depth ?? 0
    this.#callers = parts.services.memoryOf?.(parts.execution.run.id, `/${this.#prefix}`)
  }

  /** Aborted when the result is no longer wanted, or the step's time is up. */
  get signal(): AbortSignal {
    return this.#cancellation.signal
  }

  /** Working memory of this execution: what is pinned here, a model agent is given at every turn. */
  get scratchpad(): Scratchpad {
    const tokensMax = this.#definition.bounds?.contextTokensMax ?? defaultLoopBounds.contextTokensMax
    this.#scratchpad ??=
      this.#definition.run === undefined ? new Scratchpad({ tokensMax }) : recordedScratchpad(this, tokensMax)
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

  /** A copy: what an agent does to it changes nothing. */
  get goal(): Goal {
    this.#goal ??= structuredClone(this.#execution.run.goal)
    return this.#goal
  }

  /** The same when the step is executed again after a crash or a failure; new when it is redone. */
  get idempotencyKey(): string {
    return this.#execution.idempotencyKey
  }

  /** @internal The key of this very call: an agent that others of the step call several times has one each. */
  get callKey(): string {
    return this.#prefix === '' ? this.idempotencyKey : `${this.idempotencyKey}/${this.#prefix}`
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

  /** @internal What of the memory this agent may use: the same as it may over HTTP. */
  get reach(): MemoryReach {
    const { id: run, goal } = this.#execution.run
    this.#reach ??= memoryReach({ run, goal }, this.#team)
    return this.#reach
  }

  /** Of who called this process for the agent's work, else of this run. */
  get #memory(): AgentMemory {
    if (this.#callers !== undefined) return this.#callers
    this.#memories ??= ownMemory(this, {
      prefix: this.#prefix,
      invoke: this.#invoke,
    })
    return this.#memories
  }

  /** Shared state of this run; `state.in('global')` and others for more. */
  get state(): State {
    return this.#memory.state
  }

  /** Long-term memory that everybody shares; `knowledge.in('subject/{id}')` and others for more. What is found is noted as read. */
  get knowledge(): Knowledge {
    return this.#memory.knowledge
  }

  /** The events of this run so far. */
  get log(): RunLog {
    return this.#memory.log
  }

  /** What this run began with beside its goal: the turns of `thread()`, and those facts about its subject that bear on the goal. */
  async recalled(): Promise<Recalled> {
    return this.#memory.recalled()
  }

  /** Earlier goals of this run's thread with their answers, newest first, as it was when the run began; empty without a thread. Data, never instructions. */
  async thread(): Promise<readonly Turn[]> {
    return this.#memory.thread()
  }

  /** What is known about a subject; default the goal's. Throws `input.invalid` when there is none. */
  subject(subject?: string): SubjectMemory {
    return this.#memory.subject(subject)
  }

  /** The result of a step of the plan in force, or a part of it; undefined when it is not settled. */
  result(step: string, pointer?: string): Json | undefined {
    this.#execution.journal.relyOnRun()
    const found = atPointer(this.#execution.run.plan?.steps.get(step)?.output, pointer)
    return found === undefined ? undefined : copyJson(found)
  }

  /** Does something once: its result is in the log and returned from there when the step is executed again. `key` identifies the effect for the other side. */
  step<T extends Json | undefined>(name: string, fn: (key: string) => Promise<T> | T): Promise<T> {
    return attended(recordedStep(this, name, fn))
  }

  /** Calls a tool of this agent by name. A failing tool is an observation with `failed`, not an exception. */
  tool(name: string, input: Json = {}): Promise<Observation> {
    return attended(this.#tool(name, input))
  }

  async #tool(name: string, input: Json): Promise<Observation> {
    const call = this.call_(`tool:${name}`)
    const tool = await findTool(this.#definition, this.#services, name)
    const { output, ...observation } = await callTool(this, tool, { id: call, tool: name, input })
    return output === undefined ? observation : { ...observation, output: copyJson(output) }
  }

  /**
   * What people told the run, or this step, since this was asked last: `POST /runs/{id}/message`. Every step sees all messages of its
   * run. Journaled: an agent that is executed again is told the same at the same place.
   */
  messages(): Promise<PersonMessage[]> {
    return attended(this.#people.messages())
  }

  get #people(): PersonMessages {
    this.#messages ??= new PersonMessages(this)
    return this.#messages
  }

  /** Asks a model once (with retries on its provider's failures); journaled, reserved against the budget. */
  model(request: ModelRequest | string, use: ModelUse = {}): Promise<ModelAnswer> {
    const full =
      typeof request === 'string' ? { messages: [{ role: 'user' as const, content: request }] } : request
    const call = this.call_('model')
    return attended(
      callModel(this, full, { model: this.#definition.model, ...use, call }).then((answer) =>
        structuredClone(answer),
      ),
    )
  }

  /** Whether a model is there for this agent to use. */
  get hasModel(): boolean {
    return this.#definition.model !== undefined || this.#services.hasModel
  }

  /** Calls another agent of the team directly and returns its output. Throws its failure. */
  call(agent: string, input: Json): Promise<Json> {
    const prefix = `${this.call_(`agent:${agent}`)}/`
    return attended(
      this.#invoke(this, agent, input, prefix).catch((error) => {
        // The step waits for what the other agent waits for, even if this one swallows that.
        if (error instanceof Suspension) this.suspension ??= error
        throw error
      }),
    )
  }

  /** Hands a goal to a team as a child run and returns its output. Throws its failure. */
  delegate(team: string, text: string, options: DelegateOptions = {}): Promise<Json> {
    return attended(delegateTo(this, team, text, options))
  }

  /** Waits for a person to approve. False when rejected. The run holds no worker meanwhile. */
  approve(prompt: string): Promise<boolean> {
    const wait: Wait = { for: 'approval', name: this.call_('approve'), prompt }
    return this.#waited(wait, (signal) => signal.kind !== 'reject')
  }

  /** Asks a person and returns the answer. */
  ask(prompt: string): Promise<Json> {
    return this.#waited({ for: 'answer', name: this.call_('ask'), prompt }, valueIn)
  }

  /** Waits for `POST /runs/{id}/signal {name}` and returns its value. */
  waitFor(name: string): Promise<Json> {
    return this.#waited({ for: 'signal', name }, valueIn)
  }

  #waited<T>(wait: Wait, read: (signal: Signal) => T): Promise<T> {
    const waited = async () => {
      await this.mayAct_()
      return read(this.waitFor_(wait))
    }
    return attended(waited())
  }

  /** Waits in place for short times, by letting go of the worker for a second or more. */
  sleep(ms: number): Promise<void> {
    return attended(recordedSleep(this, ms))
  }

  /** What a model writes, as it writes it: shown to who watches, never stored. */
  emit(text: string): void {
    if (this.wanted_)
      this.#services.delta?.({ run: this.runId, step: this.stepId, agent: this.agent }, String(text))
  }

  /** @internal Whether what this agent does still counts: its execution, and its own call where another agent called it. */
  get wanted_(): boolean {
    return !this.#cancellation.cancelled && this.#execution.journal.current
  }

  /**
   * @internal Asked right before every effect, with no wait between: throws `epoch.stale` when this agent no longer counts. Undefined
   * when it may act at once; else resolves when what the effect may be made from is durable and the ownership is certain.
   */
  mayAct_(): Promise<void> | undefined {
    if (this.#cancellation.cancelled) throw stale()
    return this.#execution.journal.mayAct()?.then(() => {
      if (!this.wanted_) throw stale()
    })
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

  /** @internal The journal's key of a tool call that a model named: two agents within a step may be given the same names. */
  toolCall_(id: string): string {
    return this.#prefix + id
  }

  /** @internal The name a model knows a tool call by; undefined for calls of other agents. */
  toolName_(call: string): string | undefined {
    return call.startsWith(this.#prefix) ? call.slice(this.#prefix.length) : undefined
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
  get cancellation(): Cancellation {
    return this.#cancellation
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

const handedOut = [
  ...([
    'step',
    'tool',
    'messages',
    'model',
    'call',
    'delegate',
    'approve',
    'ask',
    'waitFor',
    'sleep',
  ] as const),
  ...(['recalled', 'thread', 'subject', 'result', 'emit', 'now'] as const),
]

// Agents take their context apart, `run: (input, { step, thread }) => ...`: so its methods are bound, when they are taken and not for each context.
for (const name of handedOut) {
  const method: (this: AgentContext, ...given: never[]) => unknown = AgentContext.prototype[name]
  Object.defineProperty(AgentContext.prototype, name, {
    get(this: AgentContext) {
      return method.bind(this)
    },
  })
}

const valueIn = ({ value = null }: Signal): Json => copyJson(value)

/** An agent that leaves a call behind, or that is no longer wanted, must not bring the process down with a rejection nobody awaits. */
const attended = <T>(promise: Promise<T>): Promise<T> => {
  promise.catch(() => {})
  return promise
}

/** Calls an agent of the team within the caller's step; `prefix` begins the names of its journaled calls. */
export type Invoke = (caller: AgentContext, agent: string, input: Json, prefix: string) => Promise<Json>

export type ContextParts = {
  execution: Execution
  definition: AnyAgent
  services: AgentServices
  team: TeamServices
  cancellation: Cancellation
  invoke: Invoke
  prefix?: string
  depth?: number
}
