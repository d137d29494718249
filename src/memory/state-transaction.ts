import { ConcordError } from '../domain/errors.ts'
import { copyJson, type Json } from '../domain/json.ts'
import type { Entry, StateWrite, WriteOutcome } from '../ports/state-store.ts'

/** What a transaction's function is given: its reads are checked and its writes made together when it returns. */
export interface Transaction {
  /** As this transaction has left it. */
  get(key: string): Promise<Json | undefined>
  set(key: string, value: Json, options?: { ttlMs?: number }): void
  delete(key: string): void
  /** Counts on no value: others may add at the same time. */
  increment(key: string, by?: number): void
}

type Pending = { kind: 'set'; value: Json; ttlMs?: number } | { kind: 'delete' } | { kind: 'add'; by: number }

export type TransactionParts = {
  entry(key: string): Promise<Entry | undefined>
  write(writes: Omit<StateWrite, 'namespace' | 'provenance'>[]): Promise<WriteOutcome[]>
  /** The same id for the same write, however often the transaction is tried. */
  operation: string
}

const numberOf = (key: string, value: Json | undefined): number => {
  if (value === undefined) return 0
  if (typeof value === 'number') return value
  throw new ConcordError(
    'input.invalid',
    `Cannot increment ${key} as it must be a number: it is a value of type ${value === null ? 'null' : typeof value}; set it instead`,
  )
}

const once = async <T>(fn: (tx: Transaction) => Promise<T> | T, parts: TransactionParts) => {
  const reads = new Map<string, Entry | undefined>()
  const writes = new Map<string, Pending>()
  const read = async (key: string): Promise<Json | undefined> => {
    if (!reads.has(key)) reads.set(key, await parts.entry(key))
    return reads.get(key)?.value
  }
  const result = await fn({
    async get(key) {
      const pending = writes.get(key)
      if (pending?.kind === 'delete') return undefined
      if (pending?.kind === 'set') return copyJson(pending.value)
      const before = await read(key)
      return pending === undefined ? before : numberOf(key, before) + pending.by
    },
    set: (key, value, options = {}) =>
      void writes.set(key, { kind: 'set', value: copyJson(value), ...options }),
    delete: (key) => void writes.set(key, { kind: 'delete' }),
    increment(key, by = 1) {
      const pending = writes.get(key)
      if (pending === undefined) writes.set(key, { kind: 'add', by })
      else if (pending.kind === 'add') pending.by += by
      else if (pending.kind === 'delete') writes.set(key, { kind: 'set', value: by })
      else pending.value = numberOf(key, pending.value) + by
    },
  })
  const batch: Omit<StateWrite, 'namespace' | 'provenance'>[] = []
  for (const [key, pending] of writes) {
    const condition = reads.has(key) ? { ifVersion: reads.get(key)?.version ?? 0 } : {}
    // By key: tried or executed again, it may write others, or in another order.
    const operation = `${parts.operation}/${key}`
    if (pending.kind === 'set') {
      const ttl = pending.ttlMs === undefined ? {} : { ttlMs: pending.ttlMs }
      batch.push({ key, value: pending.value, operation, ...condition, ...ttl })
    } else if (pending.kind === 'delete') batch.push({ key, delete: true, operation, ...condition })
    else batch.push({ key, increment: pending.by, operation, ...condition })
  }
  for (const [key, entry] of reads)
    if (!writes.has(key)) batch.push({ key, check: true, ifVersion: entry?.version ?? 0 })
  const outcomes = batch.length === 0 ? [] : await parts.write(batch)
  const refused = outcomes.some((outcome) => !outcome.ok)
  // All are refused together; the one in the way is where the version is not the one that was read.
  const conflict = batch.find(
    ({ ifVersion }, i) => ifVersion !== undefined && ifVersion !== outcomes[i]?.version,
  )
  return { result, conflict: refused ? (conflict?.key ?? '') : undefined }
}

/** Tries until nobody came between its reads and its writes; at most `attemptsMax` times, then `version.conflict`. */
export const runTransaction = async <T>(
  fn: (tx: Transaction) => Promise<T> | T,
  parts: TransactionParts,
  attemptsMax: number,
): Promise<T> => {
  let last = ''
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const { result, conflict } = await once(fn, parts)
    if (conflict === undefined) return result
    last = conflict
  }
  throw new ConcordError(
    'version.conflict',
    `Cannot commit the transaction as ${attemptsMax} times others wrote what it had read: last "${last}"; read less in it, or try again later`,
  )
}
