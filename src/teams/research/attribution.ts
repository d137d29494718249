type Attributed = { authors: readonly string[]; published: string; title: string }

export type Attribution = {
  /** `Hao et al.`, `Li and Wu`, `Chen`, or `The document "…"`. */
  subject: string
  year: string
  plural: boolean
}

const PARTICLES = new Set('van von der den de da di del della la le dos bin al el ter ten'.split(' '))

/** The family name of `First Last`, `Last, First` or a team's name. */
export const familyName = (author: string): string => {
  const plain = author.replace(/\s+/g, ' ').trim()
  const comma = plain.indexOf(',')
  if (comma > 0) return plain.slice(0, comma)
  const parts = plain.replace(/\s+(?:Jr\.?|Sr\.?|II|III|IV)$/, '').split(' ')
  if (parts.length > 1 && /\b(?:team|group|collaboration|lab|project)\b/i.test(plain)) return plain
  let at = parts.length - 1
  while (at > 1 && PARTICLES.has(parts[at - 1]!.toLowerCase())) at -= 1
  // An initial in the last place is no family name: the word before it is what such authors are called by.
  if (at > 0 && /^\p{Lu}\.?$/u.test(parts[at]!)) at -= 1
  return parts
    .slice(at)
    .join(' ')
    .replace(/ \p{Lu}\.?$/u, '')
}

const TITLE_CHARS_MAX = 70

/** How the text speaks of a paper's authors. */
export const attributionOf = ({ authors, published, title }: Attributed): Attribution => {
  const year = /^\d{4}/.exec(published)?.[0] ?? ''
  const names = authors.filter((name) => !/^et al\.?$/i.test(name.trim()))
  const [first, second] = names
  if (first === undefined || first.trim() === '') {
    const short =
      title.length > TITLE_CHARS_MAX ? `${title.slice(0, title.lastIndexOf(' ', TITLE_CHARS_MAX))} …` : title
    return { subject: `The document “${short}”`, year, plural: false }
  }
  if (names.length === 1 && authors.length === 1) return { subject: familyName(first), year, plural: false }
  if (names.length === 2 && authors.length === 2 && second !== undefined)
    return { subject: `${familyName(first)} and ${familyName(second)}`, year, plural: true }
  return { subject: `${familyName(first)} et al.`, year, plural: true }
}

export const withYear = ({ subject, year }: Attribution): string =>
  year === '' ? subject : `${subject} (${year})`

export const inBrackets = ({ subject, year }: Attribution): string =>
  year === '' ? subject : `${subject}, ${year}`

/** The claim with its paper's authors as `we` would say it, so that their names are not mistaken for content. */
export const withoutAttribution = (text: string, attribution: Attribution): string =>
  text
    .replaceAll(` (${inBrackets(attribution)})`, '')
    .replaceAll(`; ${inBrackets(attribution)})`, ')')
    .replaceAll(withYear(attribution), attribution.subject)
    .replaceAll(attribution.subject, 'we')
    .replace(/^(?:They|Its authors|It also) /, 'we ')

/** Every `Name et al.` and `(2026)` form in a text: what the validator compares with the cited papers. */
export const attributionsIn = (text: string): string[] =>
  [...text.matchAll(/\b(\p{Lu}[\p{L}’'-]+(?: \p{L}[\p{L}’'-]+){0,2}?) et al\./gu)].map((match) => match[1]!)
