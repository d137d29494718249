/**
 * The Porter stemmer: M. F. Porter, "An algorithm for suffix stripping", Program 14(3), 1980, with the two departures of
 * the author's own later implementation (step 2: `bli` to `ble`, `logi` to `log`). Words under three letters stay as they are.
 */
export function porterStem(word: string): string {
  if (word.length < 3) return word
  return step5(replaceSuffix(replaceSuffix(step1(word), STEP2, 0), STEP3, 0, step4))
}

type Rules = Record<string, [suffix: string, replacement: string][]>

const STEP2 = rules(
  `ational:ate tional:tion enci:ence anci:ance izer:ize bli:ble alli:al entli:ent eli:e ousli:ous ization:ize ation:ate
  ator:ate alism:al iveness:ive fulness:ful ousness:ous aliti:al iviti:ive biliti:ble logi:log`,
)
const STEP3 = rules('icate:ic ative: alize:al iciti:ic ical:ic ful: ness:')
const STEP4 = rules(
  'al: ance: ence: er: ic: able: ible: ant: ement: ment: ent: ion: ou: ism: ate: iti: ous: ive: ize:',
)

/** Rules by their last letter, so that a word meets only the few that can match; the longest suffix comes first. */
function rules(source: string): Rules {
  const byLastLetter: Rules = {}
  for (const rule of source.split(/\s+/)) {
    const [suffix = '', replacement = ''] = rule.split(':')
    const last = suffix.at(-1)!
    byLastLetter[last] = [...(byLastLetter[last] ?? []), [suffix, replacement]]
  }
  for (const list of Object.values(byLastLetter)) list.sort((a, b) => b[0].length - a[0].length)
  return byLastLetter
}

function replaceSuffix(
  word: string,
  table: Rules,
  measureAbove: number,
  then = (stem: string) => stem,
): string {
  for (const [suffix, replacement] of table[word.at(-1)!] ?? []) {
    if (!word.endsWith(suffix)) continue
    const stem = word.slice(0, word.length - suffix.length)
    return then(measure(stem) > measureAbove ? stem + replacement : word)
  }
  return then(word)
}

function step4(word: string): string {
  for (const [suffix] of STEP4[word.at(-1)!] ?? []) {
    if (!word.endsWith(suffix)) continue
    const stem = word.slice(0, word.length - suffix.length)
    if (suffix === 'ion' && !/[st]$/.test(stem)) return word
    return measure(stem) > 1 ? stem : word
  }
  return word
}

function step1(start: string): string {
  let word = start
  if (word.endsWith('sses') || word.endsWith('ies')) word = word.slice(0, -2)
  else if (word.endsWith('s') && !word.endsWith('ss')) word = word.slice(0, -1)
  word = step1b(word)
  if (word.endsWith('y') && hasVowel(word.slice(0, -1))) word = `${word.slice(0, -1)}i`
  return word
}

function step1b(word: string): string {
  if (word.endsWith('eed')) return measure(word.slice(0, -3)) > 0 ? word.slice(0, -1) : word
  const cut = word.endsWith('ed') ? 2 : word.endsWith('ing') ? 3 : 0
  if (cut === 0 || !hasVowel(word.slice(0, -cut))) return word
  const stem = word.slice(0, -cut)
  if (/(?:at|bl|iz)$/.test(stem)) return `${stem}e`
  if (endsDouble(stem) && !/[lsz]$/.test(stem)) return stem.slice(0, -1)
  return measure(stem) === 1 && endsShort(stem) ? `${stem}e` : stem
}

function step5(start: string): string {
  let word = start
  if (word.endsWith('e')) {
    const stem = word.slice(0, -1)
    const size = measure(stem)
    if (size > 1 || (size === 1 && !endsShort(stem))) word = stem
  }
  return word.endsWith('ll') && measure(word) > 1 ? word.slice(0, -1) : word
}

function isConsonant(word: string, at: number): boolean {
  const letter = word[at]!
  if ('aeiou'.includes(letter)) return false
  return letter !== 'y' || at === 0 || !isConsonant(word, at - 1)
}

/** Porter's m: how many times vowels are followed by consonants. */
function measure(stem: string): number {
  let count = 0
  let wasVowel = false
  for (let at = 0; at < stem.length; at += 1) {
    const consonant: boolean = !'aeiou'.includes(stem[at]!) && (stem[at] !== 'y' || at === 0 || wasVowel)
    if (consonant && wasVowel) count += 1
    wasVowel = !consonant
  }
  return count
}

function hasVowel(stem: string): boolean {
  for (let at = 0; at < stem.length; at += 1) if (!isConsonant(stem, at)) return true
  return false
}

function endsDouble(stem: string): boolean {
  return stem.length > 1 && stem.at(-1) === stem.at(-2) && isConsonant(stem, stem.length - 1)
}

/** Consonant, vowel, consonant, the last not w, x or y: "hop", "fil". */
function endsShort(stem: string): boolean {
  const last = stem.length - 1
  if (last < 2 || !isConsonant(stem, last) || 'wxy'.includes(stem[last]!)) return false
  return !isConsonant(stem, last - 1) && isConsonant(stem, last - 2)
}
