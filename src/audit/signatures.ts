import { type Checkpoint, checkpointBytes, checkpointDigest } from '../domain/checkpoint.ts'
import { auditStream } from '../domain/names.ts'
import type { PublicKey } from '../ports/keys.ts'
import type { AuditReport, Finding, HeldCheckpoint, VerifyOptions } from './report.ts'
import type { Trail } from './trail.ts'

const isTrusted = (key: PublicKey, { publicKeys = [] }: VerifyOptions): boolean =>
  publicKeys.length === 0 || publicKeys.some((trusted) => trusted.key === key)

const isSigned = (checkpoint: Checkpoint, options: VerifyOptions): boolean =>
  isTrusted(checkpoint.key, options) &&
  typeof checkpoint.signature === 'string' &&
  options.verify(
    String(checkpoint.key),
    checkpointBytes(checkpoint),
    new Uint8Array(Buffer.from(checkpoint.signature, 'base64')),
  )

export type Report = (finding: Finding) => void

/** The checkpoints of the log that hold: signed, numbered without gaps, each naming the one before it. */
export const checkStored = (trail: Trail, options: VerifyOptions, report: Report): Checkpoint[] => {
  const sound: Checkpoint[] = []
  let previous: Checkpoint | undefined
  for (const [i, { version, data, position }] of trail.checkpoints.entries()) {
    const wrong = !isSigned(data, options)
      ? 'is not signed with a key trusted here'
      : data.number !== i + 1 || data.previous !== (previous ? checkpointDigest(previous) : null)
        ? 'does not follow the one before it'
        : data.position >= position
          ? 'speaks of events after itself'
          : undefined
    previous = data
    if (wrong === undefined) sound.push(data)
    else
      report({
        kind: 'checkpoint',
        stream: auditStream,
        version,
        message: `checkpoint ${data.number ?? '?'} ${wrong}`,
      })
  }
  return sound
}

export const checkHeld = (trail: Trail, options: VerifyOptions, report: Report): HeldCheckpoint[] =>
  (options.held ?? []).filter((held) => {
    if (!isSigned(held, options)) {
      report({
        kind: 'checkpoint',
        message: `checkpoint ${held.number}, which you hold, is not signed with a key trusted here`,
      })
      return false
    }
    const stored = trail.checkpoints[held.number - 1]?.data
    if (stored === undefined)
      report({
        kind: 'removed',
        stream: auditStream,
        message: `checkpoint ${held.number}, which you hold, is not in the log: its end was cut off, or an older copy put in its place`,
      })
    else if (checkpointDigest(stored) !== checkpointDigest(held))
      report({
        kind: 'checkpoint',
        stream: auditStream,
        message: `checkpoint ${held.number} of the log is another one than you hold`,
      })
    return true
  })

/** Which key signed which checkpoints, in order of their numbers; neighbours signed with one key are one entry. */
export const signersOf = (
  checkpoints: readonly Checkpoint[],
  { publicKeys = [] }: VerifyOptions,
): AuditReport['signers'] => {
  const signers: AuditReport['signers'] = []
  const byNumber = new Map(checkpoints.map((checkpoint) => [checkpoint.number, checkpoint]))
  for (const { number, key } of [...byNumber.values()].sort((a, b) => a.number - b.number)) {
    const last = signers.at(-1)
    if (last?.key === key) {
      last.to = number
      continue
    }
    const name = publicKeys.find((trusted) => trusted.key === key)?.name
    signers.push({ key, ...(name === undefined ? {} : { name }), from: number, to: number })
  }
  return signers
}
