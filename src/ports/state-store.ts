import type { Json } from '../domain/json.ts'

/** Who writes and why; becomes part of the change event. */
export type Provenance = { run?: string; step?: string; agent?: string; cause?: string; epoch?: number }

export type StateWrite = {
  namespace: string
  key: string
  /** Absent together with `delete`. */
  value?: Json
  delete?: boolean
  /** The key's version must be this (0: absent), else the write is refused as a conflict. */
  ifVersion?: number
  ttlMs?: number
  /** A repeated id returns the recorded outcome and writes nothing. */
  operation?: string
  provenance?: Provenance
}

export type Entry = {
  key: string
  value: Json
  version: number
  at: number
  expiresAt?: number
  provenance: Provenance
}

/** `version` is the key's version after the write, or the one that stood in the way of it. */
export type WriteOutcome =
  | { ok: true; key: string; version: number; sequence: number }
  | { ok: false; key: string; version: number; reason: 'conflict' }

/**
 * Shared state: keys with a version each (continues after delete), namespaces with a sequence each, in order of commit.
 * Every change is an event of stream `state/{namespace}` whose version is the sequence, in the same transaction as the value.
 */
export interface StateStore {
  /** Linearizable. No value past its expiry is ever returned. */
  get(namespace: string, key: string): Promise<Entry | undefined>
  /** One transaction: all are applied or none; visible to all when it returns. A refused write refuses all of them. */
  write(writes: readonly StateWrite[]): Promise<WriteOutcome[]>
  /** Live entries in key order; `after` is the last key of the page before. */
  list(namespace: string, options?: { prefix?: string; after?: string; limit?: number }): Promise<Entry[]>
  close(): Promise<void>
}
