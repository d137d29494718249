import { cosine, termVector } from '../../domain/text/similarity.ts'
import { stems } from '../../domain/text/tokens.ts'
import { APPROACHES } from './approaches.ts'
import { attributionOf, inBrackets, withYear } from './attribution.ts'
import { counted, listed, numberWord, span, upperFirst } from './phrasing.ts'
import type { Claim, ClaimCitation, Narrative, Reading, Statement, Theme } from './shapes.ts'
import { SHARED_TERMS, type SharedTerm } from './shared-terms.ts'
import { type Group, type Member, themesOf } from './themes.ts'

export type NarrativeInput = {
  question: string
  topic: string
  readings: readonly Reading[]
  avoided: readonly string[]
}

/** Papers told in some detail in one theme, fewer where there are many themes; all of a theme are cited by its first sentence. */
const TOLD_MAX = { few: 7, many: 4 }
const THEMES_MANY = 4
/** Where there are many themes, each gets about so many words, and at least so many papers. */
const THEME_WORDS = 175
const TOLD_MIN = 3
const RESULTS_MAX = { few: 4, many: 2 }
const PARAGRAPH_CLAIMS = 5
const SHARED_PAPERS = { min: 2, max: 4, introduction: 3 }
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

/** One narrative over the readings, by classical methods: every sentence is a claim with the sentences it rests on. */
export const narrate = (input: NarrativeInput): Narrative => {
  const avoided = new Set(input.avoided)
  const allowed: Allowed = (id) => !avoided.has(id)
  const usable = input.readings.filter(({ statements }) => statements.some(tells))
  const groups = themesOf(usable, input.topic)
  const themes = groups.map((group, at) => themeOf(group, at, groups.length, allowed))
  return {
    title: `${upperFirst(input.topic)}: what recent papers report`,
    introduction: introductionOf(input.topic, groups, usable).filter(({ id }) => allowed(id)),
    themes: themes.filter(({ paragraphs }) => paragraphs.length > 0),
    avoided: [...input.avoided],
    method: 'classical',
  }
}

type Allowed = (claim: string) => boolean

const idsOf = (members: readonly Member[]): string[] => members.map(({ reading }) => reading.id)

const introductionOf = (topic: string, groups: readonly Group[], readings: readonly Reading[]): Claim[] => {
  if (readings.length === 0) return []
  const when = span(readings.map(({ published }) => published))
  const parts = groups.map(({ name, members }) => `${lower(name)} (${counted(members.length, 'paper')})`)
  const themes =
    parts.length < 2
      ? ''
      : `; ${groups.reduce((sum, { members }) => sum + members.length, 0) === readings.length ? 'they' : 'most of them'} fall into ${numberWord(parts.length)} themes: ${listed(parts)}`
  const scope: Claim = {
    id: 'introduction/scope',
    kind: 'count',
    text: `This summary rests on ${counted(readings.length, 'paper')} on ${topic}${when === '' ? '' : `, published ${when}`}${themes}.`,
    citations: [],
    counts: [
      { of: readings.map(({ id }) => id), value: readings.length },
      ...(parts.length < 2
        ? []
        : groups.map(({ members }) => ({ of: idsOf(members), value: members.length }))),
    ],
  }
  return [scope, ...kindsOf('introduction', groups, LEADING), ...sharedInAll(readings)]
}

const lower = (name: string): string =>
  /^\p{Lu}\p{Ll}/u.test(name) ? name.charAt(0).toLowerCase() + name.slice(1) : name

const slug = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]+/g, '-')

type Kinds = (parts: string[], tied: boolean) => string

const LEADING: Kinds = ([first = '', second = '', ...rest], tied) =>
  tied
    ? `By kind of work, ${first} and ${second} come first${rest.length === 0 ? '' : `, ahead of ${listed(rest)}`}.`
    : `By kind of work, ${first} come first, ahead of ${listed([second, ...rest])}.`
const AMONG: Kinds = (parts) => `They comprise ${listed(parts)}.`

/** How many papers are of which kind, the most frequent first. */
const kindsOf = (place: string, groups: readonly Group[], say: Kinds): Claim[] => {
  if (groups.every(({ axis }) => axis !== 'area')) return []
  const members = groups.flatMap((group) => group.members)
  const kinds = APPROACHES.map(({ key, noun }) => ({
    noun,
    of: idsOf(members.filter(({ approach }) => approach.key === key)),
  }))
    .filter(({ of }) => of.length > 0)
    .sort((a, b) => b.of.length - a.of.length)
    .slice(0, 3)
  if (kinds.length < 2 || (kinds[0]?.of.length ?? 0) < 2) return []
  return [
    {
      id: `${place}/kinds`,
      kind: 'count',
      text: say(
        kinds.map(({ noun, of }) => counted(of.length, noun[0], noun[1])),
        kinds[0]?.of.length === kinds[1]?.of.length,
      ),
      citations: [],
      counts: kinds.map(({ of }) => ({ of, value: of.length })),
    },
  ]
}

const sharedInAll = (readings: readonly Reading[]): Claim[] =>
  sharedIn(readings)
    .filter(({ citations }) => citations.length >= SHARED_PAPERS.introduction)
    .slice(0, 2)
    .map(({ term: { term }, citations }, at, all) => ({
      id: `introduction/${slug(term)}`,
      kind: 'shared',
      term,
      text:
        at === 0
          ? `The ingredient named most often across them is ${term} (${counted(citations.length, 'paper')} {*}).`
          : `${upperFirst(term)} ${citations.length === all[0]?.citations.length ? 'is named as often' : 'comes next'} (${counted(citations.length, 'paper')} {*}).`,
      citations,
      counts: [{ of: citations.map(({ paper }) => paper), value: citations.length }],
    }))

const themeOf = (group: Group, at: number, themes: number, allowed: Allowed): Theme => {
  const told = toldIn(group, themes, allowed)
  if (told.length === 0) return { name: group.name, paragraphs: [] }
  const place = `theme-${at + 1}`
  const opening = [
    ...(themes === 1 && group.aim === undefined ? [] : [leadOf(group, at)]),
    ...kindsOf(place, [group], AMONG),
    ...sharedClaim(group, at),
  ].filter(({ id }) => allowed(id))
  const paragraphs = [opening]
  let length = wordsIn(opening)
  for (const [index, claims] of told.entries()) {
    if (themes > THEMES_MANY && index >= TOLD_MIN && length + wordsIn(claims) > THEME_WORDS) break
    length += wordsIn(claims)
    const last = paragraphs.at(-1)!
    if (last.length > 1 && last.length + claims.length > PARAGRAPH_CLAIMS + 1) paragraphs.push([...claims])
    else last.push(...claims)
  }
  return { name: group.name, paragraphs }
}

const wordsIn = (claims: readonly Claim[]): number =>
  claims.reduce((sum, { text }) => sum + text.split(' ').length, 0)

const LEADS: ((many: string, when: string, aim: string) => string)[] = [
  (many, when, aim) => `${upperFirst(many)} {*}${when === '' ? '' : `, published ${when},`} try to ${aim}.`,
  (many, when, aim) => `To ${aim} is the goal of ${many} {*}${when === '' ? '' : ` published ${when}`}.`,
  (many, when, aim) =>
    `How to ${aim} is the question of ${many} {*}${when === '' ? '' : `, which appeared ${when}`}.`,
]

const leadOf = ({ members, aim }: Group, at: number): Claim => {
  const when = span(members.map(({ reading }) => reading.published))
  const many = counted(members.length, 'paper')
  const text =
    aim === undefined
      ? `${upperFirst(many)} {*}${when === '' ? '' : `, published ${when},`} ${members.length === 1 ? 'is' : 'are'} told here${at === 0 ? '' : ' together'}.`
      : LEADS[at % LEADS.length]!(many, when, aim)
  return {
    id: `theme-${at + 1}/lead`,
    kind: 'count',
    text,
    citations: members.map(({ reading }) => ({ paper: reading.id, quote: reading.title })),
    counts: [{ of: idsOf(members), value: members.length }],
  }
}

const VEINS = ['In a similar vein,', 'Along the same lines,']

type Candidate = { member: Member; statement: Statement; result?: Statement; worth: number }

/** The papers of a theme worth telling, one of each kind of work first; surveys and analyses open, evaluation closes. */
const toldIn = (group: Group, themes: number, allowed: Allowed): Claim[][] => {
  const candidates = group.members
    .flatMap((member) => candidateOf(member, allowed))
    .sort((a, b) => b.worth - a.worth || (a.member.reading.id < b.member.reading.id ? -1 : 1))
  const kinds = new Set<string>()
  const first = candidates.filter(
    ({ member }) => !kinds.has(member.approach.key) && kinds.add(member.approach.key),
  )
  const chosen = [...first, ...candidates.filter((each) => !first.includes(each))]
    .slice(0, themes > THEMES_MANY ? TOLD_MAX.many : TOLD_MAX.few)
    .sort((a, b) => rankOf(a.member) - rankOf(b.member) || b.worth - a.worth)
  const telling = [...chosen].filter(({ result }) => result !== undefined).sort((a, b) => b.worth - a.worth)
  const withResult = new Set(telling.slice(0, themes > THEMES_MANY ? RESULTS_MAX.many : RESULTS_MAX.few))
  return chosen.map((each, at) => tellingOf(group, each, chosen[at - 1], at, withResult.has(each)))
}

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
    Math.max(-1, Math.min(1, statement.score / 4)) * 0.3
  return [{ member, statement, ...(result === undefined ? {} : { result }), worth }]
}

/** A result with a figure, or one that says something other than that it is good. */
const TELLING =
  /\d|\b(?:only when|rather than|instead of|even|without|depends?|not\b|no \w+|fail|struggl|less than|more than|due to|because)/i
const tells = ({ kind }: Statement): boolean => kind !== 'gap'
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
    : `${withYear(attribution)} ${report} that ${lower(text)}`
}

const alike = (a: Statement, b: Statement): boolean =>
  cosine(termVector(stems(a.sentence)), termVector(stems(b.sentence))) >= ALIKE_FROM

const LEADING_CLAUSE =
  /^(?:To|By|With|While|Through|Using|For|In|On|As|At|Unlike|Inspired|Motivated|Building|Based|Drawing|Given|From|Under|Different|Without|Instead|Rather|Beyond)\b/

const opened = (opening: string, text: string): string =>
  opening === '' || LEADING_CLAUSE.test(text)
    ? text
    : `${opening} ${/^(?:The|A|An) /.test(text) ? lower(text) : text}`

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

type Shared = { term: SharedTerm; citations: ClaimCitation[] }

/** Methods that several papers name in what they offer or find, the most frequent first. */
const sharedIn = (readings: readonly Reading[]): Shared[] =>
  SHARED_TERMS.filter(({ kind }) => kind === 'method')
    .map((term) => ({
      term,
      citations: readings.flatMap((reading): ClaimCitation[] => {
        const statement = reading.statements.find((each) => tells(each) && term.words.test(each.sentence))
        return statement === undefined ? [] : [{ paper: reading.id, quote: statement.sentence }]
      }),
    }))
    .filter(({ citations }) => citations.length >= SHARED_PAPERS.min)
    .sort((a, b) => b.citations.length - a.citations.length || (a.term.term < b.term.term ? -1 : 1))

const CONNECTIONS: ((term: string, names: string) => string)[] = [
  (term, names) => `${names} have ${term} in common.`,
  (term, names) => `Between ${names}, the common ground is ${term}.`,
  (term, names) => `A thread through ${names} is ${term}.`,
]

const sharedClaim = (group: Group, at: number): Claim[] => {
  const readings = group.members.map(({ reading }) => reading)
  const shared = sharedIn(readings).find(({ citations }) => citations.length < readings.length)
  if (shared === undefined) return []
  const citations = shared.citations.slice(0, SHARED_PAPERS.max)
  const names = citations.map(({ paper }, index) => {
    const reading = readings.find(({ id }) => id === paper)!
    return `${reading.name ?? attributionOf(reading).subject} {${index + 1}}`
  })
  const { term } = shared.term
  return [
    {
      id: `theme-${at + 1}/${slug(term)}`,
      kind: 'shared',
      term,
      text: CONNECTIONS[at % CONNECTIONS.length]!(term, listed(names)),
      citations,
    },
  ]
}
