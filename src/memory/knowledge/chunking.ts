import { sentences } from '../../domain/text/sentences.ts'

export type Span = { start: number; end: number }

export type ChunkingOptions = {
  /** Characters of a chunk at most; default 2,000, about 450 tokens. */
  charsMax?: number
}

const isLowSurrogate = (code: number): boolean => code >= 0xdc00 && code < 0xe000

/** A span longer than `charsMax` in parts, cut at white space where there is some in the last third, never inside a character. */
const cut = (text: string, { start, end }: Span, charsMax: number): Span[] => {
  const parts: Span[] = []
  let from = start
  while (end - from > charsMax) {
    let at = from + charsMax
    const earliest = from + Math.ceil((charsMax * 2) / 3)
    while (at > earliest && !/\s/.test(text[at]!)) at--
    if (at === earliest) at = from + charsMax
    if (at - 1 > from && isLowSurrogate(text.charCodeAt(at))) at--
    parts.push({ start: from, end: at })
    from = at
  }
  parts.push({ start: from, end })
  return parts
}

const trimmed = (text: string, { start, end }: Span): Span => {
  let [from, to] = [start, end]
  while (from < to && /\s/.test(text[from]!)) from++
  while (to > from && /\s/.test(text[to - 1]!)) to--
  return { start: from, end: to }
}

/**
 * Whole sentences packed into chunks of at most `charsMax` characters; a paragraph's end closes a chunk that is more than half full. Spans are in order,
 * do not overlap, and leave out nothing but white space; a text without any is one empty chunk.
 */
export const chunksOf = (text: string, { charsMax = 2000 }: ChunkingOptions = {}): Span[] => {
  const most = Math.max(2, charsMax)
  const pieces = sentences(text).flatMap((sentence) => cut(text, sentence, most))
  const chunks: Span[] = []
  let open: Span | undefined
  for (const piece of pieces.map((piece) => trimmed(text, piece))) {
    if (piece.end === piece.start) continue
    const paragraph = open !== undefined && /\n[^\S\n]*\n/.test(text.slice(open.end, piece.start))
    const full = open !== undefined && piece.end - open.start > most
    if (open === undefined || full || (paragraph && open.end - open.start > most / 2)) {
      if (open !== undefined) chunks.push(open)
      open = { ...piece }
    } else open.end = piece.end
  }
  if (open !== undefined) chunks.push(open)
  return chunks.length === 0 ? [{ start: 0, end: 0 }] : chunks
}
