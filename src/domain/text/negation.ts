const NEGATIONS: ReadonlySet<string> = new Set(
  `not no never neither nor none cannot without nobody nothing t lack lacks lacked lacking absence absent fail fails failed failing
  unable hardly little unaffected unchanged independent unrelated`.split(/\s+/),
)

/** Whether a statement is negated: an odd number of negating words. */
export function negated(words: readonly string[]): boolean {
  let count = 0
  for (const word of words) if (NEGATIONS.has(word)) count += 1
  return count % 2 === 1
}
