export type Lexicon = {
  /** Calls back with a number for every chunk of the text: a run of letters and digits, lower case. */
  scan(text: string, onChunk: (id: number, start: number, end: number) => void): void
  /** The chunks by their numbers, in order of first appearance. */
  chunks: readonly string[]
}

const CAPACITY = 1 << 15

/**
 * Numbers the words of texts without cutting a string out for each occurrence, which is what makes tokenising slow. A chunk ends
 * at every ASCII sign that is neither letter nor digit; a dot or comma between digits does not end it, other scripts belong to it:
 * so no word of the domain's tokens crosses a chunk, and splitting chunks gives the same words as splitting the text.
 *
 * Chunks are told apart by two 32-bit hashes (FNV-1a and a multiplicative one) and their length: among a million chunks the
 * chance that any two are confused is about one in ten million.
 */
export const lexicon = (): Lexicon => {
  let capacity = CAPACITY
  let slots = new Int32Array(capacity).fill(-1)
  const first: number[] = []
  const second: number[] = []
  const chunks: string[] = []

  const place = (h1: number, h2: number, length: number): number => {
    let at = h1 & (capacity - 1)
    for (;;) {
      const id = slots[at]!
      if (id < 0 || (first[id] === h1 && second[id] === h2 && chunks[id]!.length === length)) return at
      at = (at + 1) & (capacity - 1)
    }
  }
  const grow = (): void => {
    capacity *= 2
    slots = new Int32Array(capacity).fill(-1)
    for (const [id, chunk] of chunks.entries()) slots[place(first[id]!, second[id]!, chunk.length)] = id
  }
  const intern = (text: string, start: number, end: number, h1: number, h2: number): number => {
    const at = place(h1, h2, end - start)
    const known = slots[at]!
    if (known >= 0) return known
    const id = chunks.length
    slots[at] = id
    first.push(h1)
    second.push(h2)
    chunks.push(text.slice(start, end).replace(/[A-Z]+/g, (upper) => upper.toLowerCase()))
    if (chunks.length * 2 > capacity) grow()
    return id
  }

  return {
    chunks,
    scan: (text, onChunk) => {
      const { length } = text
      let start = -1
      let h1 = 0
      let h2 = 0
      for (let at = 0; at < length; at += 1) {
        const raw = text.charCodeAt(at)
        const code = raw < 128 ? LOWER[raw]! : raw
        if (code !== 0 || (start >= 0 && (raw === 46 || raw === 44) && betweenDigits(text, at))) {
          if (start < 0) {
            start = at
            h1 = 0x811c9dc5 | 0
            h2 = 0
          }
          h1 = Math.imul(h1 ^ (code || raw), 0x01000193)
          h2 = (Math.imul(h2, 0x5bd1e995) + (code || raw)) | 0
        } else if (start >= 0) {
          onChunk(intern(text, start, at, h1, h2), start, at)
          start = -1
        }
      }
      if (start >= 0) onChunk(intern(text, start, length, h1, h2), start, length)
    },
  }
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57

/** The lower case of ASCII letters and digits; 0 for what separates words. */
const LOWER = Uint8Array.from({ length: 128 }, (_, code) =>
  isDigit(code) || (code >= 97 && code <= 122) ? code : code >= 65 && code <= 90 ? code + 32 : 0,
)
const betweenDigits = (text: string, at: number): boolean =>
  isDigit(text.charCodeAt(at - 1)) && isDigit(text.charCodeAt(at + 1))
