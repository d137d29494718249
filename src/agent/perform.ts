import { ConcordError, type Failure, toFailure } from '../domain/errors.ts'
import { copyJson, type Json } from '../domain/json.ts'
import { isObject } from '../domain/reference.ts'
import { deadlineOf } from '../domain/run.ts'
import { validate } from '../ports/schema.ts'
import type { StateWrite } from '../ports/state-store.ts'
import type { Execution, Outcome, Perform } from '../runtime/perform.ts'
import { AgentContext, type Invoke } from './context.ts'
import { type AnyAgent, defaultLoopBounds, kindOf } from './define.ts'
import { judgeAnswer } from './judge.ts'
import { type Reasoner, reasoningLoop } from './loop.ts'
import { modelReasoner } from './model-agent.ts'
import { callRemote } from './remote.ts'
import type { AgentServices } from './services.ts'
import { Suspension } from './suspension.ts'
import { withTimeout } from './timeout.ts'

const timeoutMsDefault = 120_000

/** Executes steps on the agents of their run's team, in process or elsewhere. */
export const createPerform = (services: AgentServices): Perform => {
  const invoke: Invoke = async (name, input, execution, prefix) => {
    const { output } = await runAgent(services, invoke, execution, name, input, prefix)
    return output
  }
  return async (execution) => {
    const name = execution.work.step.agent
    const context: { current?: AgentContext } = {}
    try {
      const { output, writes } = await runAgent(
        services,
        invoke,
        execution,
        name,
        execution.input,
        '',
        context,
      )
      const reads = context.current?.reads ?? []
      return {
        status: 'succeeded',
        output,
        ...(writes === undefined ? {} : { writes }),
        ...(reads.length === 0 ? {} : { reads }),
      }
    } catch (error) {
      return failed(services, execution, name, error, context.current)
    }
  }
}

const failed = (
  services: AgentServices,
  execution: Execution,
  name: string,
  error: unknown,
  context: AgentContext | undefined,
): Outcome => {
  const suspension = context?.suspension ?? (error instanceof Suspension ? error : undefined)
  if (suspension !== undefined) return { status: 'waiting', wait: suspension.wait }
  const attemptsMax = services.team(execution.run.goal.team).agents.get(name)?.attemptsMax
  const failure: Failure = toFailure(error, 'agent.failed')
  return { status: 'failed', failure, ...(attemptsMax === undefined ? {} : { attemptsMax }) }
}

type Returned = { output: Json; writes?: StateWrite[] }

const runAgent = async (
  services: AgentServices,
  invoke: Invoke,
  execution: Execution,
  name: string,
  input: Json,
  prefix: string,
  made: { current?: AgentContext } = {},
): Promise<Returned> => {
  const team = services.team(execution.run.goal.team)
  const definition = team.agents.get(name)
  if (definition === undefined)
    throw new ConcordError(
      'agent.unknown',
      `Cannot call agent "${name}" as team "${execution.run.goal.team}" has: ${[...team.agents.keys()].join(', ')}`,
    )
  const now = services.clock.now()
  const ownMs = execution.work.step.timeoutMs ?? definition.timeoutMs ?? timeoutMsDefault
  const deadline = Math.min(now + ownMs, deadlineOf(execution.run) ?? Number.POSITIVE_INFINITY)
  const late = () =>
    new ConcordError(
      'agent.timeout',
      `Cannot wait for agent "${name}" any longer as step "${execution.work.id}" may take ${ownMs} ms; raise its timeoutMs`,
    )
  return withTimeout(services.clock, Math.max(0, deadline - now), execution.signal, late, async (signal) => {
    const context = new AgentContext({ execution, definition, services, team, signal, invoke, prefix })
    made.current = context
    const accepted = await acceptInput(definition, name, copyJson(input))
    const answer = await answerOf(definition, context, accepted, deadline)
    if (context.suspension !== undefined) throw context.suspension
    return finish(definition, context, accepted, answer)
  })
}

const acceptInput = async (definition: AnyAgent, name: string, input: Json): Promise<unknown> => {
  if (definition.input === undefined) return input
  const judged = await validate(definition.input, input)
  if (judged.ok) return judged.value
  throw new ConcordError(
    'agent.input-invalid',
    `Cannot call agent "${name}" as its input does not fit: ${judged.problems.join('; ')}`,
    {
      details: { problems: judged.problems },
    },
  )
}

const answerOf = async (
  definition: AnyAgent,
  context: AgentContext,
  input: unknown,
  deadline: number,
): Promise<unknown> => {
  if (definition.run !== undefined) return definition.run(input as never, context)
  const kind = kindOf(definition)
  if (kind === 'remote') return callRemote(context, input as Json, deadline)
  if (kind === 'team') {
    const text =
      isObject(input) && typeof input.goal === 'string'
        ? input.goal
        : typeof input === 'string'
          ? input
          : JSON.stringify(input)
    return context.delegate(definition.team ?? '', text, isObject(input) ? { params: input } : {})
  }
  const bounds = { ...defaultLoopBounds, ...definition.bounds }
  const reasoner =
    definition.reason === undefined
      ? await modelReasoner(definition, context, input, bounds)
      : judged(definition.reason(input as never, context), definition, context, input)
  return reasoningLoop(definition.name, reasoner, bounds, (drafts) =>
    context.execution.journal.note(drafts.map(({ type, data }) => context.draft(type, data as never))),
  )
}

/** Code's own check first, then what the agent declares: schema, required tools, evidence, check. */
const judged = <Output>(
  reasoner: Reasoner<Output>,
  definition: AnyAgent,
  context: AgentContext,
  input: unknown,
): Reasoner<Output> => ({
  ...reasoner,
  async check(answer) {
    const own = await reasoner.check?.(answer)
    return own?.met === false ? own : (await judgeAnswer(definition, context, input, answer)).verdict
  },
})

/** `{ output, writes }` is a result with state writes that are committed together with it; anything else is the result. */
const finish = async (
  definition: AnyAgent,
  context: AgentContext,
  input: unknown,
  answer: unknown,
): Promise<Returned> => {
  const plain = copyJson(answer)
  const withWrites =
    isObject(plain) && Array.isArray(plain.writes) && 'output' in plain && Object.keys(plain).length === 2
  const output = withWrites ? (plain.output ?? null) : plain
  const { verdict, value } = await judgeAnswer(
    usesLoop(definition) ? { ...definition, check: undefined } : definition,
    context,
    input,
    output,
  )
  if (!verdict.met)
    throw new ConcordError(
      'agent.output-invalid',
      `Cannot accept the output of agent "${definition.name}": ${verdict.reasons.join('; ')}`,
      { details: { reasons: verdict.reasons } },
    )
  const accepted = definition.output === undefined ? output : copyJson(value)
  return withWrites
    ? { output: accepted, writes: writesOf(context, plain.writes as Json[]) }
    : { output: accepted }
}

/** The loop has had the answer checked already. */
const usesLoop = (definition: AnyAgent): boolean =>
  definition.reason !== undefined || kindOf(definition) === 'model'

const writesOf = (context: AgentContext, writes: Json[]): StateWrite[] =>
  writes.map((write, i) => {
    if (!isObject(write) || typeof write.key !== 'string')
      throw new ConcordError(
        'agent.output-invalid',
        `Cannot apply write ${i} of agent "${context.agent}" as it has no "key"`,
      )
    return {
      namespace: typeof write.namespace === 'string' ? write.namespace : `run/${context.runId}`,
      key: write.key,
      ...(write.delete === true ? { delete: true } : { value: write.value ?? null }),
      ...(typeof write.ttlMs === 'number' ? { ttlMs: write.ttlMs } : {}),
      operation: `${context.idempotencyKey}/write/${i}`,
      provenance: {
        run: context.runId,
        step: context.stepId,
        agent: context.agent,
        epoch: context.execution.run.epoch,
      },
    }
  })
