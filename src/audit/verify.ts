import { headsRoot, type StreamHead } from '../domain/checkpoint.ts'
import { auditStream } from '../domain/names.ts'
import type { AuditSnapshot, WalkedCommits, WalkedStream } from '../ports/audit.ts'
import {
  type AuditReport,
  type Finding,
  type HeldCheckpoint,
  limitsOf,
  type VerifyOptions,
} from './report.ts'
import { checkHeld, checkStored, type Report, signersOf } from './signatures.ts'
import { type Dropped, type Erased, emptyTrail, readTrail, type Trail } from './trail.ts'

/** Most findings that are listed; one deleted table breaks everything. */
const findingsMax = 1000

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

const breathing = async <T>(
  walk: Iterable<T | undefined>,
  { breathe }: VerifyOptions,
  use: (found: T) => void,
): Promise<void> => {
  for (const found of walk) {
    if (found === undefined) await breathe?.()
    else use(found)
  }
}

/** The chain of commits must be sound, and be at each checkpoint what that signed. */
const checkCommits = (walked: WalkedCommits, targets: readonly Target[], report: Report): void => {
  const { brokenAt, reason, stream } = walked
  if (brokenAt !== undefined)
    report({
      kind: 'changed',
      ...(stream === undefined ? {} : { stream }),
      message: `the order of commits is broken at position ${brokenAt}: ${reason}`,
    })
  for (const [i, { checkpoint }] of targets.entries()) {
    const { format, number, commits } = checkpoint
    // Beyond a fault nothing was computed.
    if (format === 1 || (brokenAt !== undefined && walked.heads[i] === undefined)) continue
    if ((walked.heads[i] ?? null) === (commits ?? null)) continue
    report({ kind: 'changed', message: `the order of commits is not what checkpoint ${number} signed` })
  }
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
  await breathing(snapshot.walk(positions), options, (walked) => {
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
  })
  await breathing(snapshot.walkCommits(positions), options, (walked) => {
    checkCommits(walked, targets, report)
  })
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
    signers: signersOf([...held, ...stored], options),
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
