import type { Draft, EventData, EventType, Read, Signal, Wait } from '../domain/event.ts'
import type { Json } from '../domain/json.ts'
import type { Label } from '../domain/labels.ts'
import type { JournalEntry } from '../domain/run.ts'
import type { MemoryReach } from '../policy/memory.ts'
import type { Call } from '../runtime/call.ts'
import type { Cancellation } from '../runtime/cancellation.ts'
import type { Execution } from '../runtime/perform.ts'
import type { AgentContext } from './context.ts'
import type { AnyAgent } from './define.ts'
import type { AgentServices, TeamServices } from './services.ts'
import type { Suspension } from './suspension.ts'

/**
 * Calls an agent of the team within the caller's step; `prefix` begins the names of its journaled
 * calls.
 */
export type Invoke = (caller: CallSite, agent: string, input: Json, prefix: string) => Promise<Json>

/**
 * One call of an agent as this room knows it: what its context offers to the agent's code
 * (`exposed`), and behind that the journal, the services and the team. Never given to an agent.
 */
export interface CallSite extends AgentContext {
  /** Set when the step has to wait, even if the agent swallowed the Suspension. */
  suspension: Suspension | undefined
  readonly execution: Execution
  readonly cancellation: Cancellation
  readonly services: AgentServices
  readonly definition: AnyAgent
  readonly team: TeamServices
  /** What the agent's code is given. */
  readonly exposed: AgentContext
  /** What was read, for the step's closing event. */
  readonly reads: Read[]
  readonly hasRead: boolean
  /**
   * The idempotency key of this call: an agent that is called several times in one step has one per
   * call.
   */
  readonly callKey: string
  /** Which memory this agent may use: the same in the process and over HTTP. */
  readonly reach: MemoryReach
  /** The agents of this step that called one another down to this one. */
  readonly callers_: readonly string[]
  /** Attempts that failed before this one; asking for it says nothing of the agent's code. */
  readonly failures_: number
  /** Whether what this agent does still counts. */
  readonly wanted_: boolean
  /** What the events of a call say of it. */
  readonly parallel_: { parallel?: true }
  mayAct_(): Promise<void> | undefined
  waitFor_(wait: Wait): Signal
  suspend(wait: Wait): Suspension
  toolCall_(id: string, input: Json): Call
  toolName_(call: string): string | undefined
  turn_(turn: number, digest: string): Call
  own_(name: string): string
  call_(name: string): string
  known_(name: string, content: Json, leaf?: boolean): Call
  stepCall_(name: string): { call: Call; done: () => void }
  made_<T>(
    call: Call,
    make: (before: JournalEntry | undefined) => Promise<T> | T,
    options?: { keepFailure: boolean },
  ): Promise<T>
  within_<T>(fn: () => T): T
  draft<T extends EventType>(type: T, data: EventData[T]): Extract<Draft, { type: T }>
  raise_(labels: readonly Label[], by: string): void
}
