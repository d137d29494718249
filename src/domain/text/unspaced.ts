/*
 * Scripts that put no blank between words. A run of one is cut into overlapping pairs of characters, as search engines do
 * (Lucene's CJKAnalyzer): what stands together in a question stands together in a text that has it, whatever the words are.
 * Pairs need no dictionary, so an index does not change with one.
 */

const SCRIPTS =
  '\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}\\p{sc=Hangul}\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmer}\\p{sc=Myanmar}ー'
const UNSPACED = new RegExp(`[${SCRIPTS}]`, 'u')
const RUN = new RegExp(`[${SCRIPTS}\\p{M}]+|[^${SCRIPTS}]+`, 'gu')
/** A character with the marks that belong to it: vowels and tones of Thai. */
const UNIT = /\P{M}\p{M}*|\p{M}+/gu

export type Piece = { text: string; start: number; end: number; unspaced: boolean }

export const isUnspaced = (text: string): boolean => UNSPACED.test(text)

type Unit = { text: string; start: number; end: number }

const unitsOf = (run: string, offset: number): Unit[] =>
  Array.from(run.matchAll(UNIT), ({ 0: text, index }) => ({
    text,
    start: offset + index,
    end: offset + index + text.length,
  }))

const pairsOf = (run: string, offset: number): Piece[] => {
  const units = unitsOf(run, offset)
  const [only] = units
  if (only !== undefined && units.length === 1) return [{ ...only, unspaced: true }]
  return units.slice(1).map((unit, at) => {
    const before = units[at] ?? unit
    return { text: before.text + unit.text, start: before.start, end: unit.end, unspaced: true }
  })
}

/** A run of letters and digits cut where its script changes: `GPT模型好` is `GPT`, `模型`, `型好`. */
export const piecesOf = (run: string, offset: number): Piece[] =>
  Array.from(run.matchAll(RUN)).flatMap(({ 0: part, index }) =>
    isUnspaced(part)
      ? pairsOf(part, offset + index)
      : [{ text: part, start: offset + index, end: offset + index + part.length, unspaced: false }],
  )

/** How a pair is compared: width and case do not count; the marks do, they are vowels here. */
export const normalPair = (pair: string): string => pair.normalize('NFKC').toLowerCase()

/** The single characters of such runs, for texts that are to be found by a word of one: `猫`. */
export const singles = (text: string): string[] =>
  isUnspaced(text)
    ? Array.from(text.matchAll(RUN)).flatMap(({ 0: part }) =>
        isUnspaced(part) ? unitsOf(part, 0).map((unit) => normalPair(unit.text)) : [],
      )
    : []
