import type { AgentCard, Role } from '../domain/agent.ts'
import type { Verdict } from '../domain/check.ts'
import type { Json } from '../domain/json.ts'
import { shownUrl } from '../domain/secrets.ts'
import type { Policy } from '../policy/decide.ts'
import type { AiSdkModel, Model } from '../ports/model.ts'
import type { Schema } from '../ports/schema.ts'
import type { Tools } from '../ports/tool.ts'
import type { WakeOn } from '../runtime/wake-on.ts'
import type { AgentContext } from './context.ts'
import type { LoopBounds, Reasoner } from './loop.ts'
import { shownSchemaOf } from './told-schema.ts'
import { toolsIn } from './tools-of.ts'

/** Agents of one step that call each other (`ctx.call`), one below the other; reaching it is `bound.reached`. */
export const callDepthMax = 16
/** Calls of agents within one execution of a step, at any depth: a circle that branches is wide before it is deep. */
export const callsMax = 10_000

/** An output field whose every value must be `{ call, value }`: a tool call the log holds, with that value in its result. */
export type Evidence = {
  /** JSON pointer; `*` stands for every item of an array. */ field: string
  tool?: string
}

/**
 * Members that agents of every kind may have. `Takes` is what its input schema accepts, `Input`
 * what it makes of that.
 */
export type AgentBasics<Input, Output, Takes = Input> = {
  /** Letters, digits, `_`, `-`. */
  name: string
  description?: string
  role?: Role
  input?: Schema<Takes, Input>
  output?: Schema<unknown, Output>
  /** Default 120,000; a step may say less. */
  timeoutMs?: number
  /** Executions of a failing step, the first included. Default 3. */
  attemptsMax?: number
  /** Runs this agent when state changes, a message comes or it is time; where Concord serves (`concord serve`, `concord.watchers.start()`). */
  wakeOn?: WakeOn | readonly WakeOn[]
  /** Judges its own answer; reasons go back to the agent as what it has to correct. */
  check?: (output: Output, input: Input, context: AgentContext) => Verdict | Promise<Verdict>
}

/** Of agents that run here: what they may use, and what their answers must rest on. */
export type AgentTools = {
  /**
   * `provider/model`, a role's name from the config's `models`, or a model object, also of the AI
   * SDK. Default the config's model.
   */
  model?: string | Model | AiSdkModel
  /** Tools it may call: objects, names of the platform's built-in tools, sets of AI SDK tools. */
  tools?: Tools
  /** What its tools may do where the team's policy says nothing; for an agent that is served or woken alone. */
  policy?: Pick<Policy, 'tools' | 'permissions'>
  /** Tools without whose call an answer does not count. */
  requiredTools?: readonly string[]
  evidence?: readonly Evidence[]
  bounds?: Partial<LoopBounds>
}

/** How a model is asked. */
export type ModelSettings = {
  temperature?: number
  outputTokensMax?: number
  /** A model that condenses older turns when the context is near its bound, as `model`; default by rule. */
  condenseWith?: string | Model | AiSdkModel
}

/** Members of other kinds of agents. */
type No<Keys extends string> = { [K in Keys]?: never }
type ModelOnly = 'instructions' | keyof ModelSettings
type Elsewhere = 'url' | 'token' | 'team'

/** An agent that is code. */
export type CodeAgentDefinition<Input, Output, Takes = Input, Returns = Output> = AgentBasics<
  Input,
  Output,
  Takes
> &
  AgentTools &
  No<'reason' | ModelOnly | Elsewhere> & {
    run: (input: Input, context: AgentContext) => Promise<Returns> | Returns
  }

/**
 * What code may return: its output, or with it the state writes that are committed together with
 * it.
 */
export type Returned<Output> = Output | { output: Output; writes: readonly object[] }

/** An agent that is code and uses the loop: plan, feasible?, act, observe, met? */
export type ReasoningAgentDefinition<Input, Output, Takes = Input> = AgentBasics<Input, Output, Takes> &
  AgentTools &
  No<'run' | ModelOnly | Elsewhere> & {
    reason: (input: Input, context: AgentContext) => Reasoner<Output>
  }

/** A model with tools. Without a schema for its output its answer is text. */
export type ModelAgentDefinition<Input, Output, Takes = Input> = AgentBasics<Input, Output, Takes> &
  AgentTools &
  ModelSettings &
  No<'run' | 'reason' | Elsewhere> &
  (
    | { instructions: string | ((input: Input) => string) }
    /** Without instructions the description, or the goal alone, has to do. */
    | { instructions?: undefined; description: string }
    | { instructions?: undefined; model: string | Model | AiSdkModel }
  )

/** An agent elsewhere: `POST {url}`. */
export type RemoteAgentDefinition<Input, Output, Takes = Input> = AgentBasics<Input, Output, Takes> &
  No<'run' | 'reason' | ModelOnly | keyof AgentTools | 'team'> & { url: string; token?: string }

/** An agent that is a team: each call is a child run. */
export type TeamAgentDefinition<Input, Output, Takes = Input> = AgentBasics<Input, Output, Takes> &
  No<'run' | 'reason' | ModelOnly | keyof AgentTools | 'url' | 'token'> & { team: string }

export type AgentDefinition<Input = unknown, Output = unknown, Takes = Input> =
  | CodeAgentDefinition<Input, Output, Takes>
  | ReasoningAgentDefinition<Input, Output, Takes>
  | ModelAgentDefinition<Input, Output, Takes>
  | RemoteAgentDefinition<Input, Output, Takes>
  | TeamAgentDefinition<Input, Output, Takes>

/** An agent whatever its kind and types. */
export type AnyAgent = Omit<AgentBasics<never, unknown>, 'input' | 'output' | 'check'> &
  AgentTools &
  ModelSettings & {
    input?: Schema
    output?: Schema
    check?: (output: never, input: never, context: AgentContext) => Verdict | Promise<Verdict>
    instructions?: string | ((input: never) => string)
    run?: (input: never, context: AgentContext) => unknown
    reason?: (input: never, context: AgentContext) => Reasoner<unknown>
    url?: string
    token?: string
    team?: string
  }

/**
 * Declares an agent: code (`run`), code with the loop (`reason`), a model with tools (`instructions`, `model`, `tools`), one that runs
 * elsewhere (`url`), or a team. Returns the definition unchanged; the types of `run` follow the schemas.
 */
export function agent<Input = Json, Output = string, Takes = Input>(
  definition: ModelAgentDefinition<Input, Output, Takes>,
): ModelAgentDefinition<Input, Output, Takes>
export function agent<Input = Json, Output = Json, Takes = Input>(
  definition: RemoteAgentDefinition<Input, Output, Takes>,
): RemoteAgentDefinition<Input, Output, Takes>
export function agent<Input = Json, Output = Json, Takes = Input>(
  definition: TeamAgentDefinition<Input, Output, Takes>,
): TeamAgentDefinition<Input, Output, Takes>
export function agent<Input = Json, Output = unknown, Takes = Input>(
  definition: ReasoningAgentDefinition<Input, Output, Takes>,
): ReasoningAgentDefinition<Input, Output, Takes>
export function agent<Input = Json, Output = unknown, Takes = Input>(
  definition: CodeAgentDefinition<Input, Output, Takes, Returned<NoInfer<Output>>> & {
    output: Schema<unknown, Output>
  },
): CodeAgentDefinition<Input, Output, Takes, Returned<Output>>
// Last, as the compiler explains the last one where none fits: most agents are code.
export function agent<Input = Json, Output = unknown, Takes = Input>(
  definition: CodeAgentDefinition<Input, Output, Takes>,
): CodeAgentDefinition<Input, Output, Takes>
export function agent(definition: AnyAgent): AnyAgent {
  return definition
}

/** What makes an agent one of a kind; several of them contradict each other. */
const kindMembers = ['run', 'reason', 'url', 'team'] as const

/**
 * The members by which a definition is of several kinds at once; undefined when it is of one.
 */
export const mixedKinds = (definition: AnyAgent): string | undefined => {
  const kinds: string[] = kindMembers.filter((member) => definition[member] !== undefined)
  if (definition.instructions !== undefined) kinds.push('instructions')
  return kinds.length > 1 ? kinds.map((kind) => `"${kind}"`).join(' and ') : undefined
}

export const kindOf = (definition: AnyAgent): AgentCard['kind'] => {
  if (definition.url !== undefined) return 'remote'
  if (definition.team !== undefined) return 'team'
  return definition.run !== undefined || definition.reason !== undefined ? 'code' : 'model'
}

export const toolNames = (definition: AnyAgent): string[] =>
  toolsIn(definition.tools).map((tool) => (typeof tool === 'string' ? tool : tool.name))

export const cardOf = (definition: AnyAgent): AgentCard => {
  const card: AgentCard = {
    name: definition.name,
    description: definition.description ?? '',
    role: definition.role ?? 'specialist',
    kind: kindOf(definition),
  }
  const input = shownSchemaOf(definition.input, 'input')
  const output = shownSchemaOf(definition.output, 'output')
  const tools = toolNames(definition)
  if (input !== undefined) card.input = input
  if (output !== undefined) card.output = output
  if (tools.length > 0) card.tools = tools
  if (typeof definition.model === 'string') card.model = definition.model
  // A query may hold a key.
  if (definition.url !== undefined) card.url = shownUrl(definition.url)
  return card
}
