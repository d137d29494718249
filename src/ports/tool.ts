import type { Json } from '../domain/json.ts'
import type { Clock } from './clock.ts'
import type { Logger } from './logger.ts'
import type { Schema } from './schema.ts'

/**
 * What a tool may touch, from harmless to dangerous: `compute` nothing outside its arguments, `read` local data,
 * `network` other machines (reading), `write` anything outside the run, `execute` runs code or programs.
 */
export type Permission = 'compute' | 'read' | 'network' | 'write' | 'execute'

export type ToolContext = {
  run: string
  step: string
  agent: string
  /** Folders and files that may be read for this run beside those the tool was set up with. */
  readable?: readonly string[]
  /** The same when the call is repeated after a crash or a retry; hand it to the remote side. */
  idempotencyKey: string
  /** Aborted on time-out, cancellation and loss of ownership; stop work and release sockets. */
  signal: AbortSignal
  clock: Clock
  logger: Logger
}

/** A function an agent may call. Throwing or returning rubbish is an observation for the agent, never a crash. */
export interface Tool<Input = unknown, Output = unknown> {
  readonly name: string
  readonly description: string
  readonly input: Schema<unknown, Input>
  readonly output?: Schema<unknown, Output>
  readonly permission: Permission
  /** Default 30,000. */
  readonly timeoutMs?: number
  /** Of a tool whose input names a host: whether that is one it was set up for (`allowHosts`). */
  isListed?(input: Input): boolean
  /** A person must approve each call: the step waits. */
  readonly requireApproval?: boolean
  execute(input: Input, context: ToolContext): Promise<Output> | Output
}

/** Any tool, whatever its types. `execute` receives what `input` validated. */
export type AnyTool = Tool<unknown, unknown>

/** Declares a tool; the types of `execute` follow the schemas. */
export const tool = <Input, Output extends Json | object | undefined>(
  definition: Tool<Input, Output>,
): Tool<Input, Output> => definition
