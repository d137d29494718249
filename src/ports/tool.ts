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

/**
 * A tool of the AI SDK: what `tool({ ... })` returns, or one of an MCP client's `tools()`. Its name
 * is the key under which it is given; what it may touch is not known, so that it counts as
 * `execute` unless `permission` says less.
 */
export type AiSdkTool = {
  readonly description?: string | ((options: never) => string) | undefined
  readonly inputSchema: unknown
  readonly outputSchema?: unknown
  readonly needsApproval?: boolean | ((input: never, options: never) => unknown) | undefined
  readonly type?: string | undefined
  readonly execute?: ((input: never, options: never) => unknown) | undefined
  readonly permission?: Permission
  readonly timeoutMs?: number
}

/** Tools by name: of the AI SDK, or of this package (which are known by their key then). */
export type ToolSet = { readonly [name: string]: AiSdkTool | AnyTool }

/** The tools of an agent: objects, names of built-in and configured tools, sets of the AI SDK. */
export type Tools = ToolSet | readonly (AnyTool | string | ToolSet)[]
