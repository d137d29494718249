import { ConcordError } from '../domain/errors.ts'
import { stateStream } from '../domain/event.ts'
import type { Provenance, StateWrite, WriteOutcome } from '../ports/state-store.ts'
import { checkEpoch, checkName, type Prepared, staleEpoch, toText } from './drafts.ts'

/** What a store keeps of a key; a deleted or expired key keeps counting versions. */
export type Cell = { version: number; live: boolean; expiresAt: number | null }

/** A write cut loose from the caller's objects. */
export type PreparedWrite = {
  namespace: string
  key: string
  /** JSON text; null deletes. */
  value: string | null
  ifVersion?: number
  ttlMs?: number
  operation: string | null
  provenance: Provenance
}

/** One change of one key: an event of the namespace's stream and the key's new cell. */
export type Change = {
  namespace: string
  key: string
  version: number
  value: string | null
  expiresAt: number | null
  event: Prepared
  epoch: number
}

export type StateView = {
  cell(namespace: string, key: string): Cell | undefined
  /** The outcome recorded under an operation id. */
  recorded(
    namespace: string,
    key: string,
    operation: string,
  ): { version: number; sequence: number } | undefined
  /** The epoch a run is in; 0 when nobody owns it. */
  epoch(run: string): number
}

export type Plan =
  | { refused: WriteOutcome[] }
  | { changes: Change[]; outcomes: (WriteOutcome | { key: string; version: number; change: number })[] }

const name = (what: string, value: string) => checkName('write state', what, value)

export const prepareWrite = (write: StateWrite): PreparedWrite => {
  const { namespace, key, ttlMs, provenance = {} } = write
  const action = `write ${namespace} ${key}`
  if (ttlMs !== undefined && !(ttlMs > 0 && ttlMs <= 1e14))
    throw new ConcordError(
      'input.invalid',
      `Cannot ${action} as a time to live is positive: ${ttlMs}; correct ttlMs`,
    )
  if (write.delete === true && write.value !== undefined)
    throw new ConcordError(
      'input.invalid',
      `Cannot ${action} as a deletion carries no value: both were given; leave one out`,
    )
  for (const [what, value] of Object.entries(provenance)) if (typeof value === 'string') name(what, value)
  if (provenance.epoch !== undefined) checkEpoch(provenance.epoch)
  return {
    namespace: name('a namespace', namespace),
    key: name('a key', key),
    value: write.delete ? null : toText(action, write.value),
    ...(write.ifVersion === undefined ? undefined : { ifVersion: write.ifVersion }),
    ...(ttlMs === undefined ? undefined : { ttlMs }),
    operation: write.operation === undefined ? null : name('an operation', write.operation),
    provenance: { ...provenance },
  }
}

const draft = (write: PreparedWrite, type: Prepared['type'], at: number, data: string): Prepared => ({
  type,
  at,
  run: write.provenance.run ?? null,
  step: write.provenance.step ?? null,
  agent: write.provenance.agent ?? null,
  cause: write.provenance.cause ?? null,
  operation: type === 'state.changed' ? write.operation : null,
  data,
})

const keyData = (namespace: string, key: string, version: number): string =>
  `{"namespace":${JSON.stringify(namespace)},"key":${JSON.stringify(key)},"version":${version}`

/** The end of a key whose time is over. */
export const expiryOf = (namespace: string, key: string, cell: Cell, now: number): Change => {
  const version = cell.version + 1
  const by: PreparedWrite = { namespace, key, value: null, operation: null, provenance: {} }
  const event = draft(by, 'state.expired', now, `${keyData(namespace, key, version)}}`)
  return { namespace, key, version, value: null, expiresAt: null, event, epoch: 0 }
}

export const isExpired = (cell: Cell, now: number): boolean =>
  cell.live && cell.expiresAt !== null && cell.expiresAt <= now

const changeOf = (write: PreparedWrite, version: number, now: number): Change => {
  const { namespace, key, value, operation } = write
  const expiresAt = value === null || write.ttlMs === undefined ? null : now + write.ttlMs
  const body = value === null ? ',"deleted":true' : `,"value":${value}`
  const expiry = expiresAt === null ? '' : `,"expiresAt":${expiresAt}`
  const id = operation === null ? '' : `,"operation":${JSON.stringify(operation)}`
  const event = draft(
    write,
    'state.changed',
    now,
    `${keyData(namespace, key, version)}${body}${expiry}${id}}`,
  )
  return { namespace, key, version, value, expiresAt, event, epoch: write.provenance.epoch ?? 0 }
}

/**
 * Decides what a batch of writes does, without doing it: all or none. An absent key, deleted and expired ones included, is at version 0 to a
 * condition, yet its next version follows its last. Throws `epoch.stale` when a write comes from an owner that was replaced.
 */
export const planWrites = (writes: readonly PreparedWrite[], view: StateView, now: number): Plan => {
  const cells = new Map<string, Cell | undefined>()
  const operations = new Map<string, number>()
  const changes: Change[] = []
  const outcomes: Extract<Plan, { changes: Change[] }>['outcomes'] = []
  let refused = false
  const apply = (change: Change, id: string) => {
    const { version, expiresAt } = change
    cells.set(id, { version, expiresAt, live: change.value !== null })
    changes.push(change)
  }
  for (const write of writes) {
    const { namespace, key, operation, provenance } = write
    if (provenance.run !== undefined && provenance.epoch !== undefined) {
      const current = view.epoch(provenance.run)
      if (provenance.epoch < current) throw staleEpoch(`write ${namespace} ${key}`, provenance.epoch, current)
    }
    const known = operation === null ? undefined : view.recorded(namespace, key, operation)
    if (known) {
      outcomes.push({ ok: true, key, ...known })
      continue
    }
    const operationId = operation === null ? undefined : `${namespace}\0${operation}`
    const twin = operationId === undefined ? undefined : operations.get(operationId)
    if (twin !== undefined) {
      outcomes.push(outcomes[twin]!)
      continue
    }
    const id = `${namespace}\0${key}`
    let cell = cells.has(id) ? cells.get(id) : view.cell(namespace, key)
    if (cell && isExpired(cell, now)) {
      apply(expiryOf(namespace, key, cell, now), id)
      cell = cells.get(id)
    }
    const visible = cell?.live ? cell.version : 0
    if (write.ifVersion !== undefined && write.ifVersion !== visible) refused = true
    const version = (cell?.version ?? 0) + 1
    apply(changeOf(write, version, now), id)
    if (operationId !== undefined) operations.set(operationId, outcomes.length)
    outcomes.push({ key, version, change: changes.length - 1 })
  }
  return refused ? { refused: writes.map((write) => standing(write, view, now)) } : { changes, outcomes }
}

const standing = (write: PreparedWrite, view: StateView, now: number): WriteOutcome => {
  const cell = view.cell(write.namespace, write.key)
  const version = cell?.live && !isExpired(cell, now) ? cell.version : 0
  return { ok: false, key: write.key, version, reason: 'conflict' }
}

/** Outcomes with the sequences that appending the changes gave. */
export const settle = (
  plan: Exclude<Plan, { refused: WriteOutcome[] }>,
  sequences: readonly number[],
): WriteOutcome[] =>
  plan.outcomes.map((outcome) =>
    'change' in outcome
      ? { ok: true, key: outcome.key, version: outcome.version, sequence: sequences[outcome.change]! }
      : outcome,
  )

/** What comes with an append must not be able to refuse it. */
export const prepareUnconditional = (writes: readonly StateWrite[]): PreparedWrite[] =>
  writes.map((write) => {
    if (write.ifVersion !== undefined)
      throw new ConcordError(
        'input.invalid',
        `Cannot append with a write of ${write.namespace} ${write.key} as such writes are unconditional: ifVersion ${write.ifVersion}; write it by itself first`,
      )
    return prepareWrite(write)
  })

export const streamOf = (change: Change): string => stateStream(change.namespace)
