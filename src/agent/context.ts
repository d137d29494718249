import type { AgentCard } from '../domain/agent.ts'
import type { Limits } from '../domain/budget.ts'
import type { Goal } from '../domain/goal.ts'
import type { Json } from '../domain/json.ts'
import type { AgentMemory } from '../memory/agent-memory.ts'
import type { Scratchpad } from '../memory/scratchpad.ts'
import type { Logger } from '../ports/logger.ts'
import type { AiSdkModel, Model, ModelAnswer, ModelRequest } from '../ports/model.ts'
import type { Observation } from './loop.ts'
import type { Accepted, Kept, TypedAgent } from './typed-agent.ts'

/** How one call of a model is made. */
export type ModelUse = {
  /** `provider/model`, a role of the config, or a model object; default the agent's, else the config's. */
  model?: string | Model | AiSdkModel
  /** Attempts at the provider, the first included. Default 4. */
  attemptsMax?: number
}

/** A message of a person to a run. */
export type PersonMessage = { value: Json; by?: string }

/** What a child run is given beside its goal. */
export type DelegateOptions = { params?: Goal['params']; budget?: Limits; criteria?: string[] }

/**
 * What an agent is given beside its input. Everything that reaches out (models, tools, other
 * agents, waiting, `step`) is written to the run's log and returned from there, not repeated, when
 * the step is executed again. Calls are told apart by their content, and steps by their name and
 * place: an agent must make the same calls for the same input, in whatever order its branches make
 * them. Its methods may be taken apart: `run: (input, { step, tool }) => ...`.
 */
export interface AgentContext extends AgentMemory {
  readonly agent: string
  readonly runId: string
  readonly stepId: string
  /** A copy: what an agent does to it changes nothing. */
  readonly goal: Goal
  /** The same when the step is executed again after a crash or a failure; new when it is redone. */
  readonly idempotencyKey: string
  /** Which execution of the step this is, from 1. */
  readonly attempt: number
  /** The agents of the team. */
  readonly agents: readonly AgentCard[]
  readonly logger: Logger
  /** Aborted when the result is no longer wanted, or the step's time is up. */
  readonly signal: AbortSignal
  /** Whether a model is configured for this agent to use. */
  readonly hasModel: boolean
  /** Working memory of this execution: a model agent is given what is pinned here at every turn. */
  readonly scratchpad: Scratchpad
  /** Milliseconds since the epoch. */
  now(): number
  /**
   * The result of a step of the plan in force, or the part at a JSON pointer; undefined when it is
   * not settled.
   */
  result(step: string, pointer?: string): Json | undefined
  /**
   * Does something once: its result is in the log and returned from there when the step is executed
   * again. `key` identifies the effect for the other side.
   */
  step<T extends Json | undefined>(name: string, fn: (key: string) => Promise<T> | T): Promise<T>
  /** Calls a tool of this agent by name. A failing tool is an observation with `failed`, not an exception. */
  tool(name: string, input?: Json): Promise<Observation>
  /**
   * Messages of people to the run, or to this step, since the last call: `POST /runs/{id}/message`.
   * Every step sees all messages of its run. Journaled: an agent that is executed again gets the
   * same messages at the same place.
   */
  messages(): Promise<PersonMessage[]>
  /** Asks a model once (with retries on its provider's failures); journaled, reserved against the budget. */
  model(request: ModelRequest | string, use?: ModelUse): Promise<ModelAnswer>
  /**
   * Calls another agent of the team directly and returns its output, with its types or by its name.
   * Throws its failure.
   */
  call<Takes, Input, Output>(
    agent: TypedAgent<Takes, Input, Output>,
    input: NoInfer<Accepted<Takes, Input>>,
  ): Promise<Kept<Output>>
  call(agent: string, input: Json): Promise<Json>
  /** Hands a goal to a team as a child run and returns its output. Throws its failure. */
  delegate(team: string, text: string, options?: DelegateOptions): Promise<Json>
  /** Waits for a person to approve. False when rejected. The run holds no worker in the meantime. */
  approve(prompt: string): Promise<boolean>
  /** Asks a person and returns the answer. */
  ask(prompt: string): Promise<Json>
  /** Waits for `POST /runs/{id}/signal {name}` and returns its value; the second time for the second signal. */
  waitFor(name: string): Promise<Json>
  /**
   * Waits in place for less than a second; for longer, without holding the worker. Throws
   * `input.invalid` for anything but a number from 0.
   */
  sleep(ms: number): Promise<void>
  /** Streams text to readers of the run; it is never stored. */
  emit(text: string): void
}
