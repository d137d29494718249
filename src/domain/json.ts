import { cut } from './text/cut.ts'
/** A value that survives JSON unchanged: what payloads, results, state and event data are made of. */
export type Json = null | boolean | number | string | Json[] | JsonObject
/** Members may be undefined in code; they are left out when written. */
export type JsonObject = { [key: string]: Json | undefined }

/** Says that a value of plain data is JSON where its type cannot (optional members). */
export const asJson = (value: unknown): Json => value as Json

const depthMax = 200

/** Has members of its own and nothing else: an object as it is written, of any realm. */
const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null
}

/** An error says what went wrong, bytes are no list of numbers, and a date that is none is no null. */
const isNoData = (value: object): boolean =>
  value instanceof Error ||
  ArrayBuffer.isView(value) ||
  (value instanceof Date && Number.isNaN(value.getTime()))

const kindOf = (value: object): string => {
  if (value instanceof Error) return `an Error (${cut(value.message, 200)})`
  if (value instanceof Date) return 'a Date that is no time'
  const { name } = (value as { constructor?: { name?: unknown } }).constructor ?? {}
  return `a ${typeof name === 'string' && name !== '' && name !== 'Object' ? name : 'class instance'}`
}

const asData = (value: object): boolean =>
  Array.isArray(value) || (!isNoData(value) && (isPlain(value) || 'toJSON' in value))

const refusal = (value: unknown, depth: number): string | undefined => {
  if (typeof value === 'number')
    return Number.isFinite(value) ? undefined : `${value}, which JSON cannot hold`
  if (typeof value === 'object' && value !== null && !asData(value))
    return `${kindOf(value)}, which JSON cannot hold: give plain data`
  if (typeof value === 'object' && value !== null)
    return depth > depthMax ? `nested deeper than ${depthMax}, or refers to itself` : undefined
  return ['string', 'boolean', 'undefined', 'object'].includes(typeof value)
    ? undefined
    : `a ${typeof value}, which JSON cannot hold`
}

const placeCharsMax = 100
const shown = (place: string): string =>
  place.length > placeCharsMax ? `${cut(place, placeCharsMax)}…` : place || '/'

/** The place (JSON pointer) and reason of the first value that JSON cannot hold: looked for only after a copy failed. */
const firstRefusal = (value: unknown, place: string, depth: number): string | undefined => {
  const reason = refusal(value, depth)
  if (reason !== undefined) return `${shown(place)} is ${reason}`
  if (typeof value !== 'object' || value === null) return undefined
  if (!Array.isArray(value) && 'toJSON' in value && typeof value.toJSON === 'function')
    return firstRefusal(value.toJSON(), place, depth + 1)
  for (const [key, member] of Object.entries(value)) {
    const found = firstRefusal(member, `${place}/${key}`, depth + 1)
    if (found !== undefined) return found
  }
  return undefined
}

class NotJson extends Error {}

/** Adds a member whatever its name: assigning to __proto__ would change the prototype instead. */
export const putMember = (object: JsonObject, key: string, value: Json): void => {
  if (key === '__proto__')
    Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true })
  else object[key] = value
}

const hasOwn = Object.prototype.hasOwnProperty

const copyObject = (value: object, depth: number): Json => {
  if (depth > depthMax) throw new NotJson()
  if (Array.isArray(value)) {
    const list: Json[] = new Array(value.length)
    for (let i = 0; i < value.length; i++) list[i] = copyValue(value[i], depth + 1)
    return list
  }
  // Most objects are literals of this realm: those need no closer look.
  const isLiteral = Object.getPrototypeOf(value) === Object.prototype
  if (!isLiteral && isNoData(value)) throw new NotJson()
  if ('toJSON' in value && typeof value.toJSON === 'function') return copyValue(value.toJSON(), depth + 1)
  if (!isLiteral && !isPlain(value)) throw new NotJson()
  const copy: JsonObject = {}
  const members = value as { readonly [key: string]: unknown }
  // Not Object.entries: an array for each member was an eighth of all garbage of a run. Nor Object.hasOwn, which V8 does not leave out of such a loop.
  for (const key in members) {
    if (!hasOwn.call(members, key)) continue
    const member = members[key]
    if (member !== undefined) putMember(copy, key, copyValue(member, depth + 1))
  }
  return copy
}

const copyValue = (value: unknown, depth: number): Json => {
  if (typeof value === 'boolean' || value === null) return value
  // Half a pair of surrogates is no text: strict servers would refuse it for ever.
  if (typeof value === 'string') return value.isWellFormed() ? value : value.toWellFormed()
  if (typeof value === 'object') return copyObject(value, depth)
  if (value === undefined) return null
  // JSON has no negative zero.
  if (typeof value === 'number' && Number.isFinite(value)) return value + 0
  throw new NotJson()
}

/**
 * A deep copy, so that what an agent changes later changes nothing here. Throws TypeError naming the place (JSON pointer)
 * of anything JSON cannot hold: functions, symbols, bigints, NaN, cycles (as depth over 200), and objects that are more
 * than their members (Map, Set, Error, typed arrays, instances of classes). As JSON.stringify does, it drops `undefined`
 * members, makes null of `undefined` in a list, and honours `toJSON` (dates, URLs).
 */
export const copyJson = (value: unknown): Json => {
  try {
    return copyValue(value, 0)
  } catch (error) {
    if (!(error instanceof NotJson)) throw error
    throw new TypeError(firstRefusal(value, '', 0) ?? 'a toJSON method returned what JSON cannot hold')
  }
}

/** JSON with members in order of their names: the same text for whatever `sameJson` calls the same. */
export const canonicalJson = (value: Json | undefined): string => {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null)
  let text = ''
  if (Array.isArray(value)) {
    for (const item of value) text += `${text === '' ? '' : ','}${canonicalJson(item)}`
    return `[${text}]`
  }
  for (const name of sortedNames(value)) {
    const member = value[name]
    if (member === undefined) continue
    text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${canonicalJson(member)}`
  }
  return `{${text}}`
}

const fewNames = 12

/** Few names, as most objects have, are put in order in place: `sort` makes lists of its own. */
const sortedNames = (value: JsonObject): string[] => {
  const names = Object.keys(value)
  if (names.length > fewNames) return names.sort()
  for (let i = 1; i < names.length; i++) {
    const name = names[i] ?? ''
    let at = i
    for (let before = names[at - 1]; before !== undefined && before > name; before = names[at - 1])
      names[at--] = before
    names[at] = name
  }
  return names
}

/** Whether two values are the same JSON, whatever the order of members. */
export const sameJson = (a: Json | undefined, b: Json | undefined): boolean => {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) || Array.isArray(b))
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((item, i) => sameJson(item, b[i]))
    )
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && sameJson(a[key], b[key]))
  )
}
