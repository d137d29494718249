import { ConcordError } from '../domain/errors.ts'
import type { KeyMoment, StateChange } from '../ports/state-store.ts'
import { dataOf, type Held, newsOfRow, type StateRow } from './state-change.ts'

/** A namespace's place in a chain of forks. */
export type Origin = { namespace: string; sequence: number }

/** What walking back through a key's changes needs of a store, without waiting. */
export type HistorySource = {
  held(namespace: string, key: string): Held | undefined
  origin(namespace: string): Origin | undefined
  head(namespace: string): number
  row(namespace: string, sequence: number): StateRow | undefined
  /** The sequence of the key's last change before this one, found by looking through the stream: where no pointer tells. */
  search(namespace: string, key: string, before: number): number | undefined
  /** The first sequence that is still kept, when changes were dropped. */
  keptFrom(namespace: string): number
  /** The last sequence stamped at or before a time; 0 when there is none. */
  sequenceAt(namespace: string, time: number): number
}

const dropped = (namespace: string, sequence: number, keptFrom: number): ConcordError =>
  new ConcordError(
    'not-found',
    `Cannot read ${namespace} at sequence ${sequence} as its changes must be kept: they are from ${keptFrom} on; choose a later moment`,
    { details: { namespace, sequence, keptFrom } },
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
  const sequence = 'sequence' in at ? at.sequence : source.sequenceAt(namespace, at.time)
  const head = source.head(namespace)
  if (!(Number.isSafeInteger(sequence) && sequence >= 0 && sequence <= head))
    throw notYet(namespace, sequence, head)
  const keptFrom = source.keptFrom(namespace)
  if (sequence + 1 < keptFrom) throw dropped(namespace, sequence, keptFrom)
  return sequence
}

type Step = { row: StateRow; version: number }

/** A key's changes in one namespace, newest first, following the pointers from change to change. */
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
    if (row === undefined) return
    yield { row, version }
    const pointer = dataOf(row)?.previous
    const previous = version === 1 ? 0 : (pointer ?? source.search(namespace, key, sequence) ?? 0)
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
  for (
    let at: { namespace: string; before: number | undefined } | undefined = { namespace, before };
    at !== undefined;
  ) {
    for (const { row, version } of walk(source, at.namespace, key, at.before)) {
      if (isAfter(row.sequence, at.before)) continue
      if (found.length >= limit) return found
      found.push(newsOfRow(row, { key, version })!)
    }
    const origin = source.origin(at.namespace)
    at = origin && { namespace: origin.namespace, before: origin.sequence + 1 }
  }
  return found
}

const heldAt = ({ row, version }: Step, key: string): Held => {
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
): Held | undefined => {
  const now = source.held(namespace, key)
  if (now !== undefined && now.sequence !== 0) {
    if (now.sequence <= sequence) return now
    for (const step of walk(source, namespace, key))
      if (step.row.sequence <= sequence) return heldAt(step, key)
  }
  const origin = source.origin(namespace)
  return origin && inherited(source, origin, key)
}

/** What a fork sees of a key it has not written. */
export const inherited = (source: HistorySource, origin: Origin, key: string): Held | undefined => {
  const held = keyAt(source, origin.namespace, key, origin.sequence)
  return held && { ...held, sequence: 0 }
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
  if ('version' in at) {
    for (const { row, version } of versions(source, namespace, key)) {
      if (version === at.version) return { held: heldAt({ row, version }, key), time: row.at }
      if (version < at.version) return undefined
    }
    return undefined
  }
  const sequence = sequenceOf(source, namespace, at)
  const time = 'time' in at ? at.time : timeAt(source, namespace, sequence)
  const held = keyAt(source, namespace, key, sequence)
  return held && { held, time }
}

function* versions(source: HistorySource, namespace: string, key: string): Generator<Step> {
  let origin: Origin | undefined = { namespace, sequence: Number.POSITIVE_INFINITY }
  for (; origin !== undefined; origin = source.origin(origin.namespace))
    for (const step of walk(source, origin.namespace, key))
      if (step.row.sequence <= origin.sequence) yield step
}
