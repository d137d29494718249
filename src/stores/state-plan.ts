import type { Attempt } from '../domain/attempt.ts'
import { ConcordError } from '../domain/errors.ts'
import { exactSum } from '../domain/exact.ts'
import { stateStream } from '../domain/names.ts'
import type { StateLimits, WriteOutcome } from '../ports/state-store.ts'
import { type Prepared, staleEpoch } from './drafts.ts'
import { checkSameKey, isSame, type Recorded, repeated, stands } from './state-operation.ts'
import { action, type Cell, nobody, type PreparedWrite } from './state-write.ts'

/** One change of one key: an event of the namespace's stream and the key's new cell. */
export type Change = Cell & {
  namespace: string
  key: string
  event: Prepared
  epoch: number
  /** Whether the key was there before. */
  lived: boolean
  /** Of its event in the chain, once it has its place there. */
  digest?: string
}

export type StateView = {
  cell(namespace: string, key: string): Cell | undefined
  /** The outcome recorded under an operation id. */
  recorded(namespace: string, key: string, operation: string): Recorded | undefined
  /** The epoch a run is in; 0 when nobody owns it. */
  epoch(run: string): number
  /** The type of the event that ended an attempt. */
  ended(attempt: Attempt): string | undefined
  /** The sequence of the namespace's last change. */
  sequence(namespace: string): number
}

export type Plan = {
  changes: readonly Change[]
  /** Of all writes, in their order; refused together when one is. */
  outcomes: WriteOutcome[]
}

/** The next change of a key; `data` is the JSON text of its event. */
const change = (
  write: Pick<PreparedWrite, 'namespace' | 'key' | 'kind' | 'by' | 'operation' | 'result' | 'provenance'>,
  type: 'state.changed' | 'state.expired',
  before: Cell | undefined,
  now: number,
  sequence: number,
  text: string | null,
  expiresAt: number | null,
): Change => {
  const { namespace, key, operation, provenance } = write
  const version = (before?.version ?? 0) + 1
  let data = `{"namespace":${JSON.stringify(namespace)},"key":${JSON.stringify(key)},"version":${version}`
  // Where the key's change before this one is, so that its history is found without an index; 0: in the origin of a fork.
  if (version > 1) data += `,"previous":${before!.sequence}`
  if (type === 'state.changed') {
    data += text === null ? ',"deleted":true' : `,"value":${text}`
    if (write.kind === 'increment') data += `,"increment":${write.by}`
    if (expiresAt !== null) data += `,"expiresAt":${expiresAt}`
    if (operation !== null) data += `,"operation":${JSON.stringify(operation)}`
    if (write.result !== null) data += `,"result":${write.result}`
  }
  data += '}'
  const { run = null, step = null, agent = null, cause = null, epoch = 0 } = provenance
  return {
    namespace,
    key,
    version,
    text,
    expiresAt,
    sequence,
    lived: before !== undefined && before.text !== null,
    event: { type, at: now, run, step, agent, cause, operation, data },
    epoch,
  }
}

/** The end of a key whose time is over. */
export const expiryOf = (
  namespace: string,
  key: string,
  cell: Cell,
  now: number,
  sequence: number,
): Change => {
  const by = {
    namespace,
    key,
    kind: 'delete',
    by: 0,
    operation: null,
    result: null,
    provenance: nobody,
  } as const
  return change(by, 'state.expired', cell, now, sequence, null, null)
}

export const isExpired = (cell: Cell, now: number): boolean =>
  cell.expiresAt !== null && cell.expiresAt <= now && cell.text !== null

const incremented = (write: PreparedWrite, cell: Cell | undefined): number => {
  const value: unknown = cell === undefined || cell.text === null ? 0 : JSON.parse(cell.text)
  if (typeof value !== 'number')
    throw new ConcordError(
      'input.invalid',
      `Cannot increment ${write.namespace} ${write.key} as it must be a number: a value of type ${value === null ? 'null' : typeof value}; use update, or another key`,
    )
  const sum = exactSum(value, write.by)
  if (sum !== undefined) return sum
  throw new ConcordError(
    'input.invalid',
    `Cannot increment ${write.namespace} ${write.key} as the sum must be exact, from -(2^53 - 1) to 2^53 - 1: ${value} + ${write.by}; keep it as text and use update, or spread it over several keys`,
  )
}

/** What a batch finds where it has itself written: only made when there are several writes. */
type Own = { cells: Map<string, Cell>; operations: Map<string, WriteOutcome>; sequences: Map<string, number> }

/**
 * Decides what a batch of writes does, without doing it: all or none. An absent key, deleted and expired ones included, is at version 0 to a
 * condition, yet its next version follows its last. Throws `epoch.stale` when a write comes from an owner that was replaced, `attempt.stale` from an attempt that is over.
 */
export const planWrites = (
  writes: readonly PreparedWrite[],
  view: StateView,
  now: number,
  /** False leaves repeated operations to be found by who applies the plan. */
  lookUp = true,
): Plan => {
  const own: Own | undefined =
    writes.length > 1 ? { cells: new Map(), operations: new Map(), sequences: new Map() } : undefined
  const changes: Change[] = []
  const outcomes: WriteOutcome[] = []
  const nextSequence = (namespace: string): number => {
    const next = (own?.sequences.get(namespace) ?? view.sequence(namespace)) + 1
    own?.sequences.set(namespace, next)
    return next
  }
  let refused = false
  for (const write of writes) {
    const { namespace, key, kind, operation, provenance, ifVersion } = write
    if (provenance.run !== undefined && provenance.epoch !== undefined) {
      const current = view.epoch(provenance.holder ?? provenance.run)
      if (provenance.epoch < current) throw staleEpoch(action(write), provenance.epoch, current)
    }
    if (write.attempt !== undefined) checkAttempt(write, write.attempt, view)
    const operationId = own === undefined || operation === null ? undefined : `${namespace}\0${operation}`
    const known = operation === null || !lookUp ? undefined : view.recorded(namespace, key, operation)
    const twin = operationId === undefined ? undefined : own!.operations.get(operationId)
    if (twin !== undefined) checkSameKey(write, twin.key)
    if (known !== undefined || twin !== undefined) {
      const outcome = known === undefined ? twin! : repeatedNow(write, known, view, now)
      if (!outcome.ok) refused = true
      outcomes.push(outcome)
      continue
    }
    const before = earlierSame(write, view, now)
    if (before !== undefined) {
      outcomes.push(repeated(write, before))
      continue
    }
    const id = own === undefined ? '' : `${namespace}\0${key}`
    let cell = own?.cells.get(id) ?? view.cell(namespace, key)
    let expiry: Change | undefined
    if (cell !== undefined && isExpired(cell, now) && kind !== 'check') {
      const sequence = own === undefined ? view.sequence(namespace) + 1 : nextSequence(namespace)
      expiry = expiryOf(namespace, key, cell, now, sequence)
      changes.push(expiry)
      cell = expiry
    }
    const visible = cell === undefined || cell.text === null || isExpired(cell, now) ? 0 : cell.version
    if (ifVersion !== undefined && ifVersion !== visible) refused = true
    if (kind === 'check') {
      outcomes.push({ ok: true, key, version: visible, sequence: view.sequence(namespace) })
      continue
    }
    // Nothing to delete changes nothing. Under an operation id it is recorded: done again, it must not delete what came meanwhile.
    if (kind === 'delete' && visible === 0 && operation === null) {
      const sequence = own?.sequences.get(namespace) ?? view.sequence(namespace)
      outcomes.push({ ok: true, key, version: 0, sequence: expiry?.sequence ?? sequence })
      continue
    }
    const sum = kind === 'increment' && !refused ? incremented(write, cell) : undefined
    const text = sum === undefined ? write.text : String(sum)
    const expiresAt =
      text === null
        ? null
        : write.ttlMs !== undefined
          ? now + write.ttlMs
          : write.keepExpiry && visible > 0
            ? (cell?.expiresAt ?? null)
            : null
    const sequence =
      own === undefined ? view.sequence(namespace) + (expiry === undefined ? 1 : 2) : nextSequence(namespace)
    const made = change(write, 'state.changed', cell, now, sequence, text, expiresAt)
    changes.push(made)
    own?.cells.set(id, made)
    const outcome: WriteOutcome = { ok: true, key, version: made.version, sequence }
    if (sum !== undefined) outcome.value = sum
    if (operationId !== undefined) own!.operations.set(operationId, outcome)
    outcomes.push(outcome)
  }
  return refused
    ? { changes: [], outcomes: writes.map((write, i) => refusal(write, outcomes[i], view, now)) }
    : { changes, outcomes }
}

const checkAttempt = (write: PreparedWrite, attempt: Attempt, view: StateView): void => {
  const ended = view.ended(attempt)
  if (ended === undefined) return
  const { run, step, attempt: number } = attempt
  throw new ConcordError(
    'attempt.stale',
    `Cannot ${action(write)} as only an attempt under way may: attempt ${number} of step ${step} of run ${run} is over (${ended}); stop the work that belongs to it`,
    { details: { run, step, attempt: number, ended } },
  )
}

/**
 * What is answered to a write whose operation is recorded: the outcome of then, under a condition only
 * while it stands. So a lock that ended, or that another holds by now, is not had twice.
 */
export const repeatedNow = (
  write: PreparedWrite,
  known: Recorded,
  view: StateView,
  now: number,
): WriteOutcome => {
  const outcome = repeated(write, known)
  if (write.ifVersion === undefined || standsNow(write, known, view, now)) return outcome
  return { ...standing(write, view, now), repeated: true }
}

const standsNow = (write: PreparedWrite, known: Recorded, view: StateView, now: number): boolean => {
  const cell = view.cell(write.namespace, write.key)
  return stands(write, known, cell, cell !== undefined && isExpired(cell, now))
}

/** The same write by an attempt that failed: the newest that is recorded decides. */
const earlierSame = (write: PreparedWrite, view: StateView, now: number): Recorded | undefined => {
  for (const operation of write.earlier ?? []) {
    const known = view.recorded(write.namespace, write.key, operation)
    if (known === undefined) continue
    const { done } = known
    const same = done === undefined || (done.key === write.key && isSame(write, done))
    return same && (write.ifVersion === undefined || standsNow(write, known, view, now)) ? known : undefined
  }
  return undefined
}

type Refusal = Extract<WriteOutcome, { ok: false }>

const refusal = (
  write: PreparedWrite,
  made: WriteOutcome | undefined,
  view: StateView,
  now: number,
): WriteOutcome => (made?.ok === false ? made : standing(write, view, now))

const standing = (write: PreparedWrite, view: StateView, now: number): Refusal => {
  const cell = view.cell(write.namespace, write.key)
  const version = cell === undefined || cell.text === null || isExpired(cell, now) ? 0 : cell.version
  return { ok: false, key: write.key, version, reason: 'conflict' }
}

export const streamOf = (change: Pick<Change, 'namespace'>): string => stateStream(change.namespace)

/**
 * How many living keys a namespace has at most: exact when counted, and one more for each change since. So a namespace far below the limit is
 * never counted.
 */
export type KeyCount = { count: number; at: number }

export const checkKeys = (
  changes: readonly Change[],
  limits: StateLimits,
  known: (namespace: string) => KeyCount,
  recount: (namespace: string) => KeyCount,
): void => {
  for (const change of changes) {
    if (change.lived || change.text === null) continue
    const { namespace, key, sequence } = change
    const most = limits.keysPerNamespaceMax
    const bound = (count: KeyCount) => count.count + (sequence - count.at)
    if (bound(known(namespace)) <= most) continue
    const counted = recount(namespace)
    const more = changes.filter(
      (each) => each.namespace === namespace && !each.lived && each.text !== null,
    ).length
    if (counted.count + more <= most) continue
    throw new ConcordError(
      'bound.reached',
      `Cannot write ${namespace} ${key} as a namespace holds at most ${most} keys: it has ${counted.count}; delete some, let them expire (ttlMs), use another namespace, or raise keysPerNamespaceMax`,
      { details: { namespace, keys: counted.count, keysPerNamespaceMax: most } },
    )
  }
}
