import type { Checkpoint, StreamHead } from '../domain/checkpoint.ts'
import type { Keys, NamedKey, PublicKey } from '../ports/keys.ts'

/** A checkpoint as it is kept elsewhere; with `heads` a stream that is missing can be named. */
export type HeldCheckpoint = Checkpoint & { heads?: StreamHead[] }

export type Finding = {
  /** `unsigned`: erased or dropped with a record that no checkpoint vouches for yet. */
  kind: 'changed' | 'removed' | 'checkpoint' | 'erased' | 'unsigned'
  stream?: string
  version?: number
  message: string
}

export type AuditReport = {
  ok: boolean
  streams: number
  events: number
  erased: number
  /** Streams whose events were dropped lawfully, in part or all. */
  dropped: number
  checkpoints: number
  /** Which key signed which checkpoints, by number; those that do not count are findings. `name`: as it was given. */
  signers: { key: PublicKey; name?: string; from: number; to: number }[]
  /** The newest one that was compared with; absent: none. */
  checkpoint?: { number: number; at: number; position: number; held: boolean }
  /** Events after it: what happened to them cannot be told. */
  tail: number
  findings: Finding[]
  /** What this verification cannot know. */
  limits: string[]
}

export type VerifyOptions = {
  held?: readonly HeldCheckpoint[]
  /** Whose signatures count; none given: the key each checkpoint names, which proves nothing about who signed. */
  publicKeys?: readonly NamedKey[]
  verify: Keys['verify']
  /** Lets others go on, in long work. */
  breathe?: () => Promise<void>
}

const ownNewest = (newest: number, held: readonly HeldCheckpoint[]): string =>
  held.length === 0
    ? 'the checkpoint is the log’s own: an older copy of the whole database would pass; keep checkpoints elsewhere and give them with --checkpoint'
    : `checkpoint ${newest} is the log’s own, the newest given is ${Math.max(...held.map(({ number }) => number))}: a copy of the database from between the two would pass; keep the newest elsewhere, too`

export const limitsOf = (report: AuditReport, options: VerifyOptions): string[] => {
  const limits: string[] = []
  if (report.checkpoint === undefined)
    limits.push(
      'no checkpoint: whoever can write the database can remove whole streams, or make a new chain; make one with "concord audit checkpoint --out <file>"',
    )
  else {
    limits.push(
      `${report.tail} events after checkpoint ${report.checkpoint.number} are chained but not signed: their end may be missing`,
    )
    if (!report.checkpoint.held) limits.push(ownNewest(report.checkpoint.number, options.held ?? []))
    if ((options.publicKeys ?? []).length === 0)
      limits.push(
        'no public key was given: whoever wrote the log may also have signed it; give one with --public-key',
      )
  }
  if (report.checkpoint !== undefined) limits.push('whoever holds the private key can sign another history')
  return limits
}
