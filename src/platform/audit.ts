import { join } from 'node:path'
import {
  type Checkpoint,
  checkpointBytes,
  checkpointDigest,
  headsRoot,
  type StreamHead,
  type VersionRange,
} from '../domain/checkpoint.ts'
import { ConcordError, isConcordError } from '../domain/errors.ts'
import { auditStream, inboxStream, runStream, stateStream } from '../domain/event.ts'
import type { AuditSnapshot, AuditTrail, RecordQuery } from '../ports/audit.ts'
import type { Clock } from '../ports/clock.ts'
import type { Keys } from '../ports/keys.ts'
import type { StateStore } from '../ports/state-store.ts'
import type { Stores } from '../stores/stores.ts'
import { exportLine } from './audit-export.ts'
import { type AuditReport, type HeldCheckpoint, verifySnapshot } from './audit-verify.ts'
import type { ConcordConfig } from './config.ts'
import { fileKeys, readPublicKey } from './keys.ts'
import { openStores } from './stores.ts'
import { systemClock, systemRandom } from './system.ts'

export type Pruned = { runs: number; streams: number; events: number }
export type Forgotten = { runs: number; keys: number; events: number }

/** The log as evidence: verified, signed, exported, and made smaller or forgetful without losing its proof. */
export type Audit = {
  /** `publicKey` is PEM or a file; default the one the configuration names. */
  verify(options?: { held?: readonly HeldCheckpoint[]; publicKey?: string }): Promise<AuditReport>
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
  /** Erases the data of events, recorded with a reason; of events erased before, only the record is made. How many lost their data. */
  erase(ranges: readonly VersionRange[], reason: string): Promise<number>
  /** See `forgetSubject`. */
  forget(subject: string): Promise<Forgotten>
  /** Writes a consistent copy to a new file while others use the store. */
  backup(file: string): Promise<void>
  close(): Promise<void>
}

type Parts = {
  stores: Pick<Stores, 'log' | 'state'>
  trail: AuditTrail
  keys: Keys
  clock: Clock
}

const runsPerRecord = 200
const writesPerTransaction = 500
/** Others may append to the audit stream between reading and writing it. */
const checkpointAttempts = 8

const streamsOf = (run: string): string[] => [runStream(run), inboxStream(run), stateStream(`run/${run}`)]

const lastCheckpoint = (snapshot: AuditSnapshot) =>
  snapshot.read(auditStream).findLast((event) => event.type === 'audit.checkpointed')

const broken = ({ findings }: AuditReport): ConcordError =>
  new ConcordError(
    'store.corrupt',
    `Cannot sign the log as it must verify first: ${findings[0]?.message} (${findings.length} findings); look with "concord audit verify"`,
  )

/** Signs where every stream stands. See `Audit.checkpoint`. */
const makeCheckpoint = async (
  { stores, trail, keys, clock }: Parts,
  trusting: boolean,
): Promise<{ checkpoint: Checkpoint; heads: StreamHead[] }> => {
  const signer = await keys.signer()
  if (signer === undefined)
    throw new ConcordError(
      'config.invalid',
      'Cannot sign a checkpoint as it needs a private key: there is none; make one with "concord audit key --out <file>" and name it in audit.key of the config or in CONCORD_AUDIT_KEY',
    )
  for (let attempt = 1; ; attempt++) {
    const found = await trail.snapshot(async (snapshot) => {
      const last = lastCheckpoint(snapshot)
      if (!trusting) {
        const report = await verifySnapshot(snapshot, { verify: keys.verify })
        // Data that are gone do not change what is signed, and stay findings of every verification.
        if (report.findings.some(({ kind }) => kind !== 'unsigned' && kind !== 'erased')) throw broken(report)
      }
      const heads = snapshot.heads()
      return {
        last,
        heads,
        position: snapshot.position,
        version: heads.find((h) => h.stream === auditStream)?.version ?? 0,
      }
    })
    const { last, heads, position, version } = found
    if (last?.position === position && last.data.key === signer.publicKey)
      return { checkpoint: last.data, heads: await headsAt(trail, last.data.position) }
    const unsigned: Omit<Checkpoint, 'signature'> = {
      format: 1,
      number: (last?.data.number ?? 0) + 1,
      at: clock.now(),
      position,
      streams: heads.length,
      root: headsRoot(heads),
      previous: last === undefined ? null : checkpointDigest(last.data),
      key: signer.publicKey,
    }
    const signature = Buffer.from(signer.sign(checkpointBytes(unsigned))).toString('base64')
    const checkpoint: Checkpoint = { ...unsigned, signature }
    try {
      await stores.log.append({
        stream: auditStream,
        expectedVersion: version,
        epoch: 0,
        events: [{ type: 'audit.checkpointed', at: checkpoint.at, data: checkpoint }],
      })
      return { checkpoint, heads }
    } catch (error) {
      if (attempt >= checkpointAttempts || !isConcordError(error) || error.code !== 'version.conflict')
        throw error
    }
  }
}

/** The heads a checkpoint signed, recomputed. */
const headsAt = (trail: AuditTrail, position: number): Promise<StreamHead[]> =>
  trail.snapshot(async (snapshot) =>
    snapshot.heads().flatMap((head) => {
      if (head.stream !== auditStream) return [head]
      const before = snapshot.headAt(auditStream, position)
      return before ? [{ stream: auditStream, ...before }] : []
    }),
  )

/** With a private key at hand what was just recorded is signed at once. */
const signIfPossible = async (parts: Parts): Promise<void> => {
  if ((await parts.keys.signer()) !== undefined) await makeCheckpoint(parts, true)
}

const prune = async (
  parts: Parts,
  { before, dryRun = false }: { before: number; dryRun?: boolean },
): Promise<Pruned> => {
  const { trail, clock } = parts
  if (!dryRun) await signIfPossible(parts)
  const plan = await trail.snapshot(async (snapshot) => {
    const positions = snapshot
      .read(auditStream)
      .flatMap((event) => (event.type === 'audit.checkpointed' ? [event.data.position] : []))
    return snapshot.runsEndedBefore(before).map((run) => ({
      run,
      streams: streamsOf(run).flatMap((stream) => snapshot.droppable(stream, positions) ?? []),
    }))
  })
  const streams = plan.flatMap((one) => one.streams)
  const done = {
    runs: plan.length,
    streams: streams.length,
    events: await trail.snapshot(async (snapshot) => snapshot.countEvents(streams)),
  }
  if (dryRun || plan.length === 0) return done
  const reason = `ended before ${new Date(before).toISOString()}`
  for (let i = 0; i < plan.length; i += runsPerRecord) {
    const batch = plan.slice(i, i + runsPerRecord)
    const dropped = batch.flatMap((one) => one.streams)
    await trail.drop(
      dropped,
      batch.map(({ run }) => run),
      { type: 'audit.dropped', at: clock.now(), data: { reason, streams: dropped } },
    )
  }
  await signIfPossible(parts)
  return done
}

const keysOf = async (state: StateStore, namespace: string) => {
  const entries = await state.list(namespace)
  return entries.map(({ key }) => ({ namespace, key }))
}

const deleteKeys = async (state: StateStore, keys: readonly { namespace: string; key: string }[]) => {
  for (let i = 0; i < keys.length; i += writesPerTransaction)
    await state.write(
      keys
        .slice(i, i + writesPerTransaction)
        .map((key) => ({ ...key, delete: true, provenance: { agent: 'user' } })),
    )
}

/**
 * Erases what the log and the shared state hold about a subject: the data of every event in the streams of the runs about it and of their child runs, of events of
 * those runs elsewhere, and of the subject's own namespace; values those runs wrote last are deleted, their summaries removed. Envelopes, names
 * of streams and keys stay, and the chain verifies. Not touched: backups, exports, knowledge. Throws `run.owned` while one of the runs is not final.
 */
export const forgetSubject = async (parts: Parts, subject: string): Promise<Forgotten> => {
  const { stores, trail, clock } = parts
  const own = `subject/${subject}`
  const { runs, written } = await trail.snapshot(async (snapshot) => {
    const about = snapshot.runsOfSubject(subject)
    const active = about.find(({ final }) => !final)
    if (active)
      throw new ConcordError(
        'run.owned',
        `Cannot forget subject ${subject} as its runs must have ended: run ${active.run} has not; wait for it, or cancel it with "concord cancel ${active.run}"`,
      )
    const ids = about.map(({ run }) => run)
    return { runs: ids, written: snapshot.keysWrittenBy(new Set(ids)) }
  })
  const namespaces = [own, ...runs.map((run) => `run/${run}`)]
  const lists = await Promise.all(namespaces.map((namespace) => keysOf(stores.state, namespace)))
  const keys = [...lists.flat(), ...written.filter(({ namespace }) => !namespaces.includes(namespace))]
  // Deleted first, so that those who watch are told; the deletions are erased with the rest.
  await deleteKeys(stores.state, keys)
  const ranges = await trail.snapshot(async (snapshot): Promise<VersionRange[]> => {
    const whole = [...runs.flatMap(streamsOf), stateStream(own)]
    return [
      ...whole.flatMap((stream) => {
        const kept = snapshot.droppable(stream, [])
        return kept ? [{ stream, from: 1, to: kept.version }] : []
      }),
      ...runs.flatMap((run) => snapshot.elsewhere(run)),
    ]
  })
  if (ranges.length === 0) return { runs: 0, keys: 0, events: 0 }
  const events = await trail.erase(ranges, runs, {
    type: 'audit.erased',
    at: clock.now(),
    data: { reason: 'a subject was forgotten', ranges },
  })
  await signIfPossible(parts)
  return { runs: runs.length, keys: keys.length, events }
}

export type OpenAudit = { config: ConcordConfig; env?: { [name: string]: string | undefined }; clock?: Clock }

/** Where the audit keys are: environment > config > `audit.key` in the stores' folder. */
export const auditKeyFiles = ({ config, env = {} }: Pick<OpenAudit, 'config' | 'env'>) => {
  const publicKey = env.CONCORD_AUDIT_PUBLIC_KEY || config.audit?.publicKey
  return {
    privateKey:
      env.CONCORD_AUDIT_KEY || config.audit?.key || join(config.stores?.directory ?? '.concord', 'audit.key'),
    ...(publicKey === undefined ? {} : { publicKey }),
  }
}

/** Opens the stores for auditing alone: no run is advanced. Throws `store.unsupported` for stores in memory. */
export const openAudit = async ({ config, env = {}, clock = systemClock }: OpenAudit): Promise<Audit> => {
  const keys = fileKeys(auditKeyFiles({ config, env }))
  const stores = await openStores({
    config: config.stores ?? {},
    clock,
    random: systemRandom(),
    ...(config.beforeStore === undefined ? {} : { beforeStore: config.beforeStore }),
  })
  const { audit: trail, backup } = stores
  if (trail === undefined || backup === undefined) {
    await stores.close()
    throw new ConcordError(
      'store.unsupported',
      'Cannot audit stores in memory as they are gone with their process: stores.kind is memory; use sqlite',
    )
  }
  const parts: Parts = { stores, trail, keys, clock }
  return {
    async verify({ held = [], publicKey } = {}) {
      const key = publicKey === undefined ? await keys.publicKey() : await readPublicKey(publicKey)
      const options = { held, verify: keys.verify, ...(key === undefined ? {} : { publicKey: key }) }
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
    async erase(ranges, reason) {
      const data = { reason, ranges: ranges.map((range) => ({ ...range })) }
      const erased = await trail.erase(ranges, [], { type: 'audit.erased', at: clock.now(), data })
      await signIfPossible(parts)
      return erased
    },
    forget: (subject) => forgetSubject(parts, subject),
    backup: (file) => backup(file),
    close: () => stores.close(),
  }
}
