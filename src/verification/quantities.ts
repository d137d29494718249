/** A number as a text states it, with its unit. */
export interface Quantity {
  /** Comparable text (`1,024` and `1024` are the same), without the magnitude that follows. */
  value: string
  /** The number itself, magnitude included: 5200 for `5.2k`, 75 for `three quarters`, 4 for `fourfold`. */
  amount: number
  /** `%`, `point`, `x` (times), `k` and other magnitudes, `ms`, `mg`; empty for none. */
  unit: string
  /** As written, with its unit. */
  text: string
  start: number
  end: number
  /** Written in words, or said to be about right: compared with some tolerance. */
  approximate: boolean
  bound: Bound
}

/** What the words before a number say of it. */
export type Bound = 'over' | 'under' | 'up to' | 'about' | ''

/**
 * Numbers that state something. Digits of names (`GPT-4`, `p53`, `ViT-L/14`), reference marks
 * (`[12]`) and enumerators (`(1)`) do not: they are preceded by a letter, or by a letter and a
 * hyphen or slash, or stand alone in brackets. Nor do dimensions (`3D`).
 */
const DIGITS =
  /(?<![\p{L}\d.,])(?<!\p{L}[-‐‑/_])(\d+(?:[.,·]\d+)*)(?!\d|[dD](?!\p{L}))(?:\s?\$?\s?\\?(%|percent\b|per cent\b|percentage points?\b|points?\b|pp\b|×|times\b|[-‐]?fold\b|x\b)|\s?(trillion|billion|million|thousand|[kKmMbBT])(?![\p{L}\d])|[\s-]?(ms|milliseconds?|seconds?|s|minutes?|min|hours?|h|days?|weeks?|months?|years?|mg|kg|g|mm|cm|km|nm|GB|MB|TB|KB|Hz|kHz|MHz|GHz|FPS|fps|W|V|°C)(?![\p{L}\d]))?/gu
const MARK = /\[\s*\d+(?:\s*[,;–-]\s*\d+)*\s*\]|\(\s*(?:\d{1,2}|[ivx]{1,4})\s*\)|(?:^|\s)\d\)\s/g
const MAGNITUDES: Record<string, [string, number]> = {
  k: ['k', 1e3],
  thousand: ['k', 1e3],
  m: ['m', 1e6],
  million: ['m', 1e6],
  b: ['b', 1e9],
  billion: ['b', 1e9],
  t: ['t', 1e12],
  trillion: ['t', 1e12],
}
const SAME_UNIT: Record<string, string> = {
  milliseconds: 'ms',
  millisecond: 'ms',
  seconds: 's',
  second: 's',
  minutes: 'min',
  minute: 'min',
  hours: 'h',
  hour: 'h',
}
const SMALL =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  )
const TENS = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ')
const WORDS: Readonly<Record<string, number>> = {
  ...Object.fromEntries(SMALL.map((word, at) => [word, at])),
  ...Object.fromEntries(TENS.map((word, at) => [word, 20 + 10 * at])),
  ...Object.fromEntries(
    TENS.flatMap((ten, at) =>
      SMALL.slice(1, 10).map((word, unit) => [`${ten}-${word}`, 21 + 10 * at + unit]),
    ),
  ),
  hundred: 100,
  thousand: 1000,
  dozen: 12,
}
const PARTS: Readonly<Record<string, number>> = { half: 2, third: 3, quarter: 4, fifth: 5, tenth: 10 }
const MULTIPLES: Readonly<Record<string, number>> = {
  double: 2,
  doubles: 2,
  doubled: 2,
  doubling: 2,
  twice: 2,
  triple: 3,
  triples: 3,
  tripled: 3,
  tripling: 3,
  thrice: 3,
  quadruple: 4,
  quadruples: 4,
  quadrupled: 4,
}
const IN_WORDS = new RegExp(
  `(?<![\\p{L}\\d-])(?:(${[...SMALL, ...TENS].join('|')})[-‐]?fold|` +
    `(?:(one|two|three|four|a|half)[\\s-])?(?:of )?(half|third|quarter|fifth|tenth)s?(?=\\s|[.,;)]|$)|` +
    `(${Object.keys(MULTIPLES).join('|')})|` +
    `((?:${TENS.join('|')})[-‐](?:${SMALL.slice(1, 10).join('|')})|${[...SMALL.slice(2), ...TENS].join('|')}|(?:a |one )?(?:hundred|thousand|dozen))` +
    `(?:\\s(hundred|thousand|million|billion))?(?:\\s(percent|per cent|percentage points?|points?|times))?)(?![\\p{L}\\d-])`,
  'giu',
)

/** Numbers stated in digits, in order. */
export function quantities(text: string): Quantity[] {
  if (!/\d/.test(text)) return []
  const found: Quantity[] = []
  const plain = text.replace(MARK, (mark) => ' '.repeat(mark.length))
  for (const match of plain.matchAll(DIGITS)) {
    const value = numberText(match[1]!)
    const magnitude = MAGNITUDES[(match[3] ?? '').toLowerCase()]
    found.push({
      value,
      amount: Number(value) * (magnitude?.[1] ?? 1),
      unit: magnitude?.[0] ?? unitOf(match[2] ?? match[4] ?? ''),
      text: match[0].trim(),
      start: match.index,
      end: match.index + match[0].length,
      ...boundBefore(plain, match.index),
    })
  }
  // "1.8-3.3%": both ends of a range have its unit.
  for (const [at, each] of found.entries()) {
    const next = found[at + 1]
    if (next && each.unit === '' && /^\s?(?:[-–—]|to)\s?$/.test(plain.slice(each.end, next.start)))
      found[at] = { ...each, unit: next.unit }
  }
  return found
}

/** Numbers stated in digits or in words, in order: `three quarters` is 75 %, `ninefold` 9 times. `one` states nothing. */
export function allQuantities(text: string): Quantity[] {
  const found = quantities(text)
  for (const match of text.matchAll(IN_WORDS)) {
    const read = readWords(match)
    if (
      read === undefined ||
      found.some(({ start, end }) => start < match.index + match[0].length && match.index < end)
    )
      continue
    const bound = boundBefore(text, match.index)
    found.push({
      ...read,
      value: String(read.amount),
      text: match[0].trim(),
      start: match.index,
      end: match.index + match[0].length,
      approximate: read.approximate || bound.approximate,
      bound: bound.bound,
    })
  }
  return found.sort((a, b) => a.start - b.start)
}

function readWords(
  match: RegExpExecArray,
): { amount: number; unit: string; approximate: boolean } | undefined {
  const [, fold, count, part, multiple, word, magnitude, unit] = match.map((each) => each?.toLowerCase())
  if (fold) return { amount: WORDS[fold]!, unit: 'x', approximate: true }
  if (part) {
    const number = count === undefined || count === 'a' || count === 'half' ? 1 : WORDS[count]!
    // "the third" and "a fifth" may be an ordinal.
    if (part !== 'half' && count === undefined) return undefined
    return { amount: (100 * number) / PARTS[part]!, unit: '%', approximate: true }
  }
  if (multiple) return { amount: MULTIPLES[multiple]!, unit: 'x', approximate: true }
  const amount = WORDS[word!.replace(/^(?:a|one) /, '').replace('‐', '-')]
  if (amount === undefined) return undefined
  const scale = magnitude === 'hundred' ? 100 : (MAGNITUDES[magnitude ?? '']?.[1] ?? 1)
  return {
    amount: amount * scale,
    unit: magnitude && magnitude !== 'hundred' ? MAGNITUDES[magnitude]![0] : unitOf(unit ?? ''),
    approximate: false,
  }
}

const ABOUT =
  /(?:\b(?:about|around|roughly|approximately|approx\.?|nearly|almost|close to|some|circa|an estimated)|[~≈])\s?$/i
const OVER =
  /(?:\b(?:over|above|more than|greater than|at least|exceeding|exceeds?|beyond|higher than|no less than|no fewer than)|[>≥])\s?$/i
const UNDER = /(?:\b(?:under|below|less than|fewer than|lower than|no more than|at most|within)|[<≤])\s?$/i
const UP_TO = /\b(?:up to|as (?:much|many|high) as|a maximum of)\s?(?:an?\s)?$/i

function boundBefore(text: string, at: number): { approximate: boolean; bound: Bound } {
  const before = text.slice(Math.max(0, at - 24), at).replace(/[$\\]/g, '')
  const bound = UP_TO.test(before)
    ? 'up to'
    : OVER.test(before)
      ? 'over'
      : UNDER.test(before)
        ? 'under'
        : ABOUT.test(before)
          ? 'about'
          : ''
  return { approximate: bound === 'about' || bound === 'over' || bound === 'under', bound }
}

function unitOf(raw: string): string {
  const unit = raw.toLowerCase()
  if (unit === '%' || unit === 'percent' || unit === 'per cent') return '%'
  if (unit === '×' || unit === 'x' || unit === 'times' || unit.endsWith('fold')) return 'x'
  if (unit === 'pp' || unit.includes('point')) return 'point'
  return SAME_UNIT[unit] ?? unit.replace(/s$/, (ending) => (unit.length > 2 ? '' : ending))
}

/** Every value a text offers, number words and digits inside names included: what a claim's numbers may be found in. */
export function offeredValues(text: string): Set<string> {
  const values = new Set<string>()
  for (const match of text.matchAll(/\d+(?:[.,·]\d+)*/g)) values.add(numberText(match[0]))
  for (const word of text.toLowerCase().match(/[a-z]+/g) ?? [])
    if (Object.hasOwn(WORDS, word)) values.add(String(WORDS[word]))
  return values
}

function numberText(raw: string): string {
  const plain = raw.replace(/,(?=\d{3}(?:\D|$))/g, '').replace(/[,·]/g, '.')
  const value = Number(plain)
  return Number.isFinite(value) ? String(value) : plain
}
