/** A sentence and where it stands: `text.slice(start, end) === sentence.text`, without surrounding white space. */
export interface Sentence {
  text: string
  start: number
  end: number
}

/** Never the last word of a sentence: what follows belongs to it. */
const OPEN_ABBREVIATIONS = new Set(
  `e.g i.e eg ie vs cf viz fig figs eq eqs eqn eqns sec secs sect ref refs tab tabs no nos ca approx resp dr prof mr mrs
  ms st vol vols pp ed eds alg thm lem prop cor ch chap app suppl w.r.t incl excl esp var subsp ssp jan feb mar apr jun
  jul aug sep sept oct nov dec est dept univ art obs avg min max std aka a.k.a s.t`.split(/\s+/),
)

/** May close a sentence: they do when a word follows that starts sentences. */
const CLOSING_ABBREVIATIONS = new Set(
  'al etc u.s u.k e.u inc ltd corp co ph.d m.d b.sc m.sc a.m p.m sp spp i.i.d'.split(' '),
)

const STARTERS = new Set(
  `The A An We In This These Those Our To It Its However Moreover Furthermore Here Although While When Since For On As At
  By With From Using Based Finally First Second Third Specifically Existing Recent Recently Despite Unlike Such There They
  Their Then Thus Therefore Hence Also Additionally Experiments Results Extensive Code I If But And Is Are Can What How Why
  Most Many Some Each Both All Given Yet Instead Previous Prior Current Through Under Among Across Overall Notably Conclusion
  Conclusions Even Still Only No Not After Before During Due Without Within Building Inspired Motivated Leveraging
  Unfortunately Interestingly Similarly Next Methods Background Objective Nevertheless Nonetheless Consequently Empirically Importantly Surprisingly`.split(
    /\s+/,
  ),
)

/** Brackets and formulas longer than this are taken for unbalanced text, in which sentences do end. */
const GROUP_CHARS_MAX = 400
const TERMINATOR = /[.?!…。！？]|\n[^\S\n]*\n/g
const CLOSERS = /["'”’»)\]}]*(?:\[\d[\d,;\s–-]{0,20}\])?/y
const SPACE = /\s/
const NEXT_WORD = /[\p{L}\p{N}'’-]+/uy
const UPPER_LIKE = /[\p{Lu}\p{Lt}\p{Lo}\p{N}([{"'“‘«$\\<>≥≤~±#*•–—-]/u
const MIXED_LOWER = /^\p{Ll}{1,3}(?:\p{Lu}|\d)/u

/**
 * Splits scientific prose into sentences with exact spans. Abbreviations, initials, decimals, addresses, brackets and
 * `$formulas$` do not end a sentence; a blank line does. Linear in the length of the text.
 */
export function sentences(text: string): Sentence[] {
  const found: Sentence[] = []
  const groups = protectedGroups(text)
  let group = 0
  let start = 0
  TERMINATOR.lastIndex = 0
  for (let match = TERMINATOR.exec(text); match; match = TERMINATOR.exec(text)) {
    const at = match.index
    while (group < groups.length && groups[group]!.end < at) group += 1
    if (group < groups.length && groups[group]!.start < at) continue
    const end = match[0].charCodeAt(0) === 10 ? at : boundaryAfter(text, at, start)
    if (end < 0) continue
    push(found, text, start, end)
    start = end
    TERMINATOR.lastIndex = Math.max(end, at + 1)
  }
  push(found, text, start, text.length)
  return found
}

function push(found: Sentence[], text: string, from: number, to: number): void {
  let start = from
  let end = to
  while (start < end && SPACE.test(text[start]!)) start += 1
  while (end > start && SPACE.test(text[end - 1]!)) end -= 1
  if (end > start) found.push({ text: text.slice(start, end), start, end })
}

/** Where the sentence closed by the mark at `at` ends, or -1 when the mark closes none. */
function boundaryAfter(text: string, at: number, sentenceStart: number): number {
  const mark = text[at]!
  if ('。！？'.includes(mark)) return at + 1
  let end = at + 1
  while (end < text.length && '.?!…'.includes(text[end]!)) end += 1
  CLOSERS.lastIndex = end
  const closers = CLOSERS.exec(text)?.[0] ?? ''
  const bare = end === at + 1 && closers === ''
  end += closers.length
  if (end >= text.length) return end
  if (!SPACE.test(text[end]!)) return bare && mark === '.' && gluedStart(text, at) ? end : -1
  let next = end
  while (next < text.length && SPACE.test(text[next]!)) next += 1
  if (next >= text.length) return end
  const word = wordAt(text, next)
  if (!UPPER_LIKE.test(text[next]!) && !MIXED_LOWER.test(word)) return -1
  return bare && mark === '.' && abbreviates(text, at, sentenceStart, next, word) ? -1 : end
}

/** "results.We show": the space is missing, but the next word starts sentences. */
function gluedStart(text: string, at: number): boolean {
  return at >= 3 && /^\p{Ll}{3}$/u.test(text.slice(at - 3, at)) && STARTERS.has(wordAt(text, at + 1))
}

function abbreviates(
  text: string,
  at: number,
  sentenceStart: number,
  next: number,
  nextWord: string,
): boolean {
  let from = at
  while (from > sentenceStart && at - from < 24 && !/[\s([{"'“‘,;/~-]/.test(text[from - 1]!)) from -= 1
  const word = text.slice(from, at)
  const key = word.toLowerCase()
  // A month or a "max" in capitals is a name or a label and may well end a sentence; "no." only before a number.
  if (key === 'no' || key === 'nos' || key === 'art' || key === 'app') return /\d/.test(text[next]!)
  if (OPEN_ABBREVIATIONS.has(key))
    return key.includes('.') || !STARTERS.has(nextWord) || key === 'vs' || key === 'cf'
  if (CLOSING_ABBREVIATIONS.has(key)) return !STARTERS.has(nextWord)
  if (/^(?:\p{Lu}\.)*\p{Lu}$/u.test(word)) return !STARTERS.has(nextWord)
  // An enumerator that opens the sentence: "1. We", "a. The".
  return (
    from === sentenceStart + leadingSpace(text, sentenceStart) &&
    /^(?:\d{1,2}|\p{Ll}|[ivx]{1,4})$/u.test(word)
  )
}

function leadingSpace(text: string, from: number): number {
  let at = from
  while (at < text.length && SPACE.test(text[at]!)) at += 1
  return at - from
}

function wordAt(text: string, at: number): string {
  NEXT_WORD.lastIndex = at
  return NEXT_WORD.exec(text)?.[0] ?? ''
}

interface Group {
  start: number
  end: number
}

/** Outermost balanced brackets and formulas, in order. The rule for `$` is pandoc's, so prices are not formulas. */
function protectedGroups(text: string): Group[] {
  const groups: Group[] = []
  const open: number[] = []
  const closes: Record<string, string> = { ')': '(', ']': '[', '}': '{' }
  let dollar = -1
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at]!
    if (char === '(' || char === '[' || char === '{') open.push(at)
    else if (char === '\n' && /\n[^\S\n]*\n/y.test(text.slice(at, at + 8))) {
      open.length = 0
      dollar = -1
    } else if (char in closes) {
      while (open.length > 0 && text[open.at(-1)!] !== closes[char]) open.pop()
      const from = open.pop()
      if (from !== undefined && at - from <= GROUP_CHARS_MAX) addGroup(groups, from, at)
    } else if (char === '$' && text[at - 1] !== '\\') {
      const mayClose = dollar >= 0 && at - dollar <= GROUP_CHARS_MAX && !SPACE.test(text[at - 1]!)
      if (mayClose && !/\d/.test(text[at + 1] ?? '')) {
        addGroup(groups, dollar, at)
        dollar = -1
      } else dollar = SPACE.test(text[at + 1] ?? ' ') ? -1 : at
    }
  }
  return groups
}

function addGroup(groups: Group[], start: number, end: number): void {
  while (groups.length > 0 && groups.at(-1)!.start >= start) groups.pop()
  if (groups.length === 0 || groups.at(-1)!.end < start) groups.push({ start, end })
}
