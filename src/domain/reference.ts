import { type Json, type JsonObject, putMember, sameJson } from './json.ts'

/** A place in an earlier result, in shared state, or (inside `forEach`) in the item. `path` is a JSON pointer (RFC 6901). */
export type Reference =
  | { $step: string; path?: string }
  | { $state: string; path?: string }
  | { $item: string }

/** Data only: the referenced value equals `equals`, or is there (`exists`). */
export type Condition = Reference & ({ equals: Json } | { exists: boolean })

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const isReference = (value: unknown): value is Reference =>
  isObject(value) &&
  (typeof value.$step === 'string' || typeof value.$state === 'string' || typeof value.$item === 'string')

/** What is wrong with a reference that looks like one: a path must be text, a state key what a store can hold. */
export const referenceProblem = (reference: Reference): string | undefined => {
  const { path, $state: key } = reference as { path?: unknown; $state?: unknown }
  if (path !== undefined && typeof path !== 'string')
    return `the reference ${JSON.stringify(reference)} has a "path" that is no JSON pointer`
  if (typeof key === 'string' && (key === '' || !key.isWellFormed() || key.includes('\0')))
    return `the reference ${JSON.stringify(reference)} names a state key that cannot be`
  return undefined
}

/** Every reference inside a payload, in order. */
export const referencesIn = (value: Json | undefined, found: Reference[] = []): Reference[] => {
  if (typeof value !== 'object' || value === null) return found
  if (isReference(value)) found.push(value)
  else if (Array.isArray(value)) for (const item of value) referencesIn(item, found)
  else for (const key in value) referencesIn(value[key], found)
  return found
}

const unescaped = (token: string): string =>
  token.includes('~') ? token.replaceAll('~1', '/').replaceAll('~0', '~') : token

const isIndex = (key: string): boolean => /^(0|[1-9]\d*)$/.test(key)

/** The value at a JSON pointer; undefined when there is none. */
export const atPointer = (value: Json | undefined, pointer = ''): Json | undefined => {
  let at: Json | undefined = value
  for (let start = pointer.startsWith('/') ? 1 : 0; start <= pointer.length && pointer !== ''; ) {
    const slash = pointer.indexOf('/', start)
    const end = slash < 0 ? pointer.length : slash
    const key = unescaped(pointer.slice(start, end))
    if (Array.isArray(at)) at = isIndex(key) ? at[Number(key)] : undefined
    else if (isObject(at) && Object.hasOwn(at, key)) at = at[key]
    else return undefined
    start = end + 1
  }
  return at
}

export type Lookup = (reference: Reference) => Json | undefined

/** A copy of `value` with every reference replaced by what `lookup` finds; those it does not find are listed in `missing`. */
export const resolveReferences = (value: Json, lookup: Lookup, missing: Reference[] = []): Json => {
  if (typeof value !== 'object' || value === null) return value
  if (isReference(value)) {
    const found = lookup(value)
    if (found === undefined) missing.push(value)
    return found ?? null
  }
  if (Array.isArray(value)) return value.map((item) => resolveReferences(item, lookup, missing))
  const copy: JsonObject = {}
  for (const key in value) putMember(copy, key, resolveReferences(value[key] as Json, lookup, missing))
  return copy
}

export const describeReference = (reference: Reference): string => JSON.stringify(reference)

export const holds = (condition: Condition, value: Json | undefined): boolean =>
  'equals' in condition
    ? sameJson(condition.equals as Json, value)
    : (value !== undefined) === condition.exists
