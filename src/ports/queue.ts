import type { ErrorCode } from '../domain/errors.ts'

/** Carries identifiers only: what an entry is about is read from the log. */
export type QueueEntry = {
  queue: string
  /** What to look at, a run's or a step's id. */
  id: string
  /** Entries of one queue with the same key are one. Default: the id. */
  key?: string
  /** Not to be taken before. Default 0. */
  delayMs?: number
  /** Higher ones are taken first. Default 0. */
  priority?: number
  /** How often it may be taken before it is a dead letter. Default 5. */
  attemptsMax?: number
}

/** The right to work on an entry until `until` (ms since the epoch, on the store's clock). `token` tells it from earlier leases of the same entry. */
export type Lease = {
  queue: string
  id: string
  key: string
  /** 1 for the first. */
  attempt: number
  until: number
  token: string
}

/** Dead letters a queue keeps by default; beyond it the oldest go, each being but the identifier of something in the log. */
export const deadLettersMax = 10_000

export type EntryState = 'ready' | 'delayed' | 'leased' | 'dead'

export type QueuedEntry = {
  queue: string
  id: string
  key: string
  state: EntryState
  priority: number
  attempts: number
  attemptsMax: number
  enqueuedAt: number
  /** When a delayed entry is ready, or a lease is over. */
  due?: number
  /** Why the last attempt was given back. */
  code?: ErrorCode
}

export type QueueStats = { [state in EntryState]: number } & {
  /** When the next delayed entry is ready or the next lease is over. */
  nextAt?: number
}

/**
 * A durable queue, and a hint: the truth is in the log, so losing or duplicating an entry changes nothing but when work is looked at.
 * At least once: an entry whose taker dies is taken again after its visibility time-out. Within a queue higher priorities come first, then
 * those enqueued first; a retried or expired entry keeps its place. What was taken `attemptsMax` times without being acknowledged is a
 * dead letter: kept, listed, taken by nobody until it is requeued; a queue keeps its newest `deadLettersMax`. Times are on the store's clock.
 */
export interface Queue {
  /**
   * Durable when it returns. `added` is false when an entry with the key is there already: one that is ready or delayed is brought forward if the new one
   * would be due earlier, its priority raised if the new one's is higher; one that is leased is made ready again once it is acknowledged, so that what came meanwhile is looked at; one that is dead
   * stays dead (`state` says so). Throws `input.invalid`.
   */
  enqueue(entry: QueueEntry): Promise<{ added: boolean; state: EntryState }>
  /** The next ready entry, invisible to others for `visibilityMs`; undefined when there is none. No two leases of an entry are valid at the same time. */
  take(queue: string, options: { visibilityMs: number }): Promise<Lease | undefined>
  /** The lease from now on for `visibilityMs`; undefined when it is no longer valid: stop working on it. */
  extend(lease: Lease, visibilityMs: number): Promise<Lease | undefined>
  /** The entry is done and gone. False when the lease is no longer valid; nothing happened then. */
  acknowledge(lease: Lease): Promise<boolean>
  /**
   * Gives the entry back, to be taken again after `delayMs` (default `retryDelayMs(attempt)`), or as a dead letter when its attempts are used up.
   * `lost`: the lease is no longer valid; nothing happened.
   */
  retry(lease: Lease, options?: { delayMs?: number; code?: ErrorCode }): Promise<'delayed' | 'dead' | 'lost'>
  /** Entries in the order of being enqueued; `limit` default 100. */
  list(queue: string, options?: { state?: EntryState; limit?: number }): Promise<QueuedEntry[]>
  stats(queue: string): Promise<QueueStats>
  /** Names of queues that hold entries. */
  queues(): Promise<string[]>
  /** Makes a dead letter ready with all its attempts before it. False when there is no such dead letter. */
  requeue(queue: string, key: string): Promise<boolean>
  /** Removes an entry in whatever state; leases on it are no longer valid. False when there is none. */
  remove(queue: string, key: string): Promise<boolean>
}

export const attemptsMaxDefault = 5
const firstDelayMs = 1_000
const delayMostMs = 300_000

/** How long to wait after an attempt (1 for the first) failed: a second, doubled each time, at most five minutes. */
export const retryDelayMs = (attempt: number): number =>
  Math.min(firstDelayMs * 2 ** Math.min(attempt - 1, 30), delayMostMs)
