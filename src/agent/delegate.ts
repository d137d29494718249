import { createHash } from 'node:crypto'
import {
  type Amount,
  childKey,
  type Limits,
  limitsProblem,
  remaining,
  shortageText,
} from '../domain/budget.ts'
import { ConcordError, isRetryable, toFailure } from '../domain/errors.ts'
import type { Draft } from '../domain/event.ts'
import type { Goal } from '../domain/goal.ts'
import { agentsRun } from '../domain/item-run.ts'
import { copyJson, type Json } from '../domain/json.ts'
import { childRun } from '../domain/names.ts'
import { deadlineOf, type Run } from '../domain/run.ts'
import { sharers, stepsKept } from '../domain/top-up.ts'
import { continued, spanIdOf } from '../domain/trace-context.ts'
import { stale } from '../runtime/work-journal.ts'
import type { CallSite } from './call-site.ts'
import type { DelegateOptions } from './context.ts'
import type { ChildResult } from './services.ts'

/**
 * Hands a goal to a team as a child run and returns its output. The child's end is journaled with what it cost; what keeps it from
 * ending (a store that fails, a process that goes away) is not: asked again, the same child continues.
 */
export const delegateTo = (
  context: CallSite,
  team: string,
  text: string,
  options: DelegateOptions,
): Promise<Json> => {
  const call = context.known_(`child:${team}`, copyJson({ text, options }))
  return context.made_(call, (before) => {
    if (before?.type === 'step.recorded') return outputOf(before.data)
    return delegated(context, { call: call.id, team, text, options })
  })
}

type Delegation = { call: string; team: string; text: string; options: DelegateOptions }

const delegated = async (context: CallSite, { call, team, text, options }: Delegation): Promise<Json> => {
  const { journal, work, run } = context.execution
  // A child that failed is over: a retry of the step starts another.
  const id = childId(context, call, work.journal?.get(call)?.failures ?? 0)
  await context.mayAct_()
  const budget = await childBudget(context, id, options)
  const goal: Goal = { text, team, ...options, ...(budget === undefined ? {} : { budget }) }
  const { thread, subject } = context.goal
  if (thread !== undefined) goal.thread = thread
  if (subject !== undefined) goal.subject = subject
  if (!context.wanted_) throw stale()
  const child = await endOf(context, id, goal, options.budget ?? {})
  if (!child.final) throw context.suspend({ for: 'child', name: `child:${id}`, run: id })
  const { output, failure, cost } = child
  context.raise_(child.labels, `child run ${id}`)
  const result = {
    ...(output === undefined ? {} : { value: output }),
    ...(failure === undefined ? {} : { failure }),
  }
  const name = `child:${team}`
  const recorded = context.draft('step.recorded', { call, name, ...result, ...context.parallel_ })
  const drafts: Draft[] = [recorded]
  if (isLimited(run))
    drafts.push(context.draft('budget.settled', { key: childKey(id), amount: cost, child: id }))
  await journal.record(drafts)
  return outputOf(recorded.data)
}

const outputOf = ({
  value,
  failure,
}: {
  value?: Json
  failure?: { code: ConcordError['code']; message: string }
}): Json => {
  if (failure !== undefined)
    throw new ConcordError(failure.code, failure.message, { details: { child: true } })
  return value === undefined ? null : copyJson(value)
}

/** Readable, below its parent's, and of its own: names that look alike once they are made safe differ in their digest. */
const childId = (
  { execution: { run, work, idempotencyKey } }: CallSite,
  call: string,
  failures: number,
): string => {
  const safe = (text: string) => text.replaceAll(/~[\w-]{22}/g, '').replaceAll(/[^A-Za-z0-9_.-]/g, '-')
  const name = failures === 0 ? call : `${call}\0${failures}`
  const digest = createHash('sha256').update(`${idempotencyKey}\0${name}`).digest('hex').slice(0, 10)
  return childRun(agentsRun(run), `${safe(call)}-${work.plan}-${work.redo}-${safe(work.id)}-${digest}`)
}

const endOf = async (context: CallSite, id: string, goal: Goal, own: Limits): Promise<ChildResult> => {
  const { run, journal, idempotencyKey } = context.execution
  try {
    return await context.services.child({
      id,
      goal,
      ...(run.recalled === undefined ? {} : { recalled: run.recalled }),
      ...(run.readable === undefined ? {} : { readable: run.readable }),
      ...(run.unattended === undefined ? {} : { unattended: run.unattended }),
      ...(run.principal === undefined ? {} : { principal: run.principal }),
      trace: continued(run, spanIdOf(idempotencyKey)),
      labels: run.labels,
      parent: {
        run: run.id,
        step: context.stepId,
        key: idempotencyKey,
        ...(isLimited(run) ? { ceiling: ceilingOf(run, own) } : {}),
      },
      depth: run.depth + 1,
      signal: context.signal,
    })
  } catch (error) {
    // A child that could not even begin needs no share.
    if (
      !context.signal.aborted &&
      !isRetryable(toFailure(error, 'agent.failed')) &&
      run.book.reserved.has(childKey(id))
    )
      journal.note([context.draft('budget.settled', { key: childKey(id), amount: { tokens: 0, money: 0 } })])
    throw error
  }
}

export const isLimited = ({ goal: { budget = {} } }: Run): boolean =>
  budget.tokens !== undefined || budget.money !== undefined || budget.steps !== undefined

const least = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? (a ?? b) : Math.min(a, b)

/** What the parent is limited to limits its children: time and depth as they are left, the rest as a share that is set aside first. */
export const childBudget = async (
  context: Pick<CallSite, 'execution'>,
  id: string,
  { budget }: DelegateOptions,
): Promise<Limits | undefined> => {
  const own = budget ?? {}
  const problem = limitsProblem(own)
  if (problem !== undefined)
    throw new ConcordError(
      'input.invalid',
      `Cannot start a child run as limits of a budget are numbers from 0: ${problem}; correct the budget`,
    )
  const { run } = context.execution
  const { depth } = run.goal.budget ?? {}
  const deadline = deadlineOf(run)
  const left = deadline === undefined ? undefined : Math.max(0, deadline - context.execution.now())
  const limits: Limits = { ...own }
  const timeMs = least(left, own.timeMs)
  const deepest = least(depth, own.depth)
  if (timeMs !== undefined) limits.timeMs = timeMs
  if (deepest !== undefined) limits.depth = deepest
  if (isLimited(run)) Object.assign(limits, await reserved(context, id, own))
  return Object.keys(limits).length === 0 ? undefined : limits
}

const reserved = async (context: Pick<CallSite, 'execution'>, id: string, own: Limits): Promise<Limits> => {
  const { run, journal } = context.execution
  const key = childKey(id)
  const before = run.book.reserved.get(key)
  const share = before ?? shareOf(run, own)
  if (before === undefined && !run.book.children.has(id)) {
    const short = await journal.reserve(key, share)
    if (short !== undefined)
      throw new ConcordError('budget.exhausted', shortageText(short), { details: { ...short } })
  }
  const { budget = {} } = run.goal
  return {
    ...(budget.tokens === undefined ? {} : { tokens: share.tokens }),
    ...(budget.money === undefined ? {} : { money: share.money }),
    ...(budget.steps === undefined ? {} : { steps: share.steps ?? 0 }),
  }
}

/** How far a child's limits may be raised: to what `delegate` was given, else to all that this run may ever have. */
export const ceilingOf = ({ book, parent }: Run, own: Limits): Limits => {
  const ceiling: Limits = {}
  for (const limit of ['tokens', 'money', 'steps'] as const) {
    const highest = parent?.ceiling?.[limit] ?? book.limits[limit]
    const most = highest === undefined ? undefined : least(own[limit], highest)
    if (most !== undefined) ceiling[limit] = most
  }
  return ceiling
}

/**
 * What is left, divided by the steps that are not done: those that start while the child is at work must find something. Of the steps,
 * one for each that waits to start is kept back. Several get half of that: who is short asks for more.
 */
const shareOf = (run: Run, own: Limits): Amount => {
  const among = sharers(run)
  const atOnce = among === 1 ? 1 : among * 2
  const share = (limit: 'tokens' | 'money' | 'steps', kept = 0): number | undefined => {
    const left = remaining(run.book, limit)
    return left === undefined ? undefined : Math.min(own[limit] ?? left, Math.max(0, left - kept) / atOnce)
  }
  const steps = share('steps', stepsKept(run))
  return {
    tokens: Math.floor(share('tokens') ?? 0),
    money: share('money') ?? 0,
    ...(steps === undefined ? {} : { steps: Math.floor(steps) }),
  }
}
