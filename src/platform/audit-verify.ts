import {
  type Checkpoint,
  checkpointBytes,
  checkpointDigest,
  type DroppedStream,
  headsRoot,
  type StreamHead,
} from '../domain/checkpoint.ts'
import { auditStream, type Event, type EventOf } from '../domain/event.ts'
import type { AuditSnapshot, WalkedStream } from '../ports/audit.ts'
import type { Keys, PublicKey } from '../ports/keys.ts'

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
  /** Whose signatures count; default the key each checkpoint names, which proves nothing about who signed. */
  publicKey?: PublicKey
  verify: Keys['verify']
}

/** Most findings that are listed; one deleted table breaks everything. */
const findingsMax = 1000

type Recorded = { position: number }
type Dropped = Recorded & DroppedStream
type Erased = Recorded & { from: number; to: number }
type Trail = {
  checkpoints: EventOf<'audit.checkpointed'>[]
  dropped: Map<string, Dropped[]>
  erased: Map<string, Erased[]>
}

const pushTo = <T>(table: Map<string, T[]>, key: string, value: T): void => {
  const list = table.get(key)
  if (list) list.push(value)
  else table.set(key, [value])
}

const emptyTrail = (): Trail => ({ checkpoints: [], dropped: new Map(), erased: new Map() })

/** What the audit stream says; records whose own data are gone say nothing. */
const readTrail = (events: readonly Event[]): Trail => {
  const trail = emptyTrail()
  for (const event of events) {
    const { position } = event
    if (event.type === 'audit.checkpointed') trail.checkpoints.push(event)
    if (event.type === 'audit.dropped')
      for (const stream of event.data.streams ?? [])
        pushTo(trail.dropped, stream.stream, { ...stream, position })
    if (event.type === 'audit.erased')
      for (const { stream, from, to } of event.data.ranges ?? [])
        pushTo(trail.erased, stream, { from, to, position })
  }
  return trail
}

const isSigned = (checkpoint: Checkpoint, { publicKey, verify }: VerifyOptions): boolean =>
  (publicKey === undefined || checkpoint.key === publicKey) &&
  typeof checkpoint.signature === 'string' &&
  verify(
    String(checkpoint.key),
    checkpointBytes(checkpoint),
    new Uint8Array(Buffer.from(checkpoint.signature, 'base64')),
  )

type Report = (finding: Finding) => void

/** The checkpoints of the log that hold: signed, numbered without gaps, each naming the one before it. */
const checkStored = (trail: Trail, options: VerifyOptions, report: Report): Checkpoint[] => {
  const sound: Checkpoint[] = []
  let previous: Checkpoint | undefined
  for (const [i, { version, data, position }] of trail.checkpoints.entries()) {
    const wrong = !isSigned(data, options)
      ? 'is not signed with the key trusted here'
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

const checkHeld = (trail: Trail, options: VerifyOptions, report: Report): HeldCheckpoint[] =>
  (options.held ?? []).filter((held) => {
    if (!isSigned(held, options)) {
      report({
        kind: 'checkpoint',
        message: `checkpoint ${held.number}, which you hold, is not signed with the key trusted here`,
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

/** Where a dropped stream stood at a position, as its records tell; `unknown` when they should and do not. */
const droppedHead = (
  records: readonly Dropped[],
  position: number,
): { version: number; digest: string } | 'unknown' | undefined => {
  for (const record of records.toReversed()) {
    if (record.last <= position) return record
    const at = record.heads.find((head) => head.position === position)
    if (at) return at
    if (record.first <= position) return 'unknown'
  }
  return undefined
}

type Target = { checkpoint: HeldCheckpoint; heads: StreamHead[] }

const collectHeads = (
  walked: Pick<WalkedStream, 'stream' | 'heads'>,
  records: readonly Dropped[],
  targets: readonly Target[],
  report: Report,
): void => {
  const { stream } = walked
  for (const [i, { checkpoint, heads }] of targets.entries()) {
    const head = walked.heads[i] ?? droppedHead(records, checkpoint.position)
    if (head === 'unknown')
      report({
        kind: 'removed',
        stream,
        message: `where ${stream} stood at checkpoint ${checkpoint.number} was not recorded when it was dropped`,
      })
    else if (head) heads.push({ stream, version: head.version, digest: head.digest })
  }
}

/** Data that are gone were erased lawfully if a record says so, and provably so if a checkpoint covers the record. */
const checkErased = (walked: WalkedStream, records: readonly Erased[], signedTo: number, report: Report) => {
  const { stream } = walked
  for (const { version, position } of walked.gone) {
    const fitting = records.filter(({ from, to }) => from <= version && version <= to)
    if (fitting.length === 0)
      report({
        kind: 'erased',
        stream,
        version,
        message: `the data of ${stream}@${version} are gone without a record`,
      })
    else if (position <= signedTo && fitting.every((record) => record.position > signedTo))
      report({
        kind: 'unsigned',
        stream,
        version,
        message: `the data of ${stream}@${version} were erased with a record newer than the newest checkpoint; make a checkpoint`,
      })
  }
}

/** The first position a record says anything about; a forged one may contradict itself. */
const reachOf = ({ first, last, heads }: Dropped): number =>
  Math.min(first, last, ...heads.map(({ position }) => position))

const checkDropped = (
  walked: WalkedStream,
  records: readonly Dropped[],
  signedTo: number,
  report: Report,
): void => {
  const { stream, droppedTo } = walked
  const last = records.at(-1)
  if (last?.version !== droppedTo?.version || last?.digest !== droppedTo?.digest)
    report({
      kind: 'removed',
      stream,
      message: `events of ${stream} up to version ${droppedTo?.version ?? last?.version} were dropped otherwise than the records say`,
    })
  else if (records.some((record) => record.position > signedTo && reachOf(record) <= signedTo))
    report({
      kind: 'unsigned',
      stream,
      message: `${stream} was dropped with a record newer than the newest checkpoint; make a checkpoint`,
    })
}

const checkRoot = ({ checkpoint, heads }: Target, report: Report): void => {
  const { number, root, streams, heads: known } = checkpoint
  if (heads.length === streams && headsRoot(heads) === root) return
  report({
    kind: 'changed',
    message: `the log is not what checkpoint ${number} signed: ${streams} streams then, ${heads.length} of that time now, or other heads`,
  })
  // The list came with the checkpoint; it counts only if it is what was signed.
  if (known === undefined || headsRoot(known) !== root) return
  const now = new Map(heads.map((head) => [head.stream, head]))
  for (const { stream, version, digest } of known) {
    const head = now.get(stream)
    now.delete(stream)
    if (head?.version === version && head.digest === digest) continue
    report({
      kind: head ? 'changed' : 'removed',
      stream,
      message: `${stream} was at version ${version} at checkpoint ${number}, now ${head ? `at ${head.version} or otherwise` : 'it is missing'}`,
    })
  }
  for (const stream of now.keys())
    report({ kind: 'changed', stream, message: `${stream} was not there at checkpoint ${number}` })
}

const limitsOf = (report: AuditReport, options: VerifyOptions): string[] => {
  const limits: string[] = []
  if (report.checkpoint === undefined)
    limits.push(
      'no checkpoint: whoever can write the database can remove whole streams, or make a new chain; make one with "concord audit checkpoint --out <file>"',
    )
  else {
    limits.push(
      `${report.tail} events after checkpoint ${report.checkpoint.number} are chained but not signed: their end may be missing`,
    )
    if (!report.checkpoint.held)
      limits.push(
        'the checkpoint is the log’s own: an older copy of the whole database would pass; keep checkpoints elsewhere and give them with --checkpoint',
      )
    if (options.publicKey === undefined)
      limits.push(
        'no public key was given: whoever wrote the log may also have signed it; give one with --public-key',
      )
  }
  if (report.checkpoint !== undefined) limits.push('whoever holds the private key can sign another history')
  return limits
}

/** Recomputes every chain and compares with every checkpoint there is to compare with. */
export const verifySnapshot = async (
  snapshot: AuditSnapshot,
  options: VerifyOptions,
): Promise<AuditReport> => {
  const findings: Finding[] = []
  let more = 0
  const report: Report = (finding) => {
    if (findings.length < findingsMax) findings.push(finding)
    else more++
  }
  let trail: Trail
  try {
    trail = readTrail(snapshot.read(auditStream))
  } catch {
    // Somebody was at the records themselves: what they say counts for nothing.
    trail = emptyTrail()
    report({ kind: 'changed', stream: auditStream, message: `the records of ${auditStream} cannot be read` })
  }
  const stored = checkStored(trail, options, report)
  const held = checkHeld(trail, options, report)
  const newestStored = stored.at(-1)
  const all: HeldCheckpoint[] = [...held]
  if (newestStored && !held.some(({ position }) => position === newestStored.position)) all.push(newestStored)
  const targets: Target[] = all.map((checkpoint) => ({ checkpoint, heads: [] }))
  const newest = all.reduce<HeldCheckpoint | undefined>(
    (a, b) => (a === undefined || b.position > a.position ? b : a),
    undefined,
  )
  const signedTo = newest?.position ?? Number.POSITIVE_INFINITY
  const totals = { streams: 0, events: 0, erased: 0, dropped: 0 }
  const positions = targets.map(({ checkpoint }) => checkpoint.position)

  const unseen = new Map(trail.dropped)
  for (const walked of snapshot.walk(positions)) {
    const { stream, brokenAt, reason } = walked
    const records = trail.dropped.get(stream) ?? []
    unseen.delete(stream)
    totals.streams++
    totals.events += walked.events
    totals.erased += walked.erased
    if (records.length > 0) totals.dropped++
    if (brokenAt !== undefined)
      report({
        kind: 'changed',
        stream,
        version: brokenAt,
        message: `${stream} is broken at version ${brokenAt}: ${reason}`,
      })
    checkDropped(walked, records, signedTo, report)
    checkErased(walked, trail.erased.get(stream) ?? [], signedTo, report)
    collectHeads(walked, records, targets, report)
    if (totals.streams % 256 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  for (const stream of unseen.keys())
    report({ kind: 'removed', stream, message: `${stream}, which was dropped, is no longer listed` })
  const strays = snapshot.strays()
  if (strays > 0)
    report({
      kind: 'removed',
      message: `${strays} events belong to no stream: the name of their stream was removed`,
    })
  for (const target of targets) checkRoot(target, report)
  if (more > 0) findings.push({ kind: 'changed', message: `${more} more findings` })

  const result: AuditReport = {
    ok: findings.length === 0,
    ...totals,
    checkpoints: trail.checkpoints.length,
    ...(newest === undefined
      ? {}
      : {
          checkpoint: {
            number: newest.number,
            at: newest.at,
            position: newest.position,
            held: held.includes(newest),
          },
        }),
    tail: snapshot.eventsAfter(newest?.position ?? 0),
    findings,
    limits: [],
  }
  result.limits = limitsOf(result, options)
  return result
}
