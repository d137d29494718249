import { jaccard, shingles } from './similarity.ts'

export interface NearDuplicateOptions {
  /** Jaccard similarity of word shingles from which two texts count as the same, 0 to 1. */
  threshold?: number
  /** Words in a shingle. */
  shingleWords?: number
}

const HASHES = 64
const ROWS = 4

/**
 * Groups texts that say the same in nearly the same words: lists of indices, each group and the groups themselves in order
 * of first appearance; a text without a double is a group of one. MinHash with banding (Broder 1997; Leskovec, Rajaraman and
 * Ullman, "Mining of Massive Datasets", ch. 3) proposes pairs and the exact Jaccard similarity decides, so there are no false
 * pairs; a pair at similarity .8 is missed with a chance under .001, at .5 with .36. Deterministic.
 */
export function nearDuplicates(
  texts: readonly string[],
  { threshold = 0.7, shingleWords = 3 }: NearDuplicateOptions = {},
): number[][] {
  const sets = texts.map((text) => shingles(text, shingleWords))
  const parent = texts.map((_, index) => index)
  const root = (index: number): number => {
    let at = index
    while (parent[at] !== at) {
      parent[at] = parent[parent[at]!]!
      at = parent[at]!
    }
    return at
  }
  const buckets = new Map<string, number[]>()
  for (const [index, set] of sets.entries()) {
    if (set.size === 0) continue
    for (const key of bandKeys(set)) {
      const others = buckets.get(key)
      if (!others) {
        buckets.set(key, [index])
        continue
      }
      joinLike(others, index)
    }
  }
  function joinLike(others: number[], index: number): void {
    for (const other of others) {
      if (root(other) === root(index)) return
      if (jaccard(sets[other]!, sets[index]!) < threshold) continue
      const [low, high] = [root(other), root(index)].sort((a, b) => a - b)
      parent[high!] = low!
      return
    }
    others.push(index)
  }
  return Array.from(
    Map.groupBy(texts.keys(), (index) => root(index)),
    ([, group]) => group,
  )
}

/** Short keys that texts which say nearly the same are likely to share: for finding candidates in a store, see {@link nearDuplicates}. */
export function nearDuplicateKeys(text: string, shingleWords = 3): string[] {
  const set = shingles(text, shingleWords)
  if (set.size === 0) return []
  return bandKeys(set).map((key) => mix(fnv1a(key)).toString(36) + fnv1a(`${key}/`).toString(36))
}

function bandKeys(set: ReadonlySet<string>): string[] {
  const signature = new Uint32Array(HASHES).fill(0xffffffff)
  for (const shingle of set) {
    const base = fnv1a(shingle)
    for (let row = 0; row < HASHES; row += 1) {
      const value = mix(base ^ Math.imul(row + 1, 0x9e3779b1))
      if (value < signature[row]!) signature[row] = value
    }
  }
  const keys: string[] = []
  for (let at = 0; at < HASHES; at += ROWS) keys.push(`${at}:${signature.subarray(at, at + ROWS).join('.')}`)
  return keys
}

/** FNV-1a, 32 bits (Fowler, Noll and Vo). */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0
}

/** The finaliser of MurmurHash3 (Appleby): spreads every bit of the input over the output. */
function mix(value: number): number {
  let h = value
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
