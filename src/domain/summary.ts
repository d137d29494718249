import type { Failure } from './errors.ts'
import type { Event } from './event.ts'
import type { Goal } from './goal.ts'
import type { Principal } from './principal.ts'

export type RunStatus = 'queued' | 'running' | 'waiting' | 'suspended' | 'succeeded' | 'failed' | 'cancelled'

export const finalStatuses: ReadonlySet<RunStatus> = new Set(['succeeded', 'failed', 'cancelled'])

/** What a list of runs shows and what finding a run without an owner needs; kept by the store beside the log, derived from it. */
export type RunSummary = {
  run: string
  status: RunStatus
  goal: Goal
  createdAt: number
  updatedAt: number
  parent?: string
  /** Who asked; absent: unknown. */
  principal?: Principal
  /** The process that advances the run; absent when none does. */
  owner?: string
  /** Version of the inbox up to which signals are part of the run; absent: 0. */
  inbox?: number
  /** Child runs that a waiting run waits for. */
  children?: string[]
  /** When a waiting run wants to be looked at, ms since the epoch. */
  wakeAt?: number
  /** Of a run that is suspended: `run.blocked` with what the process lacked that suspended it. */
  failure?: Failure
  /** Suspended only because the process that advanced it was closed. */
  left?: true
}

/** By whom a run is suspended when its process is closed. */
export const closedBy = 'shutdown'
/** How the reason begins where a person interrupted that process: the run stays suspended. */
export const interrupted = 'interrupted'

/** Suspended only because the process that had it could not execute it. */
const isBlocked = ({ status, failure }: RunSummary): boolean =>
  status === 'suspended' && failure?.code === 'run.blocked'

/** Suspended for no other reason than its process: any other process that can may continue it. */
export const isForAnyProcess = (summary: RunSummary): boolean =>
  isBlocked(summary) || (summary.status === 'suspended' && summary.left === true)

const statusAfter: Partial<Record<Event['type'], RunStatus>> = {
  'run.queued': 'queued',
  'run.started': 'running',
  'run.resumed': 'running',
  'run.waiting': 'waiting',
  'run.suspended': 'suspended',
  'run.succeeded': 'succeeded',
  'run.failed': 'failed',
  'run.cancelled': 'cancelled',
}

export const statusOf = (type: Event['type']): RunStatus | undefined => statusAfter[type]
