import type { AgentCard } from '../domain/agent.ts'
import type { Amount } from '../domain/budget.ts'
import type { Failure } from '../domain/errors.ts'
import type { Parent } from '../domain/event.ts'
import type { Goal } from '../domain/goal.ts'
import type { Json } from '../domain/json.ts'
import type { Label } from '../domain/labels.ts'
import type { Principal } from '../domain/principal.ts'
import type { Recalled } from '../domain/recall.ts'
import type { Run } from '../domain/run.ts'
import type { TraceParent } from '../domain/trace-context.ts'
import type { AgentMemory } from '../memory/agent-memory.ts'
import type { Asking, Knowledge } from '../memory/knowledge/knowledge.ts'
import type { Policy } from '../policy/decide.ts'
import type { Clock } from '../ports/clock.ts'
import type { EventLog } from '../ports/event-log.ts'
import type { Logger } from '../ports/logger.ts'
import type { AiSdkModel, Model } from '../ports/model.ts'
import type { Place } from '../ports/place.ts'
import type { Random } from '../ports/random.ts'
import type { StateStore } from '../ports/state-store.ts'
import type { AnyTool } from '../ports/tool.ts'
import type { Transport } from '../ports/transport.ts'
import type { RunnersItems } from '../runtime/items.ts'
import type { Execution } from '../runtime/perform.ts'
import type { Turns } from '../runtime/turns.ts'
import type { AnyAgent } from './define.ts'

export type ChildRequest = {
  id: string
  goal: Goal
  /** What the parent began with: a child works on the same thread and subject. */
  recalled?: Recalled
  /** What the parent's tools may read, its own may. */
  readable?: readonly string[]
  labels: readonly Label[]
  unattended?: true
  /** Who asked for the parent. */
  principal?: Principal
  /** The parent's trace, from the span that asks for the child. */
  trace: TraceParent
  parent: Parent
  depth: number
  signal: AbortSignal
}
export type ChildResult =
  | {
      final: true
      output?: Json
      failure?: Failure
      cost: Required<Amount>
      /** What it has read. */
      labels: readonly Label[]
    }
  | { final: false }

/** One call of an agent that runs elsewhere; `key` is its idempotency key, `deadline` in ms since the epoch. */
export type RemoteCall = { execution: Execution; agent: string; key: string; deadline: number }

/** The team an execution belongs to. */
export type TeamServices = {
  agents: ReadonlyMap<string, AnyAgent>
  cards: readonly AgentCard[]
  policy?: Policy
  /** Executions of a step that fails, where neither the step nor its agent says; default 3. */
  attemptsMax?: number
  /** Of a team that is one agent of another, that other. */
  memberOf?: string
}

/** `guard` is asked right before each write, and throws when the agent no longer counts. */
export type MemoryOf = (
  run: string,
  part: string,
  guard: () => Promise<void> | undefined,
) => AgentMemory | undefined

/** What agents need of the rest of the house; wired in platform. */
export type AgentServices = {
  clock: Clock
  random: Random
  place: Place
  logger: Logger
  state: StateStore
  transport: Transport
  log: Pick<EventLog, 'read' | 'admit'>
  /** The memory of who called, where an agent is served to callers elsewhere: then it is that which the agent uses, not this process's. */
  memoryOf?: MemoryOf | undefined
  team(name: string): TeamServices
  /** Whether the run was started where its team could do other things than here. */
  isForeign(run: Run): boolean
  /** A built-in or configured tool by name. */
  tool(name: string): Promise<AnyTool | undefined>
  /** A model by `provider/model`, by role, the default one, or that of the AI SDK. */
  model(wanted: string | AiSdkModel | undefined): Promise<Model>
  /**
   * Turns at the provider of a model by its id; undefined where no provider has limits, or this one
   * has none.
   */
  turns?: ((model: string) => Turns | undefined) | undefined
  /** Whether a default model is configured. */
  readonly hasModel: boolean
  /** Starts or finds a child run and waits until it is final or waits itself. Throws what kept it from that, which is not its failure. */
  child(request: ChildRequest): Promise<ChildResult>
  /** Items of spread steps: child runs that any process may execute. */
  items: RunnersItems
  /** Text as a model writes it: shown, never stored. Undefined when nobody listens. */
  deltas?: TextSink
  /** Long-term memory of a namespace. */
  knowledge(namespace: string, asking: Asking): Knowledge
  /** Further headers for agents that run elsewhere. */
  headers?: (call: RemoteCall) => { [name: string]: string }
}

/** Takes what agents write while they write it. */
export type TextSink = {
  write(at: { run: string; step: string; agent: string }, text: string): void
  /** What was written there is complete: the answer, or the whole step, is in the log. */
  end(at: { run: string; step: string; agent?: string }): void
}
