/** A number as a text states it; `value` is comparable text (`1,024` and `1024` are the same), `unit` may be empty. */
export interface Quantity {
  value: string
  unit: string
  text: string
}

/**
 * Numbers that state something. Digits of names (`GPT-4`, `p53`, `ViT-L/14`), reference marks (`[12]`) and enumerators (`(1)`) do
 * not: they are preceded by a letter, or by a letter and a hyphen or slash, or stand alone in brackets.
 */
const QUANTITY =
  /(?<![\p{L}\d.,])(?<!\p{L}[-‐‑/_])(\d+(?:[.,·]\d+)*)(?:\s?\\?(%|percent\b|per cent\b|percentage points?\b|points?\b|pp\b|×|x\b|times\b|-?fold\b|[bBmMkK]\b|ms\b|s\b|mg\b|kg\b|g\b|mm\b|cm\b|km\b|years?\b|days?\b|hours?\b))?/gu
const MARK = /\[\s*\d+(?:\s*[,;–-]\s*\d+)*\s*\]|\(\s*(?:\d{1,2}|[ivx]{1,4})\s*\)|(?:^|\s)\d\)\s/g
const UNITS: Record<string, string> = {
  percent: '%',
  'per cent': '%',
  '×': 'x',
  times: 'x',
  fold: 'x',
  '-fold': 'x',
  pp: 'point',
}
const WORDS: Record<string, string> = {
  one: '1',
  two: '2',
  three: '3',
  four: '4',
  five: '5',
  six: '6',
  seven: '7',
  eight: '8',
  nine: '9',
  ten: '10',
  eleven: '11',
  twelve: '12',
  twenty: '20',
  thirty: '30',
  fifty: '50',
  hundred: '100',
  thousand: '1000',
}

/** Stated numbers in order. */
export function quantities(text: string): Quantity[] {
  if (!/\d/.test(text)) return []
  const found: Quantity[] = []
  for (const match of text.replace(MARK, (mark) => ' '.repeat(mark.length)).matchAll(QUANTITY)) {
    const raw = (match[2] ?? '').toLowerCase()
    const unit =
      UNITS[raw] ??
      (raw.startsWith('percentage') || raw.startsWith('point') ? 'point' : raw.replace(/s$/, ''))
    found.push({ value: numberText(match[1]!), unit, text: match[0].trim() })
  }
  return found
}

/** Every value a text offers, number words and digits inside names included: what a claim's numbers may be found in. */
export function offeredValues(text: string): Set<string> {
  const values = new Set<string>()
  for (const match of text.matchAll(/\d+(?:[.,·]\d+)*/g)) values.add(numberText(match[0]))
  for (const word of text.toLowerCase().match(/[a-z]+/g) ?? [])
    if (Object.hasOwn(WORDS, word)) values.add(WORDS[word]!)
  return values
}

function numberText(raw: string): string {
  const plain = raw.replace(/,(?=\d{3}(?:\D|$))/g, '').replace(/[,·]/g, '.')
  const value = Number(plain)
  return Number.isFinite(value) ? String(value) : plain
}
