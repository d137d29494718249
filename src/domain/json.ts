/** A value that survives JSON unchanged: what payloads, results, state and event data are made of. */
export type Json = null | boolean | number | string | Json[] | JsonObject
/** Members may be undefined in code; they are left out when written. */
export type JsonObject = { [key: string]: Json | undefined }

/** Says that a value of plain data is JSON where its type cannot (optional members). */
export const asJson = (value: unknown): Json => value as Json

const depthMax = 200

/**
 * A deep copy, so that what an agent changes later changes nothing here. Throws TypeError naming the place (JSON pointer)
 * of anything JSON cannot hold: functions, symbols, bigints, NaN, cycles (as depth over 200). `undefined` members are
 * dropped and `toJSON` is honoured, as JSON.stringify would.
 */
export const copyJson = (value: unknown, place = '', depth = 0): Json => {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') {
    // JSON has no negative zero.
    if (Number.isFinite(value)) return value + 0
    throw new TypeError(`${place || '/'} is ${value}, which JSON cannot hold`)
  }
  if (value === undefined) return null
  if (typeof value !== 'object')
    throw new TypeError(`${place || '/'} is a ${typeof value}, which JSON cannot hold`)
  if (depth > depthMax) throw new TypeError(`${place} is nested deeper than ${depthMax}, or refers to itself`)
  if ('toJSON' in value && typeof value.toJSON === 'function')
    return copyJson(value.toJSON(), place, depth + 1)
  if (Array.isArray(value)) return value.map((item, i) => copyJson(item, `${place}/${i}`, depth + 1))
  const copy: JsonObject = {}
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined) continue
    // Assigning to __proto__ would change the prototype instead of adding a member.
    if (key === '__proto__')
      Object.defineProperty(copy, key, {
        value: copyJson(member, `${place}/${key}`, depth + 1),
        enumerable: true,
        writable: true,
        configurable: true,
      })
    else copy[key] = copyJson(member, `${place}/${key}`, depth + 1)
  }
  return copy
}
