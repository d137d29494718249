import { ConcordError } from '../../domain/errors.ts'
import { isLiveNamespace } from '../../domain/names.ts'
import type { Claim, LiveOutcome, LiveWrite } from '../../ports/live-state.ts'
import type { StateLimits } from '../../ports/state-store.ts'
import { checkEpoch, checkName, staleEpoch } from '../drafts.ts'
import { recordedOf } from '../state-operation.ts'
import { type Change, isExpired, planWrites, type StateView } from '../state-plan.ts'
import { action, type PreparedWrite, prepareWrite } from '../state-write.ts'
import type { LiveTables } from './tables.ts'

export type PreparedLive = PreparedWrite & { incarnation?: string }

const invalid = (text: string): ConcordError => new ConcordError('input.invalid', text)

/** Throws `input.invalid` for a namespace of durable state. */
export const checkLive = (doing: string, namespace: string): string => {
  if (isLiveNamespace(checkName(doing, 'a namespace', namespace))) return namespace
  throw invalid(
    `Cannot ${doing} as this store holds live/{name} namespaces only: ${JSON.stringify(namespace.slice(0, 200))} is durable; use the durable state for it, in a call of its own`,
  )
}

/** Throws `input.invalid` for a mixed list, a condition of no incarnation, and what no state takes. */
export const prepareLive = (writes: readonly LiveWrite[], limits: StateLimits): PreparedLive[] =>
  writes.map((write) => {
    const prepared = prepareWrite(write, limits)
    checkLive(action(prepared), prepared.namespace)
    const { ifVersion } = prepared
    const { incarnation } = write
    if (incarnation !== undefined) checkName(action(prepared), 'an incarnation', incarnation)
    else if (ifVersion !== undefined && ifVersion > 0)
      throw invalid(
        `Cannot ${action(prepared)} as versions of live state are of an incarnation: ifVersion ${ifVersion} came without one; give the incarnation of the entry that was read`,
      )
    return incarnation === undefined ? prepared : { ...prepared, incarnation }
  })

const noClaim = (doing: string, { run, epoch }: Claim, now: string): ConcordError =>
  new ConcordError(
    'epoch.stale',
    `Cannot ${doing} as a run writes live state under its claim: ${now}; its owner claims run ${run} again once the log confirms epoch ${epoch}`,
    { details: { run, epoch } },
  )

const checkClaim = (write: PreparedLive, tables: LiveTables): void => {
  const { holder, run = holder, epoch } = write.provenance
  if (run === undefined || epoch === undefined) return
  const claim = { run: holder ?? run, epoch }
  const held = tables.claimed(claim.run)
  if (held === undefined) throw noClaim(action(write), claim, 'none is held, the store may have lost it')
  if (epoch < held) throw staleEpoch(action(write), epoch, held)
  if (epoch > held) throw noClaim(action(write), claim, `epoch ${held} is held, not ${epoch}`)
}

export const checkedClaim = ({ run, epoch }: Claim): Claim => {
  checkName('claim a run', 'a run', run)
  if (checkEpoch(epoch) > 0) return { run, epoch }
  throw invalid(`Cannot claim run ${run} as epochs count from 1: ${epoch}; give the owner's epoch`)
}

const viewOf = (tables: LiveTables): StateView => ({
  cell: tables.cell,
  recorded(namespace, key, operation) {
    const row = tables.operation(namespace, operation)
    return row && recordedOf(row, () => tables.cell(namespace, key)?.version ?? 0)
  },
  // Claims are checked before: theirs must be equal, not only as late.
  epoch: () => 0,
  ended: () => undefined,
  sequence: tables.head,
})

export type LivePlan = { changes: readonly Change[]; outcomes: LiveOutcome[] }

/** Decides without doing anything; all or none. Throws `epoch.stale` for a claim that is not held. */
export const planLive = (writes: readonly PreparedLive[], tables: LiveTables, now: number): LivePlan => {
  for (const write of writes) checkClaim(write, tables)
  const incarnation = tables.incarnation()
  const isOfAnother = (write: PreparedLive) =>
    write.ifVersion !== undefined && write.incarnation !== undefined && write.incarnation !== incarnation
  if (writes.some(isOfAnother)) {
    const outcomes = writes.map(({ namespace, key }): LiveOutcome => {
      const cell = tables.cell(namespace, key)
      const isGone = cell === undefined || cell.text === null || isExpired(cell, now)
      const version = isGone ? 0 : cell.version
      return { ok: false, key, version, reason: 'conflict', incarnation }
    })
    return { changes: [], outcomes }
  }
  const { changes, outcomes } = planWrites(writes, viewOf(tables), now)
  return { changes, outcomes: outcomes.map((outcome) => ({ ...outcome, incarnation })) }
}
