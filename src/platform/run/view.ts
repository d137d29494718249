import type { Amount, Limits } from '../../domain/budget.ts'
import type { Failure } from '../../domain/errors.ts'
import type { Forked, Parent } from '../../domain/event.ts'
import type { Json, JsonObject } from '../../domain/json.ts'
import type { Principal } from '../../domain/principal.ts'
import { openWaits, type Run, type StepState, type WaitView } from '../../domain/run.ts'
import type { RunStatus, RunSummary } from '../../domain/summary.ts'
import type { TraceContext } from '../../domain/trace-context.ts'

const statusOfStep = (run: Run, { step, status }: StepState): string => {
  const work = run.works.get(step.id)
  if (status === 'succeeded' || status === 'skipped' || work === undefined) return status
  if (work.status === 'waiting') return 'waiting'
  return work.status === 'backoff' ? 'retrying' : status
}

const stepView = (run: Run, state: StepState): StepView => {
  const { step, redo, output, failure, feedback, items } = state
  const work = run.works.get(step.id)
  const again = work?.status === 'backoff' ? work : undefined
  return {
    id: step.id,
    agent: step.agent,
    status: statusOfStep(run, state),
    dependsOn: run.plan?.graph.dependencies.get(step.id) ?? [],
    redo,
    output,
    failure: shownFailure(failure ?? again?.failure),
    retryAt: again?.retryAt,
    feedback,
    items:
      items === undefined
        ? undefined
        : { count: items.count, settled: items.settled, underWay: items.active },
  }
}

/** Where code lies on this machine is for its log and its trace. */
const shownFailure = (failure: Failure | undefined): Failure | undefined => {
  if (failure === undefined) return undefined
  const { stack: _, ...shown } = failure
  return shown
}

const planView = (run: Run): PlanView | undefined => {
  const { plan } = run
  return plan === undefined
    ? undefined
    : { version: plan.version, steps: plan.order.map((step) => stepView(run, plan.steps.get(step.id)!)) }
}

/** What its strategy had executed outside a plan. */
const taskViews = (run: Run): TaskView[] | undefined => {
  let views: TaskView[] | undefined
  for (const { id, isTask, step, status, redo, output, failure } of run.works.values()) {
    if (isTask !== true) continue
    views ??= []
    const shown = status === 'started' ? 'running' : status === 'backoff' ? 'retrying' : status
    views.push({ id, agent: step.agent, status: shown, redo, output, failure: shownFailure(failure) })
  }
  return views
}

/** A run as plain data, as `GET /runs/{id}` shows it. */
export type RunView = {
  id: string
  status: RunStatus
  /** Its text. */
  goal: string
  team: string
  params: JsonObject | undefined
  criteria: string[] | undefined
  thread: string | undefined
  subject: string | undefined
  tags: readonly string[] | undefined
  /** Who asked; absent: unknown. */
  principal: Principal | undefined
  trace: TraceContext | undefined
  budget: Limits | undefined
  /** Events so far. */
  version: number
  /** Milliseconds since the epoch, as the other times. */
  createdAt: number
  startedAt: number | undefined
  updatedAt: number
  parent: Parent | undefined
  forkedFrom: Forked | undefined
  /** Runs above it. */
  depth: number
  /** Once it has succeeded. */
  output: Json | undefined
  failure: Failure | undefined
  reasons: readonly string[]
  plan: PlanView | undefined
  /** What its strategy had executed outside a plan. */
  tasks: TaskView[] | undefined
  rejectedPlans: { version: number; reasons: readonly string[] }[]
  checks: number
  waits: WaitView[]
  /** What keeps this process from executing it. */
  blocked: string | undefined
  spent: Amount & { steps: number; cachedTokens: number }
}

export type PlanView = { version: number; steps: StepView[] }

export type TaskView = {
  id: string
  agent: string
  status: string
  /** How often it was executed again. */
  redo: number
  output: Json | undefined
  failure: Failure | undefined
}

export type StepView = {
  id: string
  agent: string
  status: string
  dependsOn: string[]
  redo: number
  output: Json | undefined
  failure: Failure | undefined
  /** When a step that is `retrying` is tried again, ms since the epoch. */
  retryAt: number | undefined
  feedback: string | undefined
  items: { count: number; settled: number; underWay: number } | undefined
}

export const runView = (run: Run, blocked?: string): RunView => {
  const { goal, book } = run
  return {
    id: run.id,
    status: run.status,
    goal: goal.text,
    team: goal.team,
    params: goal.params,
    criteria: goal.criteria,
    thread: goal.thread,
    subject: goal.subject,
    tags: goal.tags,
    principal: run.principal,
    trace: run.trace,
    budget: goal.budget,
    version: run.version,
    createdAt: run.createdAt,
    startedAt: run.startedAt,
    updatedAt: run.updatedAt,
    parent: run.parent,
    forkedFrom: run.forkedFrom,
    depth: run.depth,
    output: run.status === 'succeeded' ? (run.output ?? null) : undefined,
    failure: shownFailure(run.failure),
    reasons: run.reasons,
    // Made at once: a getter of its own in each view would keep the run it closes over for long.
    plan: planView(run),
    tasks: taskViews(run),
    rejectedPlans: run.past.map(({ version, reasons }) => ({ version, reasons })),
    checks: run.checks,
    waits: openWaits(run),
    blocked,
    spent: { ...book.spent, steps: book.steps, cachedTokens: run.cachedTokens },
  }
}

export const summaryView = ({
  run,
  goal,
  status,
  createdAt,
  updatedAt,
  parent,
  principal,
  failure,
}: RunSummary) => ({
  id: run,
  status,
  goal: goal.text,
  team: goal.team,
  thread: goal.thread,
  tags: goal.tags,
  principal,
  createdAt,
  updatedAt,
  parent,
  failure: shownFailure(failure),
})
