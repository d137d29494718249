import type { CitedClaim, ClaimVerdict } from './claims.ts'

/** Opens a clause that cannot stand without the one before it. */
const LEANS =
  /^(?:and|or|but|while|whereas|although|though|because|which|who|that|with|thereby|so|making|leading|resulting)\b/i

/**
 * The claim without its faulty citations and clauses: a last clause is cut off, and a first one where the rest can stand alone. Undefined
 * when the fault is the claim's as a whole, or nothing would be left.
 */
export function withoutFaults(
  claim: CitedClaim,
  { faults, clauses }: Pick<ClaimVerdict, 'faults' | 'clauses'>,
): CitedClaim | undefined {
  const dropped = new Set(faults.flatMap(({ citation }) => citation ?? []))
  const bad = new Set(
    faults.filter(({ citation }) => citation === undefined).map(({ clause }) => clause ?? -1),
  )
  if (bad.has(-1)) return undefined
  const citations = claim.citations.filter((_, at) => !dropped.has(at))
  if (citations.length === 0) return undefined
  const kept = clauses.filter((_, at) => !bad.has(at))
  if (kept.length === 0) return undefined
  const [first, last] = [clauses.indexOf(kept[0]!), clauses.indexOf(kept.at(-1)!)]
  // Clauses are cut from the ends only: what is left must read as it stood.
  if (kept.length !== last - first + 1) return undefined
  const text = claim.text.slice(
    first === 0 ? 0 : kept[0]!.start,
    last === clauses.length - 1 ? undefined : kept.at(-1)!.end,
  )
  const plain = text.replace(/[\s,;:—–-]+$/u, '')
  if (first > 0 && LEANS.test(plain)) return undefined
  const whole = plain[0]!.toUpperCase() + plain.slice(1)
  return {
    ...claim,
    text: /[.?!)”"]$/.test(whole) || last === clauses.length - 1 ? whole : `${whole}.`,
    citations,
  }
}
