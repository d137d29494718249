import { porterStem } from './porter.ts'
import { STOP_WORDS } from './stop-words.ts'
import { isUnspaced, normalPair, type Piece, piecesOf } from './unspaced.ts'

/** A word or number and where it stands: `text.slice(start, end) === token.text`; `norm` is what is compared. */
export interface Token {
  text: string
  norm: string
  start: number
  end: number
}

/** Numbers keep decimals and thousands (`3.5`, `1,024`); letters and digits stay together (`p53`); hyphens separate. */
const TOKEN = /\d+(?:[.,]\d+)*(?![\p{L}\p{N}])|[\p{L}\p{M}\p{N}]+/gu
const NOT_ASCII = /\P{ASCII}/u
const STEMS_CACHED_MAX = 50_000

/** Words and numbers in order. Where a script puts no blank between words, overlapping pairs of characters. */
export function tokens(text: string): Token[] {
  const found: Token[] = []
  for (const match of text.matchAll(TOKEN)) {
    const word = match[0]
    const start = match.index
    if (hasPairs(word))
      for (const piece of piecesOf(word, start))
        found.push({ text: piece.text, norm: normalPiece(piece), start: piece.start, end: piece.end })
    else found.push({ text: word, norm: normalWord(word), start, end: start + word.length })
  }
  return found
}

/** Normalised words in order: lower case, no accents, no punctuation. */
export function words(text: string): string[] {
  const found = text.match(TOKEN) ?? []
  return NOT_ASCII.test(text) && isUnspaced(text)
    ? found.flatMap((word) => (hasPairs(word) ? piecesOf(word, 0).map(normalPiece) : normalWord(word)))
    : found.map(normalWord)
}

/** Stems of the content words in order: stop words dropped, the rest through {@link stem}. */
export function stems(text: string): string[] {
  const kept: string[] = []
  for (const word of words(text)) if (!STOP_WORDS.has(word)) kept.push(stem(word))
  return kept
}

export function isStopWord(word: string): boolean {
  return STOP_WORDS.has(word)
}

const stemCache = new Map<string, string>()

/** Porter stem of a normalised word; words with digits or other scripts stay as they are. */
export function stem(word: string): string {
  const known = stemCache.get(word)
  if (known !== undefined) return known
  const made = /^[a-z]+$/.test(word) ? porterStem(word) : word
  if (stemCache.size >= STEMS_CACHED_MAX) stemCache.clear()
  stemCache.set(word, made)
  return made
}

/** Runs of `size` consecutive items joined by a blank, in order; empty when there are fewer items. */
export function ngrams(items: readonly string[], size: number): string[] {
  const found: string[] = []
  for (let at = 0; at + size <= items.length; at += 1) found.push(items.slice(at, at + size).join(' '))
  return found
}

function hasPairs(word: string): boolean {
  return NOT_ASCII.test(word) && isUnspaced(word)
}

function normalPiece({ text, unspaced }: Piece): string {
  return unspaced ? normalPair(text) : normalWord(text)
}

function normalWord(word: string): string {
  const lower = word.toLowerCase()
  return NOT_ASCII.test(lower) ? lower.normalize('NFKD').replace(/\p{M}+/gu, '') : lower
}
