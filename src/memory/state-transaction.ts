import { ConcordError, isConcordError } from '../domain/errors.ts'
import { exactSum } from '../domain/exact.ts'
import { copyJson, type Json } from '../domain/json.ts'
import type { Entry, RecordedWrite, StateWrite, WriteOutcome } from '../ports/state-store.ts'
import { checkOptions, jsonValue } from './json-value.ts'
import { findBefore } from './state-lease.ts'

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
  /** What the first write of this very transaction was, when its step is executed again. Absent where nothing is executed again. */
  recorded?: (operation: string) => Promise<RecordedWrite | undefined>
  /** The same, whoever asks. */
  written(operation: string): Promise<RecordedWrite | undefined>
  /** Before another attempt. */
  pause(attempt: number): Promise<void>
  /** Told when it went through after others had come between: the key they wrote, as it was then read, and what it became. */
  overcome?: (key: string, attempts: number, theirs: Entry | undefined, mine: Overcome) => void
}

export type Overcome = { value?: Json; version: number }

const numberOf = (key: string, value: Json | undefined): number => {
  if (value === undefined) return 0
  if (typeof value === 'number') return value
  throw new ConcordError(
    'input.invalid',
    `Cannot increment ${key} as it must be a number: it is a value of type ${value === null ? 'null' : typeof value}; set it instead`,
  )
}

const sumOf = (key: string, value: number, by: number): number => {
  const sum = exactSum(value, by)
  if (sum !== undefined) return sum
  throw new ConcordError(
    'input.invalid',
    `Cannot increment ${key} as the sum must be exact, from -(2^53 - 1) to 2^53 - 1: ${value} + ${by}; keep it as text, or spread it over several keys`,
  )
}

/** The id of a transaction's first write, under which it is found again; of those after it that are leases. */
const firstOf = (operation: string, i = 0): string => (i === 0 ? `${operation}/0` : `${operation}+${i}`)

/** Leases first, under names that are known before their keys are. */
const inOrder = (writes: ReadonlyMap<string, Pending>): [string, Pending, lease: boolean][] => {
  const all = [...writes].map(([key, pending]): [string, Pending, boolean] => [
    key,
    pending,
    pending.kind === 'set' && pending.ttlMs !== undefined,
  ])
  return all.every(([, , lease]) => !lease) ? all : all.sort((a, b) => Number(b[2]) - Number(a[2]))
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
      return pending === undefined ? before : sumOf(key, numberOf(key, before), pending.by)
    },
    set(key, value, options = {}) {
      const action = `write ${key.slice(0, 200)}`
      checkOptions(action, options, ['ttlMs'])
      writes.set(key, { kind: 'set', value: jsonValue(action, value), ...options })
    },
    delete: (key) => void writes.set(key, { kind: 'delete' }),
    increment(key, by = 1) {
      const pending = writes.get(key)
      if (pending === undefined) writes.set(key, { kind: 'add', by })
      else if (pending.kind === 'add') pending.by = sumOf(key, pending.by, by)
      else if (pending.kind === 'delete') writes.set(key, { kind: 'set', value: by })
      else pending.value = sumOf(key, numberOf(key, pending.value), by)
    },
  })
  const batch: Omit<StateWrite, 'namespace' | 'provenance'>[] = []
  for (const [key, pending, lease] of inOrder(writes)) {
    const condition = reads.has(key) ? { ifVersion: reads.get(key)?.version ?? 0 } : {}
    // By key: tried or executed again, it may write others, or in another order.
    // The first has a name that is known before its key is.
    const operation =
      batch.length === 0 || lease ? firstOf(parts.operation, batch.length) : `${parts.operation}/${key}`
    if (pending.kind === 'set') {
      const ttl = pending.ttlMs === undefined ? {} : { ttlMs: pending.ttlMs }
      batch.push({ key, value: pending.value, operation, ...condition, ...ttl })
    } else if (pending.kind === 'delete') batch.push({ key, delete: true, operation, ...condition })
    else batch.push({ key, increment: pending.by, operation, ...condition })
  }
  // Kept with the first write: what its step goes on with when it is executed again.
  if (parts.recorded !== undefined && batch[0] !== undefined && result !== undefined)
    batch[0].result = jsonValue('keep what a transaction returns', result)
  for (const [key, entry] of reads)
    if (!writes.has(key)) batch.push({ key, check: true, ifVersion: entry?.version ?? 0 })
  const outcomes = batch.length === 0 ? [] : await parts.write(batch)
  const refused = outcomes.some((outcome) => !outcome.ok)
  // All are refused together; the one in the way is where the version is not the one that was read.
  const conflict = batch.find(
    ({ ifVersion }, i) => ifVersion !== undefined && ifVersion !== outcomes[i]?.version,
  )
  const repeated = outcomes.some((outcome) => outcome.repeated)
  const mineOf = (key: string): Overcome => {
    const i = batch.findIndex((each) => each.key === key)
    const { value } = batch[i] ?? {}
    return { version: outcomes[i]?.version ?? 0, ...(value === undefined ? {} : { value }) }
  }
  return { result, reads, mineOf, repeated, conflict: refused ? (conflict?.key ?? '') : undefined }
}

/** It wrote other keys first. */
const overtaken = (error: unknown) => {
  if (!isConcordError(error) || error.code !== 'key.reused') throw error
  return undefined
}

/** Tries until nobody came between its reads and its writes; at most `attemptsMax` times, then `version.conflict`. */
export const runTransaction = async <T>(
  fn: (tx: Transaction) => Promise<T> | T,
  parts: TransactionParts,
  attemptsMax: number,
): Promise<T> => {
  const known = await findBefore({ ...parts, isLease: true }, firstOf)
  if (known.found !== undefined) return known.found.result as T
  const now = { ...parts, operation: known.operation }
  let last: string | undefined
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const made = await once(fn, now).catch(overtaken)
    // Another execution of the same step was faster.
    if (made === undefined || made.repeated) {
      const found = await parts.written(firstOf(now.operation))
      return (found === undefined || 'result' in found ? found?.result : made?.result) as T
    }
    if (made.conflict === undefined) {
      if (last !== undefined) parts.overcome?.(last, attempt, made.reads.get(last), made.mineOf(last))
      return made.result
    }
    last = made.conflict
    await parts.pause(attempt)
  }
  throw new ConcordError(
    'version.conflict',
    `Cannot commit the transaction as ${attemptsMax} times others wrote what it had read: last "${last}"; read less in it, or try again later`,
  )
}
