import { ConcordError, type Failure, toFailure } from '../domain/errors.ts'
import { copyJson, type Json } from '../domain/json.ts'
import type { JournalEntry } from '../domain/run.ts'
import { type Ruling, rule } from '../policy/decide.ts'
import { validate } from '../ports/schema.ts'
import type { AnyTool, Tool } from '../ports/tool.ts'
import type { Call } from '../runtime/call.ts'
import { stale } from '../runtime/work-journal.ts'
import type { CallSite } from './call-site.ts'
import type { AnyAgent } from './define.ts'
import type { Action, Observation } from './loop.ts'
import type { AgentServices } from './services.ts'
import { Suspension } from './suspension.ts'
import { withTimeout } from './timeout.ts'
import { toolsIn } from './tools-of.ts'

const timeoutMsDefault = 30_000

/** A tool of this agent by name: one of its own objects, or a built-in it names. Throws `tool.unknown`. */
export const findTool = async (
  definition: AnyAgent,
  services: AgentServices,
  name: string,
): Promise<AnyTool> => {
  const tools = toolsIn(definition.tools)
  for (const tool of tools) {
    if (typeof tool !== 'string' && tool.name === name) return tool
    if (tool !== name) continue
    const found = await services.tool(name)
    if (found !== undefined) return found
  }
  const own = tools.map((tool) => (typeof tool === 'string' ? tool : tool.name))
  throw new ConcordError(
    'tool.unknown',
    `Cannot call tool "${name}" as agent "${definition.name}" has ${own.length === 0 ? 'no tools' : `these: ${own.join(', ')}`}; add it to the agent's tools`,
  )
}

/** Why a call cannot work: arguments that do not fit, or a policy that forbids it. */
export const toolProblems = async (context: CallSite, tool: AnyTool, input: Json): Promise<string[]> => {
  const judged = await validate(tool.input, input)
  if (!judged.ok) return judged.problems
  return rulingOn(context, tool, input).decision === 'deny'
    ? [`the policy denies tool "${tool.name}" (permission ${tool.permission}) to agent "${context.agent}"`]
    : []
}

/**
 * One tool call: returned from the journal if it is there; else judged, approved where a person must, executed under its time-out with an
 * idempotency key that stays the same when it is repeated, and recorded. Whatever the tool does wrong is an observation.
 */
export const callTool = (
  context: CallSite,
  tool: AnyTool,
  action: Action,
  call: Call,
  options?: { keepFailure: boolean },
): Promise<Observation> => context.made_(call, (before) => toolCalled(context, tool, action, before), options)

const toolCalled = async (
  context: CallSite,
  tool: AnyTool,
  action: Action,
  before: JournalEntry | undefined,
): Promise<Observation> => {
  const { journal } = context.execution
  if (before?.type === 'tool.answered') return observe(action, before.data.output, before.data.failure)
  const judged = await validate(tool.input, action.input)
  if (!judged.ok)
    return answered(
      context,
      action,
      { failure: { code: 'tool.input-invalid', message: judged.problems.join('; ') } },
      0,
    )
  await context.mayAct_()
  const refused = approval(context, tool, action)
  if (refused !== undefined) return answered(context, action, { failure: refused }, 0)
  const called = context.draft('tool.called', {
    call: action.id,
    tool: tool.name,
    input: copyJson(action.input),
    permission: tool.permission,
  })
  // What changes the world outside is on record before it happens; what only reads may be read again.
  if (tool.permission === 'write' || tool.permission === 'execute') await journal.record([called])
  else journal.note([called])
  if (!context.wanted_) throw stale()
  const clock = context.services.clock
  const startedAt = clock.monotonic()
  const result = await execute(context, tool as Tool, judged.value, action)
  return answered(context, action, result, clock.monotonic() - startedAt)
}

/** The team's policy goes before the agent's own. */
const rulingOn = (context: CallSite, tool: AnyTool, input: unknown): Ruling =>
  rule([context.team.policy, context.definition.policy], {
    agent: context.agent,
    tool: tool.name,
    permission: tool.permission,
    labels: context.execution.run.labels,
    ...(tool.isListed === undefined ? {} : { listed: tool.isListed(input) }),
  })

/** Where no person can answer, asking is refusing. What a team or a tool declares to ask waits for a person. */
const cannotAsk = (context: CallSite, tool: AnyTool, ruling: Ruling): Failure | undefined => {
  if (!context.execution.run.unattended || ruling.declared || ruling.because === undefined) return undefined
  if (tool.requireApproval === true) return undefined
  return {
    code: 'tool.forbidden',
    message: `Cannot call tool "${tool.name}" as a person must approve it (${ruling.because}) and nobody can answer in this run; allow it in the policy of team "${context.goal.team}": { tools: { ${JSON.stringify(tool.name)}: "allow" } }`,
  }
}

const approval = (context: CallSite, tool: AnyTool, action: Action): Failure | undefined => {
  const ruling = rulingOn(context, tool, action.input)
  const { decision } = ruling
  if (decision === 'deny')
    return {
      code: 'tool.forbidden',
      message: `the policy denies tool "${tool.name}" (permission ${tool.permission})`,
    }
  if (decision === 'allow' && tool.requireApproval !== true) return undefined
  const unasked = cannotAsk(context, tool, ruling)
  if (unasked !== undefined) return unasked
  const { input } = action
  const signal = context.waitFor_({
    for: 'approval',
    name: `approve:${tool.name}`,
    call: `approve:${action.id}`,
    // All of it: whoever approves sees what will be done.
    prompt: `Agent "${context.agent}" wants to call ${tool.name}(${JSON.stringify(input)}). Approve?`,
    agent: context.agent,
    tool: tool.name,
    input: copyJson(input),
  })
  if (signal.kind !== 'reject') return undefined
  const why = typeof signal.value === 'string' ? `: ${signal.value}` : ''
  return { code: 'tool.forbidden', message: `a person rejected this call${why}` }
}

const execute = async (
  context: CallSite,
  tool: Tool,
  input: unknown,
  action: Action,
): Promise<{ output?: Json; failure?: Failure }> => {
  const { clock, logger } = context.services
  const { readable } = context.execution.run
  const timeoutMs = tool.timeoutMs ?? timeoutMsDefault
  const late = () =>
    new ConcordError(
      'tool.timeout',
      `Cannot wait for tool "${tool.name}" any longer as it may take ${timeoutMs} ms; raise its timeoutMs`,
    )
  try {
    const output = await withTimeout(clock, timeoutMs, context.signal, late, (signal) =>
      tool.execute(input, {
        run: context.runId,
        step: context.stepId,
        agent: context.agent,
        ...(readable === undefined ? {} : { readable }),
        idempotencyKey: `${context.idempotencyKey}/${action.id}`,
        signal,
        clock,
        logger,
      }),
    )
    if (tool.output === undefined) return kept(output)
    const judged = await validate(tool.output, output)
    if (judged.ok) return kept(judged.value)
    return {
      failure: {
        code: 'tool.output-invalid',
        message: `the tool returned what its schema forbids: ${judged.problems.join('; ')}`,
      },
    }
  } catch (error) {
    if (context.signal.aborted || error instanceof Suspension) throw error
    return { failure: toFailure(error, 'tool.failed') }
  }
}

/** The tool did its work: what it returned is refused, and not asked for again. */
const kept = (output: unknown): { output?: Json; failure?: Failure } => {
  try {
    return { output: copyJson(output) }
  } catch (error) {
    const { message } = toFailure(error)
    return {
      failure: { code: 'tool.output-invalid', message: `the tool returned what is not JSON: ${message}` },
    }
  }
}

const answered = (
  context: CallSite,
  action: Action,
  result: { output?: Json; failure?: Failure },
  ms: number,
): Observation => {
  const data = {
    call: action.id,
    tool: action.tool,
    ...result,
    ms: Math.round(ms * 1000) / 1000,
    ...context.parallel_,
  }
  const draft = context.draft('tool.answered', data)
  context.execution.journal.note([draft])
  return observe(action, draft.data.output, draft.data.failure)
}

const observe = (action: Action, output: Json | undefined, failure: Failure | undefined): Observation =>
  failure === undefined ? { action, output: output ?? null } : { action, failed: failure.message }
