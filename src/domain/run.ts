import { type Amount, type Ledger, ledger } from './budget.ts'
import type { Verdict } from './check.ts'
import type { Failure } from './errors.ts'
import type { EventData, Forked, Parent, Signal, Wait } from './event.ts'
import type { Goal } from './goal.ts'
import type { SpreadItem } from './item.ts'
import type { Json } from './json.ts'
import type { Label } from './labels.ts'
import type { Graph, Step } from './plan.ts'
import type { Principal } from './principal.ts'
import type { Recalled } from './recall.ts'
import type { Reference } from './reference.ts'
import { finalStatuses, type RunStatus, type RunSummary } from './summary.ts'
import type { TraceContext } from './trace-context.ts'

/** What a model call, tool call, wait or `ctx.step` left in the log: returned, not repeated, when the step is executed again. */
export type JournalEntry = Recorded & {
  /** The attempt at the step that recorded it. */
  attempt?: number
  /** How often the call has failed. */
  failures?: number
}

type Recorded =
  | { type: 'model.answered'; data: EventData['model.answered'] }
  | { type: 'tool.answered'; data: EventData['tool.answered'] }
  | { type: 'step.recorded'; data: EventData['step.recorded'] }
  | { type: 'scratchpad.compacted'; data: EventData['scratchpad.compacted'] }
  /** That it was noted, not what. */
  | { type: 'scratchpad.noted'; data: Pick<EventData['scratchpad.noted'], 'call'> }
  /** `wait`: what it answers. */
  | { type: 'signal.received'; data: Signal; wait?: Wait }

export type WorkStatus = 'started' | 'waiting' | 'resumable' | 'backoff' | 'succeeded' | 'failed'

/** One execution of a step, of an item of it, or of one of the run's own agents (`$plan`, `$feasible`, `$check`). */
export type Work = {
  /** `{step}` or `{step}/{index}`: the envelope's `step`. */
  id: string
  step: Step
  /** It is not a step of a plan. */
  isTask?: true
  index?: number
  plan: number
  redo: number
  attempt: number
  status: WorkStatus
  startedAt: number
  /** Owners that died one after the other while it was under way, with nothing of it recorded between. */
  losses: number
  /** It is executed while no other suspect is: what kills the owner now is this. */
  alone?: boolean
  /** Absent while there is none, as for most: so is `sent`. */
  journal?: Map<string, JournalEntry>
  /** Attempts of model calls that were sent, answered or not, by call. */
  sent?: Map<string, number>
  /** Keys reserved for its model calls and not settled: whether the call was sent. */
  held?: Map<string, boolean>
  /** Values of the state keys its references name, read when it was started. */
  state?: { [key: string]: Json }
  wait?: Wait
  retryAt?: number
  output?: Json
  failure?: Failure
  feedback?: string
}

export type StepStatus = 'pending' | 'ready' | 'running' | 'succeeded' | 'failed' | 'skipped'

/** A step of the plan in force; for `forEach` with its items. */
export type StepState = {
  step: Step
  status: StepStatus
  redo: number
  /** Dependencies not settled yet. */
  open: number
  /** Of payload, forEach and when. */
  references: Reference[]
  output?: Json
  failure?: Failure
  feedback?: string
  items?: Items
}

export type Items = {
  count: number
  /** The next index never started. */
  next: number
  active: number
  settled: number
  /** Indexes to run again, from a redo of single items. */
  again: number[]
  outputs: (Json | undefined)[]
  redos: Map<number, number>
  feedback: Map<number, string>
  state?: { [key: string]: Json }
}

export type ActivePlan = {
  version: number
  steps: Map<string, StepState>
  order: Step[]
  graph: Graph
  /** Steps that decide() should look at: ready, or with items to start, or to be resumed or retried. */
  attention: Set<string>
  /** Steps not settled. */
  open: number
  failed?: { step: string; failure: Failure }
}

export type PastPlan = {
  version: number
  steps: Step[]
  reasons: string[]
  /** Whether its steps were executed: it was accepted. */
  ran: boolean
  /** The failure of the step that it was given up for. */
  failure?: Failure
  results: { [step: string]: Json }
}

/** A run as a fold over its events. */
export type Run = {
  id: string
  status: RunStatus
  goal: Goal
  /** Of its thread and its subject, as it was when the run began. */
  recalled?: Recalled
  /** Folders and files that its tools may read beside those of the configuration. */
  readable?: readonly string[]
  /** What it has read so far. */
  labels: readonly Label[]
  /** No person can answer what its tools ask by default. */
  unattended?: true
  /** Who asked; absent: unknown. */
  principal?: Principal
  /** Absent in runs of 0.1. */
  trace?: TraceContext
  strategy: string
  /** Calls of its steps are known by their content; else, in runs of 0.1, by their order. */
  byContent: boolean
  /** Of what the team could do where the run was started. */
  teamDigest?: string
  parent?: Parent
  /** What of its parent's plan it executes, where it is an item of a spread step. */
  item?: SpreadItem
  depth: number
  forkedFrom?: Forked
  version: number
  epoch: number
  owner?: string
  /** Who claimed it last: its owner again when it goes on without a new claim. */
  claimant?: string
  /** Version of the inbox up to which signals are part of the run. */
  inbox: number
  createdAt: number
  updatedAt: number
  startedAt?: number
  book: Ledger
  /** Input tokens that providers read from their caches of prompts; among those spent. */
  cachedTokens: number
  /** What it asked its parent to raise its limits to, and has no answer to yet. */
  asking?: Amount | undefined
  /** What its parent refused last. */
  refused?: Amount
  proposed?: { version: number; steps: Step[] }
  plansProposed: number
  plan?: ActivePlan
  past: PastPlan[]
  works: Map<string, Work>
  underWay: Set<string>
  /** Works that wait or back off: ids. */
  idle: Set<string>
  checks: number
  verdict?: Verdict
  /** Named signals that came before anybody waited for them. */
  early: Signal[]
  /** What people told the run while it works, in order; agents read it, nothing takes it away. */
  messages: Signal[]
  /** What the process that suspended it lacked: one that has it resumes it. */
  blocked?: string
  /** Suspended only because the process that advanced it was closed: any other may continue it. */
  left?: boolean
  pausing: boolean
  /** Asked to go on while it was being put to rest. */
  resuming: boolean
  cancelling?: Signal
  output?: Json
  failure?: Failure
  reasons: string[]
}

export const emptyRun = (id: string): Run => ({
  id,
  status: 'queued',
  goal: { text: '', team: '' },
  strategy: '',
  byContent: false,
  depth: 0,
  version: 0,
  epoch: 0,
  inbox: 0,
  createdAt: 0,
  updatedAt: 0,
  book: ledger(),
  cachedTokens: 0,
  plansProposed: 0,
  past: [],
  works: new Map(),
  underWay: new Set(),
  idle: new Set(),
  checks: 0,
  early: [],
  messages: [],
  labels: [],
  pausing: false,
  resuming: false,
  reasons: [],
})

/**
 * Losses from which a work is suspected of killing its owners. Until then all that was under way is blamed alike, by a deploy as
 * well as by a crash; from then on only what was executed alone.
 */
export const suspectedAfter = 2

export const isSuspect = (work: Work): boolean => work.losses >= suspectedAfter

export const hasSuspects = (run: Run): boolean => {
  for (const id of run.underWay) {
    const work = run.works.get(id)
    if (work !== undefined && isSuspect(work)) return true
  }
  return false
}

export const isFinal = (run: { status: RunStatus }): boolean => finalStatuses.has(run.status)

/** The same on crash and retry, new on redo. */
export const idempotencyKey = (run: string, work: Pick<Work, 'plan' | 'id' | 'redo'>): string =>
  `${run}/${work.plan}/${work.id}/${work.redo}`

/** The instant a run must end by, where its budget limits time. */
export const deadlineOf = (run: Run): number | undefined =>
  run.goal.budget?.timeMs === undefined || run.startedAt === undefined
    ? undefined
    : run.startedAt + run.goal.budget.timeMs

/** Results of the plan in force by step, settled ones only. */
export const resultsOf = (plan: ActivePlan): { [step: string]: Json } => {
  const results: { [step: string]: Json } = {}
  for (const [id, state] of plan.steps) if (state.status === 'succeeded') results[id] = state.output ?? null
  return results
}

export const waitsOf = (run: Run): Wait[] => {
  const waits: Wait[] = []
  for (const id of run.idle) {
    const work = run.works.get(id)
    if (work?.status === 'waiting' && work.wait !== undefined) waits.push(work.wait)
  }
  return waits
}

export type WaitView = Omit<Wait, 'call'> & { step: string }

/** What a run waits for, with the step that does; nothing when it has ended. */
export const openWaits = (run: Run): WaitView[] =>
  isFinal(run)
    ? []
    : [...run.idle].flatMap((step) => {
        const work = run.works.get(step)
        if (work?.status !== 'waiting' || work.wait === undefined) return []
        const { call: _, ...wait } = work.wait
        return [{ step, ...wait }]
      })

export const summaryOf = (run: Run, wakeAt?: number): RunSummary => {
  const summary: RunSummary = {
    run: run.id,
    status: run.status,
    goal: run.goal,
    createdAt: run.createdAt,
    updatedAt: run.updatedAt,
  }
  if (run.principal !== undefined) summary.principal = run.principal
  if (run.parent !== undefined) summary.parent = run.parent.run
  if (run.owner !== undefined) summary.owner = run.owner
  if (run.inbox > 0) summary.inbox = run.inbox
  if (wakeAt !== undefined) summary.wakeAt = wakeAt
  if (run.status === 'waiting') {
    const children = waitsOf(run).flatMap((wait) => (wait.run === undefined ? [] : [wait.run]))
    if (children.length > 0) summary.children = children
  }
  if (run.status === 'suspended' && run.left === true) summary.left = true
  if (run.failure !== undefined) summary.failure = run.failure
  else if (run.blocked !== undefined) summary.failure = { code: 'run.blocked', message: run.blocked }
  return summary
}
