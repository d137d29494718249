import { type Json, sameJson } from '../domain/json.ts'
import type { Entry } from '../ports/state-store.ts'

/** A key that is not the same on both sides; an absent side has no entry there. */
export type Difference = { key: string; before?: Entry; after?: Entry }

/** The key that tells up to which change another namespace was merged; no part of what is compared and merged. */
export const markOf = (namespace: string): string => `${marks}${namespace}`
const marks = '$merged:'

const byKey = (entries: readonly Entry[]) =>
  new Map(entries.filter(({ key }) => !key.startsWith(marks)).map((entry) => [entry.key, entry]))

/** What leads from one listing to another, by value, in order of key as listed. */
export const diffEntries = (before: readonly Entry[], after: readonly Entry[]): Difference[] => {
  const [old, now] = [byKey(before), byKey(after)]
  const differences: Difference[] = []
  for (const key of new Set([...old.keys(), ...now.keys()])) {
    const [one, other] = [old.get(key), now.get(key)]
    if (sameJson(one?.value, other?.value)) continue
    differences.push({
      key,
      ...(one === undefined ? undefined : { before: one }),
      ...(other === undefined ? undefined : { after: other }),
    })
  }
  return differences
}

/** Both sides changed a key, and not to the same. */
export type MergeConflict = { key: string; base?: Entry; ours?: Entry; theirs?: Entry }

/** What to make of a conflict: a value, `undefined` for absent, or `unresolved` to leave ours and report it. */
export type Resolve = (conflict: MergeConflict) => Resolution | Promise<Resolution>
export type Resolution = Json | undefined | typeof unresolved
export const unresolved: unique symbol = Symbol('unresolved')

/** What a key of ours has to become; `value` absent: deleted. `version` is the one that was merged with, 0 for absent. */
export type Merged = {
  key: string
  value?: Json
  version: number
  /** Of theirs. */
  expiresAt?: number
  /** The value was decided on, not taken over. */
  resolved?: true
}
export type Merge = { writes: Merged[]; conflicts: MergeConflict[] }

/** Three-way merge by key: a side that did not change a key yields to the one that did. */
export const mergeEntries = async (
  sides: {
    base: readonly Entry[]
    ours: readonly Entry[]
    theirs: readonly Entry[]
    /** Keys whose base is not known: in conflict wherever the sides differ. */
    unknown?: ReadonlySet<string>
  },
  resolve: Resolve = () => unresolved,
): Promise<Merge> => {
  const [base, ours] = [byKey(sides.base), byKey(sides.ours)]
  const merge: Merge = { writes: [], conflicts: [] }
  const { unknown = new Set() } = sides
  const changed = diffEntries(sides.base, sides.theirs)
  if (unknown.size > 0) {
    const listed = new Set(changed.map(({ key }) => key))
    for (const { key, after } of diffEntries(sides.ours, sides.theirs))
      if (unknown.has(key) && !listed.has(key))
        changed.push({ key, ...(after === undefined ? {} : { after }) })
  }
  for (const { key, before, after } of changed) {
    const mine = ours.get(key)
    if (sameJson(mine?.value, after?.value)) continue
    const version = mine?.version ?? 0
    if (unknown.has(key) || !sameJson(mine?.value, base.get(key)?.value)) {
      const conflict: MergeConflict = { key }
      if (before !== undefined) conflict.base = before
      if (mine !== undefined) conflict.ours = mine
      if (after !== undefined) conflict.theirs = after
      const value = await resolve(conflict)
      if (value === unresolved) merge.conflicts.push(conflict)
      if (value === unresolved || sameJson(value, mine?.value)) continue
      merge.writes.push({ key, version, resolved: true, ...(value === undefined ? {} : { value }) })
      continue
    }
    const write: Merged = { key, version }
    if (after !== undefined) write.value = after.value
    if (after?.expiresAt !== undefined) write.expiresAt = after.expiresAt
    merge.writes.push(write)
  }
  return merge
}
