import { journalKey } from '../domain/advance-steps.ts'
import type { AgentCard } from '../domain/agent.ts'
import { ConcordError } from '../domain/errors.ts'
import type { Draft, EventData, EventType, Read, Signal, Wait } from '../domain/event.ts'
import type { Goal } from '../domain/goal.ts'
import { agentsRun } from '../domain/item-run.ts'
import { asJson, copyJson, type Json } from '../domain/json.ts'
import type { Label } from '../domain/labels.ts'
import type { Recalled, Turn } from '../domain/recall.ts'
import { atPointer } from '../domain/reference.ts'
import type { JournalEntry, Run } from '../domain/run.ts'
import type { AgentMemory, RunLog } from '../memory/agent-memory.ts'
import type { Knowledge } from '../memory/knowledge/knowledge.ts'
import { Scratchpad } from '../memory/scratchpad.ts'
import type { State } from '../memory/state.ts'
import type { SubjectMemory } from '../memory/subject.ts'
import { type MemoryReach, memoryReach } from '../policy/memory.ts'
import type { Logger } from '../ports/logger.ts'
import { type ModelAnswer, type ModelRequest, modelId } from '../ports/model.ts'
import { type Call, withDigest, withoutDigest } from '../runtime/call.ts'
import type { Cancellation } from '../runtime/cancellation.ts'
import type { Execution } from '../runtime/perform.ts'
import { stale } from '../runtime/work-journal.ts'
import type { CallSite, Invoke } from './call-site.ts'
import { callersOwn } from './callers-own.ts'
import { isPromise } from './chain.ts'
import type { AgentContext, DelegateOptions, ModelUse, PersonMessage } from './context.ts'
import type { AnyAgent } from './define.ts'
import { delegateTo } from './delegate.ts'
import { exposedContext } from './exposed-context.ts'
import { defaultLoopBounds, type Observation } from './loop.ts'
import { callModel } from './model-call.ts'
import { ownMemory } from './own-memory.ts'
import { PersonMessages } from './person-messages.ts'
import { recordedScratchpad } from './recorded-scratchpad.ts'
import { recordedSleep, recordedStep } from './recorded-step.ts'
import type { AgentServices, TeamServices } from './services.ts'
import { Suspension } from './suspension.ts'
import { callTool, findTool } from './tool-call.ts'
import type { Accepted, Kept, TypedAgent } from './typed-agent.ts'

let count = 0
const noCallers: readonly string[] = []

/**
 * One call of an agent as this room knows it: what its context offers to the agent's code
 * (`exposed`), and behind that the journal, the services and the team. Never given to an agent.
 */
export class CallContext implements CallSite {
  readonly agent: string
  /** Set when the step has to wait, even if the agent swallowed the Suspension. */
  suspension: Suspension | undefined
  readonly #execution: Execution
  readonly #services: AgentServices
  readonly #team: TeamServices
  readonly #definition: AnyAgent
  readonly #prefix: string
  /** Distinguishes this call of an agent from all others of the process. */
  readonly #number = ++count
  readonly #cancellation: Cancellation
  #counts: Map<string, number> | undefined
  #stepsUnderWay: Set<string> | undefined
  #scratchpad: Scratchpad | undefined
  #reads: Read[] | undefined
  readonly #invoke: Invoke
  /** The agents of this step that called one another down to this one. */
  readonly callers_: readonly string[]
  /**
   * The memory of the caller for whom this process runs the agent; undefined in a run of its own.
   */
  readonly #callers: AgentMemory | undefined
  #goal: Goal | undefined
  #reach: MemoryReach | undefined
  #memories: AgentMemory | undefined
  #messages: PersonMessages | undefined
  #exposed: AgentContext | undefined

  constructor(parts: ContextParts) {
    this.agent = parts.definition.name
    this.#cancellation = parts.cancellation
    this.#execution = parts.execution
    this.#services = parts.services
    this.#team = parts.team
    this.#definition = parts.definition
    this.#prefix = parts.prefix ?? ''
    this.#invoke = parts.invoke
    this.callers_ = parts.callers ?? noCallers
    this.#callers = parts.services.memoryOf?.(parts.execution.run.id, `/${this.#prefix}`, () =>
      this.mayAct_(),
    )
  }

  /** What the agent's code is given. */
  get exposed(): AgentContext {
    this.#exposed ??= exposedContext(this)
    return this.#exposed
  }

  get signal(): AbortSignal {
    return this.#cancellation.signal
  }

  get scratchpad(): Scratchpad {
    const tokensMax = this.#definition.bounds?.contextTokensMax ?? defaultLoopBounds.contextTokensMax
    this.#scratchpad ??=
      this.#definition.run === undefined ? new Scratchpad({ tokensMax }) : recordedScratchpad(this, tokensMax)
    return this.#scratchpad
  }

  /** What was read, for the step's closing event. */
  get reads(): Read[] {
    this.#reads ??= []
    return this.#reads
  }

  get hasRead(): boolean {
    return this.#reads !== undefined && this.#reads.length > 0
  }

  get runId(): string {
    return agentsRun(this.#execution.run)
  }

  get stepId(): string {
    return this.#execution.work.id
  }

  get goal(): Goal {
    this.#goal ??= copyJson(goalOf(this.#execution.run)) as Goal
    return this.#goal
  }

  get idempotencyKey(): string {
    return this.#execution.idempotencyKey
  }

  /**
   * The idempotency key of this call: an agent that is called several times in one step has one per
   * call.
   */
  get callKey(): string {
    return this.#prefix === '' ? this.idempotencyKey : `${this.idempotencyKey}/${this.#prefix}`
  }

  get attempt(): number {
    this.#execution.journal.replay.attemptRead = true
    return this.#execution.work.attempt
  }

  /** Attempts that failed before this one; asking for it says nothing of the agent's code. */
  get failures_(): number {
    return this.#execution.work.attempt - 1
  }

  get agents(): readonly AgentCard[] {
    return this.#team.cards
  }

  get logger(): Logger {
    return this.#services.logger
  }

  now(): number {
    return this.#services.clock.now()
  }

  /** Which memory this agent may use: the same in the process and over HTTP. */
  get reach(): MemoryReach {
    const { goal } = this.#execution.run
    const run = this.runId
    this.#reach ??= memoryReach({ run, goal }, this.#team)
    return this.#reach
  }

  /** The memory of the caller for whom this process runs the agent, else this run's. */
  get #memory(): AgentMemory {
    if (this.#callers !== undefined) {
      this.#memories ??= callersOwn(this, this.#callers)
      return this.#memories
    }
    this.#memories ??= ownMemory(this, {
      prefix: this.#prefix,
      invoke: this.#invoke,
    })
    return this.#memories
  }

  get state(): State {
    return this.#memory.state
  }

  get knowledge(): Knowledge {
    return this.#memory.knowledge
  }

  get log(): RunLog {
    return this.#memory.log
  }

  async recalled(): Promise<Recalled> {
    return this.#memory.recalled()
  }

  async thread(): Promise<readonly Turn[]> {
    return this.#memory.thread()
  }

  subject(subject?: string): SubjectMemory {
    return this.#memory.subject(subject)
  }

  result(step: string, pointer?: string): Json | undefined {
    this.#execution.journal.relyOnRun()
    const { run, parent = run } = this.#execution
    const found = atPointer(parent.plan?.steps.get(step)?.output, pointer)
    return found === undefined ? undefined : copyJson(found)
  }

  step<T extends Json | undefined>(name: string, fn: (key: string) => Promise<T> | T): Promise<T> {
    return attended(recordedStep(this, name, fn))
  }

  tool(name: string, input: Json = {}): Promise<Observation> {
    return attended(this.#tool(name, input))
  }

  async #tool(name: string, input: Json): Promise<Observation> {
    const given = copyJson(input)
    const call = this.known_(`tool:${name}`, given)
    const tool = await findTool(this.#definition, this.#services, name)
    const { output, ...observation } = await callTool(
      this,
      tool,
      { id: call.id, tool: name, input: given },
      call,
    )
    return output === undefined ? observation : { ...observation, output: copyJson(output) }
  }

  messages(): Promise<PersonMessage[]> {
    return attended(this.#people.messages())
  }

  get #people(): PersonMessages {
    this.#messages ??= new PersonMessages(this)
    return this.#messages
  }

  model(request: ModelRequest | string, use: ModelUse = {}): Promise<ModelAnswer> {
    const full =
      typeof request === 'string' ? { messages: [{ role: 'user' as const, content: request }] } : request
    return attended(this.#model(full, use))
  }

  async #model(request: ModelRequest, use: ModelUse): Promise<ModelAnswer> {
    const model = typeof use.model === 'object' ? modelId(use.model) : use.model
    const call = this.known_('model', copyJson({ request, model }))
    const answer = await callModel(this, request, { model: this.#definition.model, ...use, call })
    return structuredClone(answer)
  }

  get hasModel(): boolean {
    return this.#definition.model !== undefined || this.#services.hasModel
  }

  call<Takes, Input, Output>(
    agent: TypedAgent<Takes, Input, Output>,
    input: NoInfer<Accepted<Takes, Input>>,
  ): Promise<Kept<Output>>
  call(agent: string, input: Json): Promise<Json>
  call(agent: string | { name: string }, input: unknown): Promise<unknown> {
    return attended(this.#call(agent, asJson(input)))
  }

  /** Another agent of the same name has other types. */
  #nameOf(agent: { name: string }): string {
    const known = this.#team.agents.get(agent.name)
    if (known === undefined || known === agent) return agent.name
    throw new ConcordError(
      'agent.unknown',
      `Cannot call this agent "${agent.name}" as the team has another one of that name; list the same object under "agents" of the team, or call it by its name`,
    )
  }

  async #call(given: string | { name: string }, input: Json): Promise<Json> {
    const agent = typeof given === 'string' ? given : this.#nameOf(given)
    const call = this.known_(`agent:${agent}`, copyJson(input), false)
    await this.made_(call, () => undefined)
    try {
      return await this.#invoke(this, agent, input, `${call.id}/`)
    } catch (error) {
      // The step waits for what the other agent waits for, even if this one swallows that.
      if (error instanceof Suspension) this.suspension ??= error
      throw error
    }
  }

  delegate(team: string, text: string, options: DelegateOptions = {}): Promise<Json> {
    return attended(delegateTo(this, team, text, options))
  }

  approve(prompt: string): Promise<boolean> {
    return this.#waited(this.#asked('approval', 'approve', prompt), (signal) => signal.kind !== 'reject')
  }

  ask(prompt: string): Promise<Json> {
    return this.#waited(this.#asked('answer', 'ask', prompt), valueIn)
  }

  /** Another prompt is another question: it is asked, whatever was answered to the one before. */
  #asked(kind: 'approval' | 'answer', name: string, prompt: string): Wait {
    return { for: kind, name, call: this.known_(name, { prompt }).id, prompt, agent: this.agent }
  }

  waitFor(name: string): Promise<Json> {
    const call = this.call_(`signal:${name}`)
    // In runs of 0.1 the first is known by its name alone.
    const isOld = !this.#execution.run.byContent && call.endsWith('#1')
    return this.#waited({ for: 'signal', name, ...(isOld ? {} : { call }) }, valueIn)
  }

  #waited<T>(wait: Wait, read: (signal: Signal) => T): Promise<T> {
    const waited = async () => {
      await this.mayAct_()
      const signal = this.waitFor_(wait)
      // An approval says yes or no; everything else that is sent to a run may come from anyone.
      if (wait.for !== 'approval') this.raise_(['untrusted'], `${wait.for} ${wait.name}`)
      return read(signal)
    }
    return attended(waited())
  }

  sleep(ms: number): Promise<void> {
    return attended(recordedSleep(this, ms))
  }

  emit(text: string): void {
    if (this.wanted_)
      this.#services.deltas?.write({ run: this.runId, step: this.stepId, agent: this.agent }, String(text))
  }

  /**
   * Whether what this agent does still counts: its execution, and its own call where another agent
   * called it.
   */
  get wanted_(): boolean {
    return !this.#cancellation.cancelled && this.#execution.journal.current
  }

  /**
   * Asked right before every effect, with no wait between: throws `epoch.stale` when this agent no
   * longer counts. Undefined when it may act at once; else resolves when what the effect may be
   * made from is durable and the ownership is certain.
   */
  mayAct_(): Promise<void> | undefined {
    if (this.#cancellation.cancelled) throw stale()
    return this.#execution.journal.mayAct()?.then(() => {
      if (!this.wanted_) throw stale()
    })
  }

  /** The signal that came for a wait, or leaves the agent until it does. */
  waitFor_(wait: Wait): Signal {
    const { replay } = this.#execution.journal
    if (replay.diverged !== undefined) throw replay.diverged
    const entry = replay.ended(journalKey(wait))
    // Runs of 0.1 know a question by its order: one that reads otherwise now is asked again.
    if (entry?.type === 'signal.received' && (entry.wait?.prompt ?? wait.prompt) === wait.prompt)
      return entry.data
    throw this.suspend(wait)
  }

  suspend(wait: Wait): Suspension {
    this.suspension ??= new Suspension(wait)
    return this.suspension
  }

  /** A tool call that a model named: two agents within a step may be given the same names. */
  toolCall_(id: string, input: Json): Call {
    const name = this.#prefix + id
    const whole = this.#execution.run.byContent ? withDigest(name, input) : name
    return { id: whole, family: whole, leaf: true }
  }

  /** The name a model knows a tool call by; undefined for calls of other agents. */
  toolName_(call: string): string | undefined {
    return call.startsWith(this.#prefix) ? withoutDigest(call.slice(this.#prefix.length)) : undefined
  }

  /** A turn of a model's loop, known by the digest of its messages. */
  turn_(turn: number, digest: string): Call {
    const family = `${this.#prefix}model:${turn}`
    return { id: `${family}~${digest}#1`, family, leaf: true }
  }

  /** A name in this agent's part of the journal. */
  own_(name: string): string {
    return this.#prefix + name
  }

  /** A call's id: what it is and its ordinal. */
  call_(name: string): string {
    return this.#nth(this.#prefix + name)
  }

  /**
   * A call that is known by its content; in runs of 0.1 by its order. `leaf` when it ends by
   * itself.
   */
  known_(name: string, content: Json, leaf = true): Call {
    const family = this.#prefix + name
    if (!this.#execution.run.byContent) return { id: this.#nth(family), family, leaf }
    const id = this.#nth(withDigest(family, content))
    this.#services.place.enter(this.#number, id)
    return { id, family, leaf }
  }

  /**
   * A step has no content: it is known by its name and by the call that its branch made before it.
   * `done` must be called when it has ended. Throws `input.invalid` for two at once that nothing
   * tells apart.
   */
  stepCall_(name: string): { call: Call; done: () => void } {
    const family = `${this.#prefix}step:${name}`
    const { place } = this.#services
    if (!this.#execution.run.byContent)
      return { call: { id: this.#nth(family), family, leaf: false }, done: () => {} }
    const at = withDigest(family, place.current(this.#number) ?? this.#prefix)
    this.#stepsUnderWay ??= new Set()
    if (this.#stepsUnderWay.has(at))
      throw new ConcordError(
        'input.invalid',
        `Cannot begin step ${JSON.stringify(name.slice(0, 200))} as another of that name is under way at the same place of the code: they could not be told apart after a crash; name the steps apart, for example by their item`,
      )
    this.#stepsUnderWay.add(at)
    const { replay } = this.#execution.journal
    const own = this.#nth(at)
    // Where calls were inserted before it, it is still the next of its name.
    const id = replay.knows(own) ? own : (replay.next(family) ?? own)
    place.enter(this.#number, id)
    return { call: { id, family, leaf: false }, done: () => this.#stepsUnderWay?.delete(at) }
  }

  #nth(name: string): string {
    this.#counts ??= new Map()
    const n = (this.#counts.get(name) ?? 0) + 1
    this.#counts.set(name, n)
    return `${name}#${n}`
  }

  /** Calls `make` with what the journal has for a call, or with undefined when it is to be made. */
  async made_<T>(
    call: Call,
    make: (before: JournalEntry | undefined) => Promise<T> | T,
    options?: { keepFailure: boolean },
  ): Promise<T> {
    const { replay } = this.#execution.journal
    const found = replay.begin(call, options)
    try {
      const before = isPromise(found) ? await found : found
      if (before === undefined) replay.making(call)
      return await make(before)
    } finally {
      replay.end(call)
    }
  }

  /** What the events of a call say of it. */
  get parallel_(): { parallel?: true } {
    return this.#execution.journal.replay.parallel ? { parallel: true } : {}
  }

  /** Calls code of the agent; where another agent called it, that one's place stays what it was. */
  within_<T>(fn: () => T): T {
    return this.#prefix === '' ? fn() : this.#services.place.apart(fn)
  }

  /**
   * An event as the log will hold it: the agent continues with what is in it, not with what was
   * given.
   */
  draft<T extends EventType>(type: T, data: EventData[T]): Extract<Draft, { type: T }> {
    const draft = { type, data, at: this.#execution.now(), step: this.stepId, agent: this.agent } as Draft
    const { log } = this.#services
    try {
      return (log.admit?.(draft) ?? draft) as Extract<Draft, { type: T }>
    } catch {
      // Denied: the owner asks again, and ends the run with the reason.
      return draft as Extract<Draft, { type: T }>
    }
  }

  /** Records what the run has read by now, other than by a tool. */
  raise_(labels: readonly Label[], by: string): void {
    const { run, journal } = this.#execution
    const missing = labels.filter((label) => !run.labels.includes(label))
    if (missing.length > 0) journal.note([this.draft('labels.raised', { labels: missing, by })])
  }

  get execution(): Execution {
    return this.#execution
  }

  get cancellation(): Cancellation {
    return this.#cancellation
  }

  get services(): AgentServices {
    return this.#services
  }

  get definition(): AnyAgent {
    return this.#definition
  }

  get team(): TeamServices {
    return this.#team
  }
}

/** An item of a spread step has a share of its parent's budget; its agent sees the whole. */
const goalOf = ({ goal, item }: Run): Goal => {
  if (item === undefined) return goal
  const { budget: _, ...rest } = goal
  return item.budget === undefined ? rest : { ...rest, budget: item.budget }
}

const valueIn = ({ value = null }: Signal): Json => copyJson(value)

/**
 * Marks a promise as handled: an agent may leave a call unawaited, and its rejection must not end
 * the process.
 */
const attended = <T>(promise: Promise<T>): Promise<T> => {
  promise.catch(() => {})
  return promise
}

export type ContextParts = {
  execution: Execution
  definition: AnyAgent
  services: AgentServices
  team: TeamServices
  cancellation: Cancellation
  invoke: Invoke
  prefix?: string
  callers?: readonly string[]
}
