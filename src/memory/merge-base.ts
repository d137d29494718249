import { ConcordError, isConcordError } from '../domain/errors.ts'
import type { Entry, Moment, StateStore } from '../ports/state-store.ts'
import { type MergeConflict, markOf } from './state-merge.ts'

/**
 * What two namespaces last had in common, key by key.
 *
 * 1. A merge leaves a mark in the namespace it merged into: the other's sequence, and the keys it left
 * undecided, with what they had in common before. Of all other keys that is the other at that sequence.
 * 2. A mark serves both directions, and of two the later counts: the one the other merge had seen.
 * 3. A key whose common value is no longer kept is in conflict wherever the two differ.
 */
export type Mark = {
  sequence: number
  undecided?: Undecided[]
}

/** A moment at which both had the same; absent: not known. */
type Known = { namespace: string; at: Moment; time?: number }
type Undecided = { keys: string[]; known?: Known }

export type MergeBase = {
  base: Entry[]
  /** Keys of which nothing is known. */
  unknown: ReadonlySet<string>
  knownOf(key: string): Known | undefined
}

export const livingAt = (entries: readonly Entry[], time: number | undefined): Entry[] =>
  entries.filter(({ expiresAt }) => time === undefined || expiresAt === undefined || expiresAt > time)

/** What a moment was, undefined when that is no longer kept. */
const read = async (store: StateStore, { namespace, at, time }: Known): Promise<Entry[] | undefined> => {
  try {
    return livingAt(await store.list(namespace, { at }), time)
  } catch (error) {
    if (isConcordError(error) && error.code === 'not-found') return undefined
    throw error
  }
}

/** With the instant it was written at, by which expiry was judged. */
const markIn = (entry: Entry | undefined): (Mark & { time: number }) | undefined => {
  const mark = entry?.value as Partial<Mark> | null | undefined
  if (entry === undefined || typeof mark?.sequence !== 'number') return undefined
  return { ...mark, sequence: mark.sequence, time: entry.at }
}

/** The later of the marks that the two left in each other, as a moment both had in common. */
const lastMerge = async (
  store: StateStore,
  [namespace, other]: readonly [string, string],
  entry: Entry | undefined,
): Promise<{ known: Known; undecided: Undecided[] } | undefined> => {
  const [ours, theirs] = [markIn(entry), markIn(await store.get(other, markOf(namespace)))]
  const madeOf = (of: string, { sequence, time, undecided = [] }: Mark & { time: number }) => ({
    known: { namespace: of, at: { sequence }, time },
    undecided,
  })
  if (theirs === undefined) return ours && madeOf(other, ours)
  if (ours === undefined) return madeOf(namespace, theirs)
  const [written] = await store.history(namespace, markOf(other), { limit: 1 })
  // One that was inherited from a fork's origin is older than whatever was merged from here.
  const sequence = written?.namespace === namespace ? written.sequence : 0
  return sequence <= theirs.sequence ? madeOf(namespace, theirs) : madeOf(other, ours)
}

/**
 * When they parted. A fork itself tells what it began as (after its first change, which says that it is
 * one), also when its origin no longer keeps that moment. Of two forks of one namespace it is what the
 * earlier began as.
 */
const parting = async (store: StateStore, namespace: string, other: string): Promise<Known> => {
  const at = { sequence: 1 }
  const [theirs, ours] = [await store.origin(other), await store.origin(namespace)]
  if (theirs?.namespace === namespace) return { namespace: other, at }
  if (ours?.namespace === other) return { namespace, at }
  if (ours !== undefined && ours.namespace === theirs?.namespace)
    return { namespace: ours.sequence <= theirs.sequence ? namespace : other, at }
  throw new ConcordError(
    'input.invalid',
    `Cannot merge ${other} into ${namespace} as a base must be known: neither is a fork of the other, nor both of one namespace; give base`,
  )
}

const readKnown = async (store: StateStore, known: Known): Promise<Entry[]> => {
  const entries = await read(store, known)
  if (entries !== undefined) return entries
  throw new ConcordError(
    'not-found',
    `Cannot merge as the moment both began from must be kept: ${known.namespace} no longer has it; give base`,
  )
}

export const mergeBase = async (
  { store, namespace }: { store: StateStore; namespace: string },
  other: string,
  given: Moment | undefined,
  entry: Entry | undefined,
): Promise<MergeBase> => {
  const last = given === undefined ? await lastMerge(store, [namespace, other], entry) : undefined
  const kept = last && (await read(store, last.known))
  const main: Known =
    given !== undefined
      ? { namespace, at: given }
      : last !== undefined && kept !== undefined
        ? last.known
        : await parting(store, namespace, other)
  const undecided = kept === undefined ? [] : (last?.undecided ?? [])
  const apart = new Map<string, Known | undefined>()
  for (const { keys, known } of undecided) for (const key of keys) apart.set(key, known)
  const base = (kept ?? (await readKnown(store, main))).filter(({ key }) => !apart.has(key))
  const unknown = new Set<string>()
  for (const { keys, known } of undecided) {
    const entries = known && (await read(store, known))
    const wanted = new Set(keys)
    if (entries === undefined) for (const key of keys) unknown.add(key)
    else for (const each of entries) if (wanted.has(each.key)) base.push(each)
  }
  return {
    base,
    unknown,
    knownOf: (key) => (apart.has(key) ? (unknown.has(key) ? undefined : apart.get(key)) : main),
  }
}

/** What a merge left undecided, for its mark. */
export const undecidedOf = (
  conflicts: readonly MergeConflict[],
  knownOf: MergeBase['knownOf'],
): Undecided[] => {
  const groups = new Map<string, Undecided>()
  for (const { key } of conflicts) {
    const known = knownOf(key)
    const id = JSON.stringify(known ?? null)
    const group = groups.get(id)
    if (group === undefined) groups.set(id, { keys: [key], ...(known === undefined ? {} : { known }) })
    else group.keys.push(key)
  }
  return [...groups.values()]
}
