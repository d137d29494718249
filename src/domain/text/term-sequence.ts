/**
 * The terms of a passage in order as 32-bit hashes: the title's, then sentence by sentence, {@link sentenceEnd} after the title and after each
 * sentence. Enough to count terms, and to see which stand together, without reading the text again.
 */
export type TermSequence = Uint32Array<ArrayBuffer>

export const sentenceEnd = 0

/** FNV-1a, 32 bits (Fowler, Noll and Vo), never 0: among the few hundred terms of a passage two share a hash once in ten thousand passages. */
export const hashTerm = (term: string): number => {
  let hash = 0x811c9dc5
  for (let at = 0; at < term.length; at++) hash = Math.imul(hash ^ term.charCodeAt(at), 0x01000193)
  return hash >>> 0 || 1
}

/** `ends` are the positions in `body` behind the last term of each sentence; without it the body is one sentence. */
export const termSequence = (
  title: readonly string[],
  body: readonly string[],
  ends: readonly number[] = [body.length],
): TermSequence => {
  const within = ends.filter((end, at) => end < body.length && end > (ends[at - 1] ?? 0))
  const sequence = new Uint32Array(title.length + body.length + within.length + 2)
  let at = 0
  for (const term of title) sequence[at++] = hashTerm(term)
  sequence[at++] = sentenceEnd
  let next = 0
  for (const [place, term] of body.entries()) {
    if (within[next] === place) {
      sequence[at++] = sentenceEnd
      next++
    }
    sequence[at++] = hashTerm(term)
  }
  sequence[at] = sentenceEnd
  return sequence
}
