import { cosine, termVector } from '../../domain/text/similarity.ts'
import { stems } from '../../domain/text/tokens.ts'
import { attributionOf, inBrackets, withYear } from './attribution.ts'
import type { Group, Member } from './group.ts'
import { lowerFirst } from './phrasing.ts'
import type { Claim, Reading, Statement } from './shapes.ts'

/** Whether a claim may be made: it was not given up before. */
export type Allowed = (claim: string) => boolean

/** Papers told in some detail in one theme, fewer where there are many themes; all of a theme are cited by its first sentence. */
const TOLD_MAX = { few: 7, many: 4 }
const THEMES_MANY = 4
/** Where there are many themes, the papers of each get about so many words, and at least so many are told. */
const THEME_WORDS = 130
const TOLD_MIN = 3
const RESULTS_MAX = { few: 4, many: 2 }
const WORDS_LONG = 36
const ALIKE_FROM = 0.25
const KIND_ORDER = [
  'survey',
  'analysis',
  'architecture',
  'training',
  'inference',
  'data',
  'system',
  'benchmark',
]
const VEINS = ['In a similar vein,', 'Along the same lines,']

type Candidate = { member: Member; statement: Statement; result?: Statement; worth: number }

/** The papers of a theme worth telling, one of each kind of work first; surveys and analyses open, evaluation closes. */
export const toldIn = (group: Group, themes: number, allowed: Allowed): Claim[][] => {
  const many = themes > THEMES_MANY
  const candidates = group.members
    .flatMap((member) => candidateOf(member, allowed))
    .sort((a, b) => b.worth - a.worth || (a.member.reading.id < b.member.reading.id ? -1 : 1))
  const kinds = new Set<string>()
  const first = candidates.filter(
    ({ member }) => !kinds.has(member.approach.key) && kinds.add(member.approach.key),
  )
  const ordered = [...first, ...candidates.filter((each) => !first.includes(each))].slice(
    0,
    many ? TOLD_MAX.many : TOLD_MAX.few,
  )
  const withResult = new Set(
    [...ordered]
      .filter(({ result }) => result !== undefined)
      .sort((a, b) => b.worth - a.worth)
      .slice(0, many ? RESULTS_MAX.many : RESULTS_MAX.few),
  )
  const chosen = fitting(ordered, withResult, many).sort(
    (a, b) => rankOf(a.member) - rankOf(b.member) || b.worth - a.worth,
  )
  return chosen.map((each, at) => tellingOf(group, each, chosen[at - 1], at, withResult.has(each)))
}

/** As many as a theme has room for, the first few in any case. */
const fitting = (
  ordered: readonly Candidate[],
  withResult: ReadonlySet<Candidate>,
  many: boolean,
): Candidate[] => {
  let left = THEME_WORDS
  return ordered.filter((each, at) => {
    const size = wordsOf(each.statement) + (withResult.has(each) && each.result ? wordsOf(each.result) : 0)
    if (many && at >= TOLD_MIN && size > left) return false
    left -= size
    return true
  })
}

const wordsOf = ({ text }: Statement): number => text.split(' ').length

const candidateOf = (member: Member, allowed: Allowed): Candidate[] => {
  const { statements, name } = member.reading
  const own = statements.filter(({ id }) => allowed(id))
  const statement = own.find(({ kind }) => kind === 'contribution') ?? own.find(tells)
  if (statement === undefined) return []
  const result = own.find(
    (each) =>
      (each.kind === 'result' || each.kind === 'finding') &&
      each.id !== statement.id &&
      TELLING.test(each.sentence),
  )
  const worth =
    Number(statement.kind === 'contribution') +
    Number(name !== undefined) * 0.5 +
    Number(result !== undefined) * 0.6 +
    Math.max(-1, Math.min(1, statement.score / 4)) * 0.3 -
    Number(wordsOf(statement) > WORDS_LONG) * 0.4
  return [{ member, statement, ...(result === undefined ? {} : { result }), worth }]
}

/** A result with a figure, or one that says something other than that it is good. */
const TELLING =
  /\d|\b(?:only when|rather than|instead of|even|without|depends?|not\b|no \w+|fail|struggl|less than|more than|due to|because)/i
export const tells = ({ kind }: Statement): boolean => kind !== 'gap'
const rankOf = ({ approach }: Member): number => KIND_ORDER.indexOf(approach.key)

const tellingOf = (
  group: Group,
  { member, statement, result }: Candidate,
  before: Candidate | undefined,
  at: number,
  withResult: boolean,
): Claim[] => {
  const { reading, approach } = member
  const named = at % 2 === 1 && statement.named !== undefined
  const text = named ? statement.named! : attributed(reading, statement.text)
  const change = before?.member.approach.key !== approach.key
  const opening =
    group.axis === 'area' && change && before !== undefined
      ? approach.opening
      : before !== undefined && alike(before.statement, statement)
        ? (VEINS[at % VEINS.length] ?? '')
        : ''
  const claims = [{ ...claimOf(reading, statement), text: opened(opening, text) }]
  if (withResult && result !== undefined)
    claims.push({ ...claimOf(reading, result), text: continued(reading, result, named) })
  return claims
}

/** A sentence that says what, but not who: its paper is named. */
const attributed = (reading: Reading, text: string): string => {
  const attribution = attributionOf(reading)
  if (text.includes(attribution.subject)) return text
  const { name } = reading
  if (name !== undefined && text.startsWith(`${name} `))
    return text.replace(name, `${name} (${inBrackets(attribution)})`)
  const report = attribution.plural ? 'report' : 'reports'
  return LEADING_CLAUSE.test(text) && name !== undefined && text.includes(name)
    ? text.replace(name, `${name} (${inBrackets(attribution)})`)
    : `${withYear(attribution)} ${report} that ${lowerFirst(text)}`
}

const alike = (a: Statement, b: Statement): boolean =>
  cosine(termVector(stems(a.sentence)), termVector(stems(b.sentence))) >= ALIKE_FROM

const LEADING_CLAUSE =
  /^(?:To|By|With|While|Through|Using|For|In|On|As|At|Unlike|Inspired|Motivated|Building|Based|Drawing|Given|From|Under|Different|Without|Instead|Rather|Beyond)\b/

const opened = (opening: string, text: string): string =>
  opening === '' || LEADING_CLAUSE.test(text)
    ? text
    : `${opening} ${/^(?:The|A|An) /.test(text) ? lowerFirst(text) : text}`

/** The second sentence on a paper does not name its authors again. */
const continued = (reading: Reading, { text }: Statement, named: boolean): string => {
  const attribution = attributionOf(reading)
  const who = withYear(attribution)
  const they = attribution.plural
    ? named
      ? 'Its authors'
      : 'They'
    : reading.authors.length === 0
      ? 'It also'
      : attribution.subject
  return text.startsWith(`${who} `)
    ? `${they}${text.slice(who.length)}`
    : text.replace(who, attribution.subject)
}

const claimOf = (reading: Reading, statement: Statement): Claim => ({
  id: statement.id,
  kind: 'paraphrase',
  text: statement.text,
  citations: [{ paper: reading.id, quote: statement.sentence }],
})
