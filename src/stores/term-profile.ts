/** How often each term stands in a chunk, packed: sorted 32-bit hashes, then a byte each for the title and the body. */
export type TermProfile = Uint8Array<ArrayBuffer>

const countMax = 255

/** FNV-1a, 32 bits (Fowler, Noll and Vo): among the few hundred terms of a chunk two share a hash once in ten thousand chunks. */
export const hashTerm = (term: string): number => {
  let hash = 0x811c9dc5
  for (let at = 0; at < term.length; at++) hash = Math.imul(hash ^ term.charCodeAt(at), 0x01000193)
  return hash >>> 0
}

export const profileOf = (title: readonly string[], body: readonly string[]): TermProfile => {
  const counts = new Map<number, [number, number]>()
  for (const [field, terms] of [title, body].entries())
    for (const term of terms) {
      const hash = hashTerm(term)
      const entry = counts.get(hash) ?? [0, 0]
      counts.set(hash, entry)
      entry[field] = Math.min(countMax, entry[field]! + 1)
    }
  const sorted = [...counts].sort(([a], [b]) => a - b)
  const bytes = new Uint8Array(sorted.length * 6)
  const hashes = new Uint32Array(bytes.buffer, 0, sorted.length)
  for (const [at, [hash, [inTitle, inBody]]] of sorted.entries()) {
    hashes[at] = hash
    bytes[sorted.length * 4 + at] = inTitle
    bytes[sorted.length * 5 + at] = inBody
  }
  return bytes
}

/** Counts of the terms with these hashes, in the order asked. */
export const countsIn = (
  profile: Uint8Array,
  wanted: readonly number[],
): { title: number[]; body: number[] } => {
  const size = profile.byteLength / 6
  // SQLite's blobs need not lie where 32-bit words may.
  const hashes =
    profile.byteOffset % 4 === 0
      ? new Uint32Array(profile.buffer, profile.byteOffset, size)
      : new Uint32Array(profile.slice(0, size * 4).buffer)
  const title: number[] = []
  const body: number[] = []
  for (const hash of wanted) {
    let low = 0
    let high = size - 1
    let at = -1
    while (low <= high) {
      const middle = (low + high) >> 1
      const value = hashes[middle]!
      if (value === hash) {
        at = middle
        break
      }
      if (value < hash) low = middle + 1
      else high = middle - 1
    }
    title.push(at < 0 ? 0 : profile[size * 4 + at]!)
    body.push(at < 0 ? 0 : profile[size * 5 + at]!)
  }
  return { title, body }
}
