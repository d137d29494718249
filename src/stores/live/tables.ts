import type { Claim } from '../../ports/live-state.ts'
import type { Held, StateRow } from '../state-change.ts'
import type { Change } from '../state-plan.ts'

export type LivePage = { prefix: string; after: string }

/** What a live store keeps, read and written without waiting; a store that waits needs another one. */
export type LiveTables = {
  /** Another one once what was kept is gone. */
  incarnation(): string
  /** The epoch that may write for a run; undefined where no claim is held. */
  claimed(run: string): number | undefined
  claim(claim: Claim): void
  release(run: string): void
  /** Of a key that was forgotten: the version that its next one follows, ended, sequence 0. */
  cell(namespace: string, key: string): Held | undefined
  /** The sequence of the last change. */
  head(namespace: string): number
  /** Changes after a sequence in order, as far as they are kept. */
  rows(namespace: string, after: number, limit: number): StateRow[]
  operation(namespace: string, operation: string): StateRow | undefined
  /** Cells that have a value, expired ones included, in key order. */
  page(namespace: string, page: LivePage, limit: number): Held[]
  /** How many keys have a value, expired ones included. */
  keys(namespace: string): number
  /** Keys whose time is over. */
  due(now: number, limit: number): readonly (readonly [namespace: string, key: string])[]
  apply(change: Change): void
  /** Forgets changes beyond the bound, and keys that ended in them. */
  prune(namespace: string): void
}

/** At least this many changes of a namespace are kept, and up to a quarter more. */
export const historyMaxDefault = 1000
export const historySlack = (historyMax: number): number => Math.ceil(historyMax / 4)
