import { ConcordError, isConcordError } from '../domain/errors.ts'
import { asJson } from '../domain/json.ts'
import type { Clock } from '../ports/clock.ts'
import type {
  Entry,
  Moment,
  RecordedWrite,
  StateStore,
  StateWrite,
  WriteOutcome,
} from '../ports/state-store.ts'
import { jsonValue } from './json-value.ts'
import type { MergeOptions, MergeResult } from './state.ts'
import { pauseBefore } from './state-line.ts'
import { type Merged, markOf, mergeEntries } from './state-merge.ts'
import { attemptsDefault } from './state-update.ts'

type Own = Omit<StateWrite, 'namespace' | 'provenance'>

export type MergeParts = {
  store: StateStore
  namespace: string
  clock: Clock
  write(writes: readonly Own[]): Promise<WriteOutcome[]>
  /** What was written under an operation before; undefined where nothing is done again. */
  recorded(operation: string): Promise<RecordedWrite | undefined>
}

/** What the other was when it was merged the last time, if that is known and kept. */
const lastMerged = async ({ store }: MergeParts, other: string, mark: Entry | undefined) => {
  const value = mark?.value as { sequence?: number } | undefined
  if (typeof value?.sequence !== 'number') return undefined
  try {
    return await store.list(other, { at: { sequence: value.sequence } })
  } catch (error) {
    if (isConcordError(error) && error.code === 'not-found') return undefined
    throw error
  }
}

/**
 * What both were when they last were the same: when the other was merged the last time, or when they parted. A fork itself tells what it began as (after its
 * first change, which says that it is one), also when its origin no longer keeps that moment. Of two forks of one namespace it is what the
 * earlier began as.
 */
const baseOf = async (
  parts: MergeParts,
  other: string,
  base: Moment | undefined,
  mark: Entry | undefined,
) => {
  const { store, namespace } = parts
  if (base !== undefined) return store.list(namespace, { at: base })
  const merged = await lastMerged(parts, other, mark)
  if (merged !== undefined) return merged
  const began = { at: { sequence: 1 } }
  const [theirs, ours] = [await store.origin(other), await store.origin(namespace)]
  if (theirs?.namespace === namespace) return store.list(other, began)
  if (ours?.namespace === other) return store.list(namespace, began)
  if (ours !== undefined && ours.namespace === theirs?.namespace)
    return store.list(ours.sequence <= theirs.sequence ? namespace : other, began)
  throw new ConcordError(
    'input.invalid',
    `Cannot merge ${other} into ${namespace} as a base must be known: neither is a fork of the other, nor both of one namespace; give base`,
  )
}

/** An expiry comes with the value it is of; a value that was decided on keeps the one that ours has. */
const writeOf = (parts: MergeParts, { key, value, version, expiresAt, resolved }: Merged): Own => {
  const write: Own = { key, ifVersion: version }
  if (value === undefined) return { ...write, delete: true }
  const text = jsonValue(`merge ${parts.namespace} ${key.slice(0, 200)}`, value)
  if (resolved) return { ...write, value: text, keepExpiry: true }
  if (expiresAt === undefined) return { ...write, value: text }
  return { ...write, value: text, ttlMs: Math.max(1, expiresAt - parts.clock.now()) }
}

const once = async (
  parts: MergeParts,
  other: string,
  options: MergeOptions,
  operation: string,
): Promise<MergeResult | undefined> => {
  const { store, namespace } = parts
  const mark = await store.get(namespace, markOf(other))
  const base = await baseOf(parts, other, options.base, mark)
  // Before the listing: what comes between is looked at again the next time.
  const sequence = await store.sequence(other)
  const [ours, theirs] = [await store.list(namespace), await store.list(other)]
  const { writes, conflicts } = await mergeEntries({ base, ours, theirs }, options.resolve)
  const result: MergeResult = { merged: writes.map(({ key }) => key), conflicts }
  const batch = writes.map((each) => writeOf(parts, each))
  // With something left undecided they are not the same yet: it has to be told again.
  if (conflicts.length === 0)
    batch.push({ key: markOf(other), value: { sequence }, ifVersion: mark?.version ?? 0 })
  const [first] = batch
  if (first === undefined) return result
  first.result = asJson(result)
  const outcomes = await parts.write(
    batch.map((each, i) => ({ ...each, operation: `${operation}/${i === 0 ? 0 : each.key}` })),
  )
  return outcomes.every((outcome) => outcome.ok) ? result : undefined
}

/** Brings another namespace's changes in, all or none; again when others wrote between. */
export const mergeInto = async (
  parts: MergeParts,
  other: string,
  options: MergeOptions,
  operation: string,
): Promise<MergeResult> => {
  for (let attempt = 1; attempt <= attemptsDefault; attempt++) {
    const before = (await parts.recorded(`${operation}/0`))?.result
    if (before !== undefined) return before as MergeResult
    const result = await once(parts, other, options, operation)
    if (result !== undefined) return result
    await pauseBefore(parts.clock, operation, attempt)
  }
  throw new ConcordError(
    'version.conflict',
    `Cannot merge ${other} into ${parts.namespace} as ${attemptsDefault} times others wrote between; try again later`,
  )
}
