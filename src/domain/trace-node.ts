import type { Failure } from './errors.ts'
import type { Event, Read } from './event.ts'
import type { Json } from './json.ts'
import type { RunStatus } from './summary.ts'

export type TraceKind =
  | 'run'
  | 'plan'
  | 'step'
  | 'item'
  | 'attempt'
  | 'model'
  | 'tool'
  | 'recorded'
  | 'check'
  | 'wait'
  | 'signal'
  | 'labels'
  | 'owner'
  | 'redo'
  | 'budget'

export type TraceStatus =
  | RunStatus
  | 'proposed'
  | 'accepted'
  | 'rejected'
  | 'skipped'
  | 'met'
  | 'unmet'
  | 'retried'
  | 'redone'
  | 'interrupted'

/** One thing that happened, with what happened inside it in order. Plain JSON. */
export type TraceNode = {
  kind: TraceKind
  /** Step id, call id, plan version, who judged: what the thing is called. */
  name: string
  status?: TraceStatus
  agent?: string
  /** The process that executed it last: of an item of a spread step. */
  process?: string
  /** Versions of its first and its last event in the run's stream: what `fork --at` takes. */
  first: number
  last: number
  /** Instants, ms since the epoch; `ms` is absent while it goes on. */
  at: number
  ms?: number
  /** Spent inside it. */
  tokens: number
  money: number
  /**
   * Of the tokens, those that providers read from their caches of prompts; absent while there are
   * none.
   */
  cachedTokens?: number
  /** Why: of a plan, a verdict, a skip, a redo, a failure. */
  reasons: string[]
  failure?: Failure
  input?: Json
  output?: Json
  reads?: Read[]
  /** Items of a fan-out. */
  items?: number
  attempt?: number
  redo?: number
  children: TraceNode[]
}

/** A run's trace: the root is the run; `goal`, `team`, `strategy` and what it descends from stand beside it. */
export type Trace = TraceNode & {
  goal: Extract<Event, { type: 'run.queued' }>['data']['goal']
  strategy: string
  /** Who asked; absent: unknown. */
  principal?: Extract<Event, { type: 'run.queued' }>['data']['principal']
  parent?: string
  forkedFrom?: { run: string; version: number }
  events: number
}
