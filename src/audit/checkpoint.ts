import {
  type Checkpoint,
  checkpointBytes,
  checkpointDigest,
  headsRoot,
  type StreamHead,
} from '../domain/checkpoint.ts'
import { ConcordError, isConcordError } from '../domain/errors.ts'
import { auditStream } from '../domain/names.ts'
import type { AuditSnapshot, AuditTrail } from '../ports/audit.ts'
import type { AuditParts } from './parts.ts'
import type { AuditReport } from './report.ts'
import { verifySnapshot } from './verify.ts'

/** Others may append to the audit stream between reading and writing it. */
const checkpointAttempts = 8

const lastCheckpoint = (snapshot: AuditSnapshot) =>
  snapshot.read(auditStream).findLast((event) => event.type === 'audit.checkpointed')

const broken = ({ findings }: AuditReport): ConcordError =>
  new ConcordError(
    'store.corrupt',
    `Cannot sign the log as it must verify first: ${findings[0]?.message} (${findings.length} findings); look with "concord audit verify"`,
  )

/**
 * Signs where every stream stands. Appends that to the log; returned without appending when nothing happened since the last. Verifies first unless
 * `trusting`, and refuses to sign a broken log (`store.corrupt`). Throws `config.invalid` when there is no private key.
 */
export const makeCheckpoint = async (
  { stores, trail, keys, clock, breathe }: AuditParts,
  trusting: boolean,
): Promise<{ checkpoint: Checkpoint; heads: StreamHead[] }> => {
  const signer = await keys.signer()
  if (signer === undefined)
    throw new ConcordError(
      'config.invalid',
      `Cannot sign a checkpoint as it needs a private key: there is none${keys.place === undefined ? '' : ` in ${keys.place}`}; make one with "concord audit key --out <file>" and name it in audit.key of the config or in CONCORD_AUDIT_KEY`,
    )
  for (let attempt = 1; ; attempt++) {
    const found = await trail.snapshot(async (snapshot) => {
      const last = lastCheckpoint(snapshot)
      if (!trusting) {
        const report = await verifySnapshot(snapshot, {
          verify: keys.verify,
          ...(breathe === undefined ? {} : { breathe }),
        })
        // Data that are gone do not change what is signed, and stay findings of every verification.
        if (report.findings.some(({ kind }) => kind !== 'unsigned' && kind !== 'erased')) throw broken(report)
      }
      const heads = snapshot.heads()
      return {
        last,
        heads,
        commits: snapshot.commitHead(),
        position: snapshot.position,
        version: heads.find((h) => h.stream === auditStream)?.version ?? 0,
      }
    })
    const { last, heads, commits, position, version } = found
    if (last?.position === position && last.data.key === signer.publicKey)
      return { checkpoint: last.data, heads: await headsAt(trail, last.data.position) }
    const unsigned: Omit<Checkpoint, 'signature'> = {
      format: 2,
      number: (last?.data.number ?? 0) + 1,
      at: clock.now(),
      position,
      streams: heads.length,
      root: headsRoot(heads),
      commits,
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
      // Of a lost answer the next look shows what came: a checkpoint that was made is found as the last.
      const again = isConcordError(error) && ['version.conflict', 'store.failed'].includes(error.code)
      if (attempt >= checkpointAttempts || !again) throw error
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
export const signIfPossible = async (parts: AuditParts): Promise<void> => {
  if ((await parts.keys.signer()) !== undefined) await makeCheckpoint(parts, true)
}

/** Whether anything happened since the last checkpoint. */
export const isSigned = (trail: AuditTrail): Promise<boolean> =>
  trail.snapshot(async (snapshot) => lastCheckpoint(snapshot)?.position === snapshot.position)
