/** `Ma et al. (2025)` in a text: who is said to say so. */
export interface Attribution {
  text: string
  /** Family names in order. */
  names: string[]
  etAl: boolean
  /** Empty when not given. */
  year: string
  start: number
  end: number
}

/** `BAAI RoboBrain Team`: some papers are by a group under a name of its own. */
const GROUP = String.raw`(?:\p{Lu}[\p{L}\d.-]*\s){1,4}(?:Team|Group|Collaboration|Consortium|Lab|Project)`
const PERSON = String.raw`(?:${GROUP}|(?:(?:van|von|der|den|de|da|del|la|le|dos|el|al)\s){0,3}\p{Lu}[\p{L}’'\u2010-]+(?:-\p{Lu}[\p{L}’']+)?)`
const YEAR = String.raw`(?:19|20)\d\d[a-z]?`
const FORM = new RegExp(
  String.raw`(${PERSON})(?:\s+et\s+al\.?|(?:\s?,\s?${PERSON}){0,12},?\s+(?:and|&)\s+(${PERSON}))?(?:,?\s*\(\s*(${YEAR})\s*\)|,\s*(${YEAR})(?=\s*[);]))?`,
  'gu',
)

/** Attributions in their usual forms; a bare name without a year, `et al.` or a bracket around it is not one. */
export function attributionsIn(text: string): Attribution[] {
  const found: Attribution[] = []
  for (const match of text.matchAll(FORM)) {
    const etAl = /\set\s+al\.?/.test(match[0])
    const year = (match[3] ?? match[4] ?? '').slice(0, 4)
    if (!etAl && year === '') continue
    found.push({
      text: match[0],
      names: [match[1]!, match[2]].filter((name) => name !== undefined),
      etAl,
      year,
      start: match.index,
      end: match.index + match[0].length,
    })
  }
  return found
}

const LEAD =
  /^\s*(?:(?:also|further|first|then|they|recently)\s+)?(?:find|finds|found|show|shows|showed|report|reports|reported|demonstrate|demonstrates|observe|observes|argue|argues|conclude|concludes|caution|note|state|claim|warn|reveal|confirm)s?\s+(?:that\s+)?/iu

/** The text with its attributions blanked out, lengths kept, so that names and years of authors are not taken for content. */
export function withoutAttributions(text: string, attributions: readonly Attribution[]): string {
  let plain = text
  for (const { start, end } of attributions) {
    const after = LEAD.exec(plain.slice(end))
    const until = end + (after?.[0].length ?? 0)
    plain = plain.slice(0, start) + ' '.repeat(until - start) + plain.slice(until)
  }
  // "( ; )" and "according to" are left without their names.
  return plain
    .replace(/\(\s*(?:[;,]\s*)*\)/g, (empty) => ' '.repeat(empty.length))
    .replace(/,?\s*\b(?:according to|as (?:shown|reported|found) by|by)\s{2,}/gi, (empty) =>
      ' '.repeat(empty.length),
    )
}

const IS_GROUP = new RegExp(`^${GROUP}$`, 'u')
const PARTICLES = new Set('van von der den de da di del della la le dos bin al el ter ten'.split(' '))

/** Lower-case family names an author may be called by: with particles and without. */
export function familyNames(author: string): string[] {
  const plain = author.replace(/\s+/g, ' ').trim()
  const comma = plain.indexOf(',')
  if (comma > 0) return [plain.slice(0, comma).toLowerCase()]
  if (IS_GROUP.test(plain)) return [plain.toLowerCase()]
  const parts = plain.replace(/\s+(?:Jr\.?|Sr\.?|II|III|IV)$/, '').split(' ')
  let at = parts.length - 1
  if (at > 0 && /^\p{Lu}\.?$/u.test(parts[at]!)) at -= 1
  const last = parts[at] ?? plain
  let from = at
  while (from > 1 && PARTICLES.has(parts[from - 1]!.toLowerCase())) from -= 1
  return [...new Set([last, parts.slice(from, at + 1).join(' '), plain])].map((name) => name.toLowerCase())
}
