import { ConcordError } from '../domain/errors.ts'
import { asJson } from '../domain/json.ts'
import type { Clock } from '../ports/clock.ts'
import type { Entry, RecordedWrite, StateStore, StateWrite, WriteOutcome } from '../ports/state-store.ts'
import { jsonValue } from './json-value.ts'
import { livingAt, type Mark, mergeBase, undecidedOf } from './merge-base.ts'
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
  const { store, namespace, clock } = parts
  const mark = await store.get(namespace, markOf(other))
  const { base, knownOf, unknown } = await mergeBase(parts, other, options.base, mark)
  const time = clock.now()
  const { sequence, entries: theirs } = await momentOf(store, other, time)
  const ours = await store.list(namespace)
  const { writes, conflicts } = await mergeEntries({ base, ours, theirs, unknown }, options.resolve)
  const result: MergeResult = { merged: writes.map(({ key }) => key), conflicts }
  const batch = writes.map((each) => writeOf(parts, each))
  const undecided = undecidedOf(conflicts, knownOf)
  const value: Mark = { sequence, ...(undecided.length === 0 ? {} : { undecided }) }
  batch.push({ key: markOf(other), value: asJson(value), ifVersion: mark?.version ?? 0 })
  batch[0]!.result = asJson(result)
  const outcomes = await parts.write(
    batch.map((each, i) => ({ ...each, operation: `${operation}/${i === 0 ? 0 : each.key}` })),
  )
  return outcomes.every((outcome) => outcome.ok) ? result : undefined
}

/** What stands in a namespace, and after which change. */
const momentOf = async (
  store: StateStore,
  namespace: string,
  time: number,
): Promise<{ sequence: number; entries: Entry[] }> => {
  const sequence = await store.sequence(namespace)
  const entries = await store.list(namespace)
  if ((await store.sequence(namespace)) === sequence) return { sequence, entries }
  return { sequence, entries: livingAt(await store.list(namespace, { at: { sequence } }), time) }
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
