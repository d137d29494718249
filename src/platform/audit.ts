import { join } from 'node:path'
import { makeCheckpoint, signIfPossible } from '../audit/checkpoint.ts'
import { exportLine } from '../audit/export.ts'
import { forgetSubject } from '../audit/forget.ts'
import type { AuditParts } from '../audit/parts.ts'
import { type Pruned, prune } from '../audit/prune.ts'
import { type PrunedState, type PruneState, pruneState } from '../audit/prune-state.ts'
import type { AuditReport, HeldCheckpoint } from '../audit/report.ts'
import { verifySnapshot } from '../audit/verify.ts'
import type { Checkpoint, StreamHead, VersionRange } from '../domain/checkpoint.ts'
import { ConcordError } from '../domain/errors.ts'
import type { RecordQuery } from '../ports/audit.ts'
import type { Clock } from '../ports/clock.ts'
import type { ConcordConfig } from './config.ts'
import { forgetKnowledge } from './forget-knowledge.ts'
import { fileKeys, readPublicKeys } from './keys.ts'
import { openStores } from './stores.ts'
import { systemClock, systemRandom } from './system.ts'

export type { HistoryConfig } from '../audit/prune-state.ts'
export type { AuditReport, HeldCheckpoint } from '../audit/report.ts'

export type Verify = { held?: readonly HeldCheckpoint[]; publicKeys?: string | readonly string[] }

/** How much went of each. */
export type Forgot = { runs: number; keys: number; events: number; documents: number }

/** The log as evidence: verified, signed, exported, and made smaller or forgetful without losing its proof. */
export type Audit = {
  /** `publicKeys`, one or several (after a change of keys): PEM, files or folders; default those the configuration names. */
  verify(options?: Verify): Promise<AuditReport>
  /**
   * Signs where every stream stands and appends that to the log; returned without appending when nothing happened since the last. Verifies first unless `trusting`, and refuses to sign a
   * broken log (`store.corrupt`). Throws `config.invalid` when there is no private key.
   */
  checkpoint(options?: { trusting?: boolean }): Promise<{ checkpoint: Checkpoint; heads: StreamHead[] }>
  /** Gives every event as a line of JSON to `write`, in order; how many. One instant, however long it takes. */
  export(query: RecordQuery, write: (line: string) => void | Promise<void>): Promise<number>
  /**
   * Drops the runs that ended before an instant, with their inboxes and state. Their heads are recorded, so that every checkpoint ever made still verifies. With a private key the log
   * is signed before and after.
   */
  prune(options: { before: number; dryRun?: boolean }): Promise<Pruned>
  /** Drops the past of shared state beyond what is to be kept. See `pruneState`. */
  pruneState(options: PruneState): Promise<PrunedState>
  /** Erases the data of events, recorded with a reason; of events erased before, only the record is made. How many lost their data. */
  erase(ranges: readonly VersionRange[], reason: string): Promise<number>
  /** See `forgetSubject`; and what long-term knowledge holds about the subject, or of it in namespaces of its own and its runs. */
  forget(subject: string): Promise<Forgot>
  /** Writes a consistent copy to a new file while others use the store. */
  backup(file: string): Promise<void>
  close(): Promise<void>
}

export type OpenAudit = { config: ConcordConfig; env?: { [name: string]: string | undefined }; clock?: Clock }

/** Where the audit keys are: environment > config > `audit.key` in the stores' folder. */
export const auditKeyFiles = ({ config, env = process.env }: Pick<OpenAudit, 'config' | 'env'>) => {
  const publicKeys = env.CONCORD_AUDIT_PUBLIC_KEY || config.audit?.publicKeys
  return {
    privateKey:
      env.CONCORD_AUDIT_KEY || config.audit?.key || join(config.stores?.directory ?? '.concord', 'audit.key'),
    ...(publicKeys === undefined ? {} : { publicKeys: [publicKeys].flat() }),
  }
}

/** Long verifications let others go on. */
export const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Opens the stores for auditing alone: no run is advanced. Throws `store.unsupported` for stores in memory. */
export const openAudit = async ({
  config,
  env = process.env,
  clock = systemClock,
}: OpenAudit): Promise<Audit> => {
  const beforeStore = config.beforeStore === undefined ? {} : { beforeStore: config.beforeStore }
  const keys = fileKeys(auditKeyFiles({ config, env }))
  const stores = await openStores({
    config: config.stores ?? {},
    clock,
    random: systemRandom(),
    limits: config.memory?.state,
    ...beforeStore,
  })
  const { audit: trail, backup } = stores
  if (trail === undefined || backup === undefined) {
    await stores.close()
    throw new ConcordError(
      'store.unsupported',
      'Cannot audit these stores because they keep no trail (those in memory are gone with their process); use sqlite, or let stores.open return "audit" and "backup" as well',
    )
  }
  const parts: AuditParts = { stores, trail, keys, clock, breathe }
  return {
    ...auditOver(parts),
    async forget(subject) {
      const { about, ...forgotten } = await forgetSubject(parts, subject)
      const knowledge = { config: config.stores ?? {}, clock, ...beforeStore }
      return { ...forgotten, documents: await forgetKnowledge(knowledge, { subject, runs: about }) }
    },
    backup: (file) => backup(file),
    close: () => stores.close(),
  }
}

/** The same over stores that are open; whoever opened them closes them. */
export const auditOver = (parts: AuditParts): Omit<Audit, 'backup' | 'close' | 'forget'> => {
  const { trail, keys, clock, breathe } = parts
  return {
    async verify({ held = [], publicKeys: given } = {}) {
      const publicKeys = given === undefined ? await keys.publicKeys() : await readPublicKeys([given].flat())
      const options = { held, publicKeys, verify: keys.verify, breathe }
      return trail.snapshot((snapshot) => verifySnapshot(snapshot, options))
    },
    checkpoint: ({ trusting = false } = {}) => makeCheckpoint(parts, trusting),
    export: (query, write) =>
      trail.snapshot(async (snapshot) => {
        let count = 0
        for (const record of snapshot.records(query)) {
          await write(exportLine(record))
          count++
        }
        return count
      }),
    prune: (options) => prune(parts, options),
    pruneState: (options) => pruneState(parts, options),
    async erase(ranges, reason) {
      const data = { reason, ranges: ranges.map((range) => ({ ...range })) }
      const erased = await trail.erase(ranges, [], { type: 'audit.erased', at: clock.now(), data })
      await signIfPossible(parts)
      return erased
    },
  }
}
