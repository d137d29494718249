import { attributionOf, inBrackets, withYear } from '../attribution.ts'
import { lowerFirst } from '../phrasing.ts'
import { quotable } from '../quotable.ts'
import type { Claim, Reading, Statement } from '../shapes.ts'
import { singular } from '../verbs.ts'

/** A statement with the paper that makes it. */
export type Told = { reading: Reading; statement: Statement }

/** Whether a claim may be made: it was not given up before. */
export type Allowed = (claim: string) => boolean

const LEADING_CLAUSE =
  /^(?:To|By|With|While|Through|Using|For|In|On|As|At|Unlike|Inspired|Motivated|Building|Based|Drawing|Given|From|Under|Different|Without|Instead|Rather|Beyond)\b/

/** A sentence that says what, but not who: its paper is named. */
export const attributed = (reading: Reading, { text, kind }: Pick<Statement, 'text' | 'kind'>): string => {
  const attribution = attributionOf(reading)
  if (text.includes(attribution.subject)) return text
  const { name } = reading
  if (name !== undefined && text.startsWith(`${name} `))
    return text.replace(name, `${name} (${inBrackets(attribution)})`)
  if (LEADING_CLAUSE.test(text) && name !== undefined && text.includes(name) && !text.includes(`(${name}`))
    return text.replace(name, `${name} (${inBrackets(attribution)})`)
  const verb = kind === 'background' ? 'note' : 'report'
  return `${withYear(attribution)} ${attribution.plural ? verb : singular(verb)} that ${lowerFirst(text)}`
}

/** The statement as a claim that names its paper. */
export const claimOf = ({ reading, statement }: Told): Claim => ({
  id: statement.id,
  kind: 'paraphrase',
  text: attributed(reading, statement),
  citations: [{ paper: reading.id, quote: statement.sentence }],
})

/** With the system it introduces as its subject, where it names one. */
export const claimNamed = (told: Told): Claim =>
  told.statement.named === undefined ? claimOf(told) : { ...claimOf(told), text: told.statement.named }

/** The second sentence on a paper does not name its authors again. */
export const continued = ({ reading, statement }: Told, named: boolean): Claim => {
  const attribution = attributionOf(reading)
  const who = withYear(attribution)
  const they = attribution.plural
    ? named
      ? 'Its authors'
      : 'They'
    : reading.authors.length === 0
      ? 'It also'
      : attribution.subject
  const { text } = statement
  return {
    id: statement.id,
    kind: 'paraphrase',
    text: text.startsWith(`${who} `)
      ? `${they}${text.slice(who.length)}`
      : text.replace(who, attribution.subject),
    citations: [{ paper: reading.id, quote: statement.sentence }],
  }
}

/** The statement's own words, as far as they can be quoted alone. */
export const quoteOf = ({ reading, statement }: Told): Claim | undefined => {
  const quote = quotable(statement.sentence)
  if (quote === undefined) return undefined
  const attribution = attributionOf(reading)
  const [first = '', ...more] = quote.verb.split(' ')
  const verb = [attribution.plural ? first : singular(first), ...more].join(' ')
  const says = quote.opening === 'that' ? `${verb} that` : quote.opening === 'object' ? verb : `${verb}:`
  return {
    id: statement.id,
    kind: 'quote',
    text: `${withYear(attribution)} ${says} “${quote.quote}”.`,
    citations: [{ paper: reading.id, quote: quote.quote }],
  }
}

/** A statement however it can be told: gaps are quoted, the rest is retold. */
export const toldAs = (told: Told): Claim | undefined =>
  told.statement.kind === 'gap' ? quoteOf(told) : claimOf(told)
