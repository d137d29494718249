import { ConcordError } from '../domain/errors.ts'
import type { KeyMoment, StateChange } from '../ports/state-store.ts'
import { checkMoment } from './moment.ts'
import { dataOf, type Held, newsOfRow, type StateRow } from './state-change.ts'
import { type Origin, originsOf } from './state-fork.ts'

/** What walking back through a key's changes needs of a store, without waiting. */
export type HistorySource = {
  held(namespace: string, key: string): Held | undefined
  /**
   * What is known of a key from before its changes that are kept: the last of those dropped; or, with the origin's sequence negated, what a
   * detached fork inherited.
   */
  base(namespace: string, key: string): Held | undefined
  /** Undefined also for a fork that was detached from its origin. */
  origin(namespace: string): Origin | undefined
  head(namespace: string): number
  row(namespace: string, sequence: number): StateRow | undefined
  /** The sequence of the key's last change before this one, found by looking through the stream: where no pointer tells. */
  search(namespace: string, key: string, before: number): number | undefined
  /** The first sequence that is still kept, or would be; 1 when none was dropped. */
  keptFrom(namespace: string): number
  /** When the change with this sequence was made, if it is kept. */
  timeOf(namespace: string, sequence: number): number | undefined
}

/**
 * The last of the kept changes that is stamped at or before a time; one before the first kept when there is none. Looked for from the end in
 * growing steps, then by halves: where the clock was set back in between, it is one of the moments at which the clock showed that time.
 */
export const sequenceAt = (source: HistorySource, namespace: string, time: number): number => {
  const first = source.keptFrom(namespace)
  const isLater = (sequence: number) =>
    (source.timeOf(namespace, sequence) ?? Number.NEGATIVE_INFINITY) > time
  let later = source.head(namespace) + 1
  let low = first - 1
  for (let step = 1; later - step >= first; step *= 2) {
    if (isLater(later - step)) later -= step
    else {
      low = later - step
      break
    }
  }
  while (later - low > 1) {
    const middle = low + Math.floor((later - low) / 2)
    if (isLater(middle)) later = middle
    else low = middle
  }
  return low
}

const dropped = (namespace: string, sequence: number, keptFrom: number): ConcordError =>
  new ConcordError(
    'not-found',
    `Cannot read ${namespace} at sequence ${sequence} as its changes must be kept: they are from ${keptFrom} on; choose a later moment`,
    { details: { namespace, sequence, keptFrom } },
  )

const versionDropped = (namespace: string, key: string, version: number, keptFrom: number): ConcordError =>
  new ConcordError(
    'not-found',
    `Cannot read version ${version} of ${namespace} ${key} as its change must be kept: changes are from sequence ${keptFrom} on; choose a later version`,
    { details: { namespace, key, version, keptFrom } },
  )

const notYet = (namespace: string, sequence: number, head: number): ConcordError =>
  new ConcordError(
    'input.invalid',
    `Cannot read ${namespace} at sequence ${sequence} as it is at ${head}; choose one of 0 to ${head}`,
    { details: { namespace, sequence, head } },
  )

export const sequenceOf = (
  source: HistorySource,
  namespace: string,
  at: { sequence: number } | { time: number },
): number => {
  checkMoment(at)
  const sequence = 'sequence' in at ? at.sequence : sequenceAt(source, namespace, at.time)
  const head = source.head(namespace)
  if (!(Number.isSafeInteger(sequence) && sequence >= 0 && sequence <= head))
    throw notYet(namespace, sequence, head)
  const keptFrom = source.keptFrom(namespace)
  if (keptFrom > 1 && sequence < keptFrom) throw dropped(namespace, sequence, keptFrom)
  return sequence
}

/** `previous`: where the change before it is; 0 when there is none here, undefined when it is not known. */
type Step = { row: StateRow; version: number; previous: number | undefined }

/** What is known of a change that is no longer kept, as its row. */
const rowOfHeld = (namespace: string, held: Held): StateRow => {
  const { key, version, text, expiresAt, sequence, at, provenance } = held
  const data = {
    key,
    version,
    ...(text === null ? { deleted: true } : { value: JSON.parse(text) }),
    ...(expiresAt === null ? {} : { expiresAt }),
  }
  return {
    namespace,
    sequence,
    at,
    type: 'state.changed',
    operation: null,
    provenance,
    data: JSON.stringify(data),
  }
}

/**
 * A key's changes in one namespace, newest first, following the pointers from change to change. Of those that were dropped the last before what is kept
 * is told where it is known; the walk ends there.
 */
function* walk(source: HistorySource, namespace: string, key: string, from?: number): Generator<Step> {
  const held = source.held(namespace, key)
  if (held === undefined || held.sequence === 0) return
  let { sequence, version }: { sequence: number; version: number } = held
  // A change of this key is a place to go on from without coming by from the newest.
  const middle = from === undefined ? undefined : source.row(namespace, from)
  const data = middle && dataOf(middle)
  if (data?.key === key && middle!.type !== 'state.forked') {
    sequence = from!
    version = data.version
  }
  for (;;) {
    const row = source.row(namespace, sequence)
    if (row === undefined) {
      const known = sequence === held.sequence ? held : source.base(namespace, key)
      if (known?.sequence === sequence)
        yield { row: rowOfHeld(namespace, known), version: known.version, previous: undefined }
      return
    }
    const pointer = dataOf(row)?.previous
    const previous = version === 1 ? 0 : (pointer ?? source.search(namespace, key, sequence) ?? 0)
    yield { row, version, previous }
    if (previous === 0) return
    sequence = previous
    version--
  }
}

const isAfter = (sequence: number, limit: number | undefined) => limit !== undefined && sequence >= limit

export const historyOf = (
  source: HistorySource,
  namespace: string,
  key: string,
  { before, limit = 100 }: { before?: number; limit?: number },
): StateChange[] => {
  const found: StateChange[] = []
  if (before !== undefined) checkKept(source, namespace, key, before)
  const origins = originsOf(source, namespace).map((origin) => ({
    namespace: origin.namespace,
    before: origin.sequence + 1,
  }))
  for (const at of [{ namespace, before }, ...origins])
    for (const { row, version } of walk(source, at.namespace, key, at.before)) {
      if (isAfter(row.sequence, at.before)) continue
      if (found.length >= limit) return found
      found.push(newsOfRow(row, { key, version })!)
    }
  return found
}

/** Who asks for what was before the oldest change that is known is told when there was something. */
const checkKept = (source: HistorySource, namespace: string, key: string, before: number): void => {
  const keptFrom = source.keptFrom(namespace)
  if (keptFrom === 1 || before > keptFrom) return
  let oldest: Step | undefined
  for (const step of walk(source, namespace, key)) oldest = step
  if (oldest !== undefined && oldest.version > 1 && oldest.previous !== 0 && oldest.row.sequence >= before)
    throw dropped(namespace, before - 1, keptFrom)
}

const heldAt = ({ row, version }: Pick<Step, 'row' | 'version'>, key: string): Held => {
  const data = dataOf(row)
  return {
    key,
    version,
    text: data?.value === undefined ? null : JSON.stringify(data.value),
    expiresAt: data?.expiresAt ?? null,
    sequence: row.sequence,
    at: row.at,
    provenance: row.provenance,
  }
}

/** A key as it was after the change with this sequence, through the namespace's origins; undefined when it had never been written. */
export const keyAt = (
  source: HistorySource,
  namespace: string,
  key: string,
  sequence: number,
): Held | undefined => ownAt(source, namespace, key, sequence) ?? fromBefore(source, namespace, key)

/** The same without what is read through. */
const ownAt = (source: HistorySource, namespace: string, key: string, sequence: number): Held | undefined => {
  const now = source.held(namespace, key)
  if (now !== undefined && now.sequence !== 0) {
    if (now.sequence <= sequence) return now
    let oldest: Step | undefined
    for (const step of walk(source, namespace, key)) {
      if (step.row.sequence <= sequence) return heldAt(step, key)
      oldest = step
    }
    // Its value was erased, and then the change itself dropped: that it was there is all that is known.
    if (oldest?.previous) return erasedBefore(oldest, oldest.previous, key)
  }
  return undefined
}

const erasedBefore = ({ row, version }: Step, sequence: number, key: string): Held => ({
  key,
  version: version - 1,
  text: null,
  expiresAt: null,
  sequence,
  at: row.at,
  provenance: {},
})

/** What a namespace has of a key without a change of its own: from the origin of a fork, or what was copied from there. */
export const fromBefore = (source: HistorySource, namespace: string, key: string): Held | undefined => {
  let last = namespace
  for (const origin of originsOf(source, namespace)) {
    const held = ownAt(source, origin.namespace, key, origin.sequence)
    if (held !== undefined) return { ...held, sequence: 0 }
    last = origin.namespace
  }
  const base = source.base(last, key)
  return base !== undefined && base.sequence <= 0 ? { ...base, sequence: 0 } : undefined
}

/** The time to judge expiry by: of the moment's last change, so that what had expired by then is not there. */
export const timeAt = (source: HistorySource, namespace: string, sequence: number): number =>
  source.row(namespace, sequence)?.at ?? Number.NEGATIVE_INFINITY

export const entryAt = (
  source: HistorySource,
  namespace: string,
  key: string,
  at: KeyMoment,
): { held: Held; time: number } | undefined => {
  checkMoment(at)
  if ('version' in at) {
    for (const { row, version } of versions(source, namespace, key)) {
      if (version === at.version) return { held: heldAt({ row, version }, key), time: row.at }
      if (version < at.version) break
    }
    const keptFrom = source.keptFrom(namespace)
    if (keptFrom > 1 && at.version < (source.held(namespace, key)?.version ?? 0))
      throw versionDropped(namespace, key, at.version, keptFrom)
    return undefined
  }
  const sequence = sequenceOf(source, namespace, at)
  const time = 'time' in at ? at.time : timeAt(source, namespace, sequence)
  const held = keyAt(source, namespace, key, sequence)
  return held && { held, time }
}

function* versions(source: HistorySource, namespace: string, key: string): Generator<Step> {
  const whole: Origin = { namespace, sequence: Number.POSITIVE_INFINITY }
  for (const origin of [whole, ...originsOf(source, namespace)])
    for (const step of walk(source, origin.namespace, key))
      if (step.row.sequence <= origin.sequence) yield step
}
