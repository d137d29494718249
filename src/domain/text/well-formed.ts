/**
 * The same value with half pairs of surrogates replaced (U+FFFD) in all its texts, names of members included: strict
 * servers refuse what is not well-formed, and would for ever. The very value where there is nothing to replace.
 */
export const wellFormed = <T>(value: T): T => fixed(value) as T

const fixed = (value: unknown): unknown => {
  if (typeof value === 'string') return value.isWellFormed() ? value : value.toWellFormed()
  if (Array.isArray(value)) {
    const list = value.map(fixed)
    return list.some((item, at) => item !== value[at]) ? list : value
  }
  if (typeof value !== 'object' || value === null) return value
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return value
  let changed = false
  const members = Object.entries(value).map(([name, member]) => {
    const entry = [name.toWellFormed(), fixed(member)] as const
    changed ||= entry[0] !== name || entry[1] !== member
    return entry
  })
  return changed ? Object.fromEntries(members) : value
}
