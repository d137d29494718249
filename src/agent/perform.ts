import { durationProblem } from '../domain/duration.ts'
import { ConcordError, type ErrorCode, type Failure, toFailure } from '../domain/errors.ts'
import { agentsRun, isSpread } from '../domain/item-run.ts'
import { copyJson, type Json, type JsonObject } from '../domain/json.ts'
import { runNamespace } from '../domain/names.ts'
import { attemptOf, earlierOf } from '../domain/operation.ts'
import { isObject } from '../domain/reference.ts'
import { deadlineOf } from '../domain/run.ts'
import { validate } from '../ports/schema.ts'
import type { StateWrite } from '../ports/state-store.ts'
import { Cancellation } from '../runtime/cancellation.ts'
import { type Deadlines, deadlines } from '../runtime/deadlines.ts'
import type { Execution, Outcome, Perform } from '../runtime/perform.ts'
import { CallContext } from './call-context.ts'
import type { CallSite, Invoke } from './call-site.ts'
import { chain, isPromise } from './chain.ts'
import { type AnyAgent, callDepthMax, callsMax, kindOf } from './define.ts'
import { judgeAnswer } from './judge.ts'
import { defaultLoopBounds, type Reasoner, reasoningLoop } from './loop.ts'
import { modelReasoner } from './model-agent.ts'
import { callRemote } from './remote.ts'
import { keptAs } from './result.ts'
import type { AgentServices } from './services.ts'
import { spreadOut } from './spread.ts'
import { Suspension } from './suspension.ts'
import { afterOwnTime } from './turn-waits.ts'

const timeoutMsDefault = 120_000
const noCallers: readonly string[] = []

/** Executes steps on the agents of their run's team, in process or elsewhere. */
export const createPerform = (services: AgentServices): Perform => {
  const limits = deadlines(services.clock)
  const called = new WeakMap<Execution, number>()
  const invoke: Invoke = async (caller, name, input, prefix) => {
    const { execution, cancellation: outer } = caller
    const callers = [...caller.callers_, caller.agent]
    if (callers.length > callDepthMax) throw tooDeep(name, callers)
    const calls = (called.get(execution) ?? 0) + 1
    if (calls > callsMax) throw tooMany(name)
    called.set(execution, calls)
    const waiting = caller.mayAct_()
    if (waiting !== undefined) await waiting
    // An agent called by another has a time limit of its own, which must not stop the other.
    const cancellation = new Cancellation()
    const release = outer.onCancel((reason) => cancellation.cancel(reason))
    try {
      const call = { services, limits, invoke, execution, name, input, prefix, cancellation, callers }
      const { output, writes } = await runAgent(call)
      if (writes !== undefined) {
        await caller.mayAct_()
        await services.state.write(writes)
      }
      return output
    } finally {
      release()
    }
  }
  const perform: Perform = (execution) => {
    const { agent: name } = execution.work.step
    const ended = <T>(outcome: T): T => {
      services.deltas?.end({ run: agentsRun(execution.run), step: execution.work.id })
      return outcome
    }
    const failure = (error: unknown) => ended(failed(services, execution, name, error, call.context))
    const call: AgentRun = {
      services,
      limits,
      invoke,
      execution,
      name,
      input: execution.input,
      prefix: '',
      callers: noCallers,
      cancellation: execution.cancellation,
      context: undefined,
    }
    try {
      const returned = runAgent(call)
      if (!isPromise(returned)) return ended(succeeded(returned, execution, call.context))
      return returned.then((value) => ended(succeeded(value, execution, call.context)), failure)
    } catch (error) {
      return failure(error)
    }
  }
  return (execution) => {
    if (isSpread(execution.work)) return spreadOut(services, execution)
    const { item, parent } = execution.run
    if (item?.results !== true || parent === undefined) return perform(execution)
    return services.items
      .parent(parent.run, item.since)
      .then((known) => perform({ ...execution, parent: known }))
  }
}

const tooDeep = (name: string, callers: readonly string[]): ConcordError =>
  new ConcordError(
    'bound.reached',
    `Cannot call agent "${name}" as agents of one step may call each other ${callDepthMax} deep, the bound callDepthMax: ${callers.slice(-3).join(' > ')} > ${name} would be deeper; end the recursion, or give the work to a team (ctx.delegate)`,
  )

const tooMany = (name: string): ConcordError =>
  new ConcordError(
    'bound.reached',
    `Cannot call agent "${name}" as one execution of a step may call agents ${callsMax} times, the bound callsMax; call fewer, or let the plan fan out (forEach)`,
  )

const succeeded = (
  { output, writes }: Returned,
  { journal }: Execution,
  context: CallSite | undefined,
): Outcome => {
  const diverged = journal.leftOver()
  if (diverged !== undefined) return { status: 'failed', failure: toFailure(diverged) }
  const outcome: Outcome = { status: 'succeeded', output }
  if (writes !== undefined) outcome.writes = writes
  if (context?.hasRead) outcome.reads = context.reads
  return outcome
}

const failed = (
  services: AgentServices,
  execution: Execution,
  name: string,
  error: unknown,
  context: CallSite | undefined,
): Outcome => {
  const { replay } = execution.journal
  // With branches that are still on their way, what is left over may be theirs.
  const diverged = replay.diverged ?? (replay.isAlone ? execution.journal.leftOver() : undefined)
  if (diverged !== undefined) return { status: 'failed', failure: toFailure(diverged) }
  const suspension = context?.suspension ?? (error instanceof Suspension ? error : undefined)
  if (suspension !== undefined) return { status: 'waiting', wait: suspension.wait }
  const team = services.team(execution.run.goal.team)
  const definition = team.agents.get(name)
  const failure: Failure = toFailure(error, 'agent.failed')
  if (failure.stack !== undefined)
    services.logger.warn(
      { error, run: execution.run.id, step: execution.work.id, agent: name },
      'the code of an agent threw',
    )
  if (isMissing(services, execution, failure)) return { status: 'blocked', reason: failure.message }
  // What a model said is in the journal: executed again it would say the same.
  const isSettled =
    failure.code === 'agent.output-invalid' && definition !== undefined && kindOf(definition) === 'model'
  const attemptsMax = isSettled ? 1 : (definition?.attemptsMax ?? team.attemptsMax)
  const retryAfterMs = askedWaitMs(failure)
  return {
    status: 'failed',
    failure,
    ...(attemptsMax === undefined ? {} : { attemptsMax }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  }
}

/**
 * What a provider or an agent elsewhere asked to wait (Retry-After): the step is tried again then,
 * and not before.
 */
const askedWaitMs = ({ details }: Failure): number | undefined => {
  const asked = details?.retryAfterMs
  return typeof asked === 'number' && durationProblem(asked) === undefined ? asked : undefined
}

/** What other code or another configuration may have. */
const codeMissing: ReadonlySet<ErrorCode> = new Set([
  'agent.unknown',
  'agent.input-invalid',
  'team.unknown',
  'tool.unknown',
])
const settingMissing: ReadonlySet<ErrorCode> = new Set([
  'model.unconfigured',
  'model.key-missing',
  'package.missing',
])

/**
 * Whether a failure says that this process lacks what the run had where it was accepted. A run of this very code that names
 * what does not exist has failed; so has a child run, whatever it was.
 */
const isMissing = (services: AgentServices, { run }: Execution, { code, details = {} }: Failure): boolean => {
  if (details.child !== undefined) return false
  if (code === 'run.blocked') return true
  return (codeMissing.has(code) && services.isForeign(run)) || (settingMissing.has(code) && run.epoch > 1)
}

type Returned = { output: Json; writes?: StateWrite[] }

type AgentRun = {
  services: AgentServices
  limits: Deadlines
  invoke: Invoke
  execution: Execution
  name: string
  input: Json
  prefix: string
  callers: readonly string[]
  cancellation: Cancellation
  /** Made when the agent is called. */
  context?: CallSite | undefined
}

const runAgent = (call: AgentRun): Returned | Promise<Returned> => {
  const { services, execution, name, prefix, cancellation } = call
  const team = services.team(execution.run.goal.team)
  const definition = team.agents.get(name)
  if (definition === undefined)
    throw new ConcordError(
      'agent.unknown',
      `Cannot call agent "${name}" as team "${execution.run.goal.team}" has: ${[...team.agents.keys()].join(', ')}`,
    )
  const ownMs = execution.work.step.timeoutMs ?? definition.timeoutMs ?? timeoutMsDefault
  const runsDeadline = deadlineOf(execution.run)
  const withinMs = runsDeadline === undefined ? ownMs : Math.min(ownMs, runsDeadline - execution.now())
  const context = new CallContext({
    execution,
    definition,
    services,
    team,
    cancellation,
    invoke: call.invoke,
    prefix,
    callers: call.callers,
  })
  call.context = context
  const returned = chain(acceptInput(definition, name, copyJson(call.input)), (input) =>
    chain(answerOf(definition, context, input, withinMs), (answer) => {
      if (context.suspension !== undefined) throw context.suspension
      return finish(definition, context, input, answer)
    }),
  )
  if (!isPromise(returned)) return returned
  const late = () =>
    new ConcordError(
      'agent.timeout',
      `Cannot wait for agent "${name}" any longer as step "${execution.work.id}" may take ${ownMs} ms; raise its timeoutMs`,
      kindOf(definition) === 'remote' ? { details: { service: name } } : {},
    )
  const cancel = () => cancellation.cancel(late())
  const { limits } = call
  if (services.turns === undefined)
    return untilCancelled(returned, cancellation, limits.after(withinMs, cancel))
  const { clock } = services
  const limit = { execution, clock, withinMs, deadline: runsDeadline, after: limits.after }
  return untilCancelled(returned, cancellation, afterOwnTime(limit, cancel))
}

/** Rejects when cancelled, even if the agent does not listen. */
const untilCancelled = <T>(work: Promise<T>, cancellation: Cancellation, done: () => void): Promise<T> =>
  new Promise((resolve, reject) => {
    const stop = cancellation.onCancel(reject)
    work.then(
      (value) => {
        stop()
        done()
        resolve(value)
      },
      (error) => {
        stop()
        done()
        reject(error)
      },
    )
  })

const acceptInput = (definition: AnyAgent, name: string, input: Json): unknown => {
  if (definition.input === undefined) return input
  return chain(validate(definition.input, input), (judged) => {
    if (judged.ok) return judged.value
    throw new ConcordError(
      'agent.input-invalid',
      `Cannot call agent "${name}" as its input does not fit: ${judged.problems.join('; ')}`,
      { details: { problems: judged.problems } },
    )
  })
}

const answerOf = (definition: AnyAgent, context: CallSite, input: unknown, withinMs: number): unknown =>
  definition.run === undefined
    ? remoteOrLooping(definition, context, input, withinMs)
    : native(context.within_(() => definition.run?.(input as never, context.exposed)))

/** A promise of another library is waited for like any. */
const native = (value: unknown): unknown =>
  !isPromise(value) &&
  typeof value === 'object' &&
  value !== null &&
  'then' in value &&
  typeof value.then === 'function'
    ? Promise.resolve(value)
    : value

const remoteOrLooping = async (
  definition: AnyAgent,
  context: CallSite,
  input: unknown,
  withinMs: number,
): Promise<unknown> => {
  const kind = kindOf(definition)
  // Those elsewhere know the wall clock only.
  if (kind === 'remote') return callRemote(context, input as Json, context.services.clock.now() + withinMs)
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
      : judged(definition.reason(input as never, context.exposed), definition, context, input)
  return context.within_(() =>
    reasoningLoop(definition.name, reasoner, bounds, (drafts) =>
      context.execution.journal.note(drafts.map(({ type, data }) => context.draft(type, data as never))),
    ),
  )
}

/** Code's own check first, then what the agent declares: schema, required tools, evidence, check. */
const judged = <Output>(
  reasoner: Reasoner<Output>,
  definition: AnyAgent,
  context: CallSite,
  input: unknown,
): Reasoner<Output> => ({
  ...reasoner,
  async check(answer) {
    const own = await reasoner.check?.(answer)
    return own?.met === false ? own : (await judgeAnswer(definition, context, input, answer)).verdict
  },
})

/** `{ output, writes }` is a result with state writes that are committed together with it; anything else is the result. */
const finish = (
  definition: AnyAgent,
  context: CallSite,
  input: unknown,
  answer: unknown,
): Returned | Promise<Returned> => {
  const plain = keptAs(`the output of agent "${definition.name}"`, answer)
  const withWrites =
    isObject(plain) && Array.isArray(plain.writes) && 'output' in plain && Object.keys(plain).length === 2
  const output = withWrites ? (plain.output ?? null) : plain
  const own = usesLoop(definition) ? { ...definition, check: undefined } : definition
  return chain(judgeAnswer(own, context, input, output), ({ verdict, value }): Returned => {
    if (!verdict.met)
      throw new ConcordError(
        'agent.output-invalid',
        `Cannot accept the output of agent "${definition.name}": ${verdict.reasons.join('; ')}`,
        { details: { reasons: verdict.reasons } },
      )
    const accepted = definition.output === undefined ? output : keptAs('its checked output', value)
    return withWrites
      ? { output: accepted, writes: writesOf(context, plain.writes as Json[]) }
      : { output: accepted }
  })
}

/** The loop has had the answer checked already. */
const usesLoop = (definition: AnyAgent): boolean =>
  definition.reason !== undefined || kindOf(definition) === 'model'

const isName = (name: string): boolean => name !== '' && name.isWellFormed() && !name.includes('\0')

/** What no store takes must fail the step here: refused with the result's commit it would end the run. */
const writeProblem = ({ key, namespace, ttlMs, ifVersion }: JsonObject): string | undefined => {
  if (typeof key !== 'string' || !isName(key)) return 'a key is text that is not empty'
  if (namespace !== undefined && (typeof namespace !== 'string' || !isName(namespace)))
    return 'a namespace is text that is not empty'
  if (ttlMs !== undefined && !(typeof ttlMs === 'number' && ttlMs > 0 && ttlMs <= 1e14))
    return 'ttlMs is a finite number above 0'
  return ifVersion === undefined
    ? undefined
    : 'writes returned with a result are unconditional; write it with context.state'
}

const writesOf = (context: CallSite, writes: Json[]): StateWrite[] =>
  writes.map((write, i) => {
    if (!isObject(write) || typeof write.key !== 'string')
      throw new ConcordError(
        'agent.output-invalid',
        `Cannot apply write ${i} of agent "${context.agent}" as it has no "key"`,
      )
    const problem = writeProblem(write)
    if (problem !== undefined)
      throw new ConcordError(
        'agent.output-invalid',
        `Cannot apply write ${i} of agent "${context.agent}" (key "${write.key}") as ${problem}`,
      )
    const namespace = typeof write.namespace === 'string' ? write.namespace : runNamespace(context.runId)
    context.reach.check(namespace, 'write')
    const operation = `${context.idempotencyKey}/${context.own_(`write/${i}`)}`
    // An agent that another called may have written in an attempt that failed afterwards.
    const failures = context.failures_
    return {
      namespace,
      key: write.key,
      ...(write.delete === true ? { delete: true } : { value: write.value ?? null }),
      ...(typeof write.ttlMs === 'number' ? { ttlMs: write.ttlMs } : {}),
      operation: attemptOf(operation, failures),
      ...(failures === 0 ? {} : { earlier: earlierOf(operation, failures) }),
      provenance: {
        run: context.runId,
        step: context.stepId,
        agent: context.agent,
        epoch: context.execution.run.epoch,
      },
    }
  })
