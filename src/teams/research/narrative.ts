import { APPROACHES } from './approaches.ts'
import { attributionOf } from './attribution.ts'
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

/** Papers told in some detail in one theme; the others of the theme are cited by its first sentence. */
const TOLD_MAX = 6
const RESULTS_MAX = 2
const SHARED_PAPERS = { min: 2, max: 4 }
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
  const usable = input.readings.filter(({ statements }) => statements.some(({ kind }) => kind !== 'gap'))
  const groups = themesOf(usable, input.topic)
  const avoided = new Set(input.avoided)
  const allowed = (claim: Claim): boolean => !avoided.has(claim.id)
  const themes = groups.map((group, at) => themeOf(group, at, usable.length, allowed))
  return {
    title: titleOf(input.topic),
    introduction: introductionOf(input.topic, groups, usable).filter(allowed),
    themes: themes.filter(({ paragraphs }) => paragraphs.length > 0),
    avoided: [...input.avoided],
    method: 'classical',
  }
}

const titleOf = (topic: string): string => `${upperFirst(topic)}: what recent papers report`

const introductionOf = (topic: string, groups: readonly Group[], readings: readonly Reading[]): Claim[] => {
  const of = readings.map(({ id }) => id)
  const when = span(readings.map(({ published }) => published))
  const parts = groups.map(({ name, members }) => `${lower(name)} (${members.length})`)
  const claims: Claim[] = [
    {
      id: 'introduction/scope',
      kind: 'count',
      text: `${upperFirst(counted(readings.length, 'paper'))} on ${topic}${when === '' ? '' : `, published ${when},`} were read for this summary${parts.length < 2 ? '' : `; most of them fall into ${numberWord(parts.length)} themes: ${listed(parts)}`}.`,
      citations: [],
      counts: [
        { of, value: readings.length },
        ...groups.map(({ members }) => ({
          of: members.map(({ reading }) => reading.id),
          value: members.length,
        })),
      ],
    },
  ]
  const [first, second] = sharedIn(readings, 'method')
  if (first !== undefined && first.citations.length > 2)
    claims.push({
      id: `introduction/${slug(first.term.term)}`,
      kind: 'shared',
      term: first.term.term,
      text: `The ingredient they name most often is ${first.term.term} (${counted(first.citations.length, 'paper')} {*}).`,
      citations: first.citations,
    })
  if (second !== undefined && second.citations.length > 2)
    claims.push({
      id: `introduction/${slug(second.term.term)}`,
      kind: 'shared',
      term: second.term.term,
      text: `Next comes ${second.term.term} (${counted(second.citations.length, 'paper')} {*}).`,
      citations: second.citations,
    })
  return claims
}

const lower = (name: string): string =>
  /^\p{Lu}\p{Ll}/u.test(name) ? name.charAt(0).toLowerCase() + name.slice(1) : name

export const slug = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]+/g, '-')

const themeOf = (group: Group, at: number, total: number, allowed: (claim: Claim) => boolean): Theme => {
  const told = toldIn(group, allowed)
  const claims = [leadOf(group, at, total), ...sharedClaims(group, told, at)].filter(allowed)
  const rest = told.flatMap(({ claims: own }) => own)
  const half = rest.length > 5 ? Math.ceil(rest.length / 2) : rest.length
  const paragraphs = [[...claims, ...rest.slice(0, half)], rest.slice(half)]
  return {
    name: group.name,
    paragraphs: rest.length === 0 ? [] : paragraphs.filter((list) => list.length > 0),
  }
}

const leadOf = ({ members, aim, axis }: Group, at: number, total: number): Claim => {
  const when = span(members.map(({ reading }) => reading.published))
  const many = members.length
  const subject =
    many === total
      ? `All ${counted(many, 'paper')}`
      : `${upperFirst(numberWord(many))} of the ${numberWord(total)} papers`
  const does =
    aim === undefined
      ? 'belong together by their vocabulary'
      : `${axis === 'area' ? 'try to' : 'set out to'} ${aim}`
  return {
    id: `theme-${at + 1}/lead`,
    kind: 'count',
    text: `${subject} {*}, published ${when}, ${does}.`.replace(', published ,', ''),
    citations: members.map(({ reading }) => ({ paper: reading.id, quote: reading.title })),
    counts: [{ of: members.map(({ reading }) => reading.id), value: many }],
  }
}

type Told = { member: Member; statement: Statement; claims: Claim[] }

/** The papers of a theme worth telling, surveys and analyses first, evaluation last. */
const toldIn = (group: Group, allowed: (claim: Claim) => boolean): Told[] => {
  const candidates = group.members.flatMap((member) => {
    const statement = member.reading.statements.find(
      (each) => tells(each) && allowed(claimOf(member.reading, each)),
    )
    return statement === undefined ? [] : [{ member, statement }]
  })
  const best = [...candidates]
    .sort(
      (a, b) => b.statement.score - a.statement.score || (a.member.reading.id < b.member.reading.id ? -1 : 1),
    )
    .slice(0, TOLD_MAX)
    .sort((a, b) => rankOf(a.member) - rankOf(b.member) || b.statement.score - a.statement.score)
  let before = ''
  let results = 0
  return best.map(({ member, statement }, at) => {
    const named = at % 2 === 1 && statement.named !== undefined
    const opening = group.axis !== 'approach' && member.approach.key !== before ? member.approach.opening : ''
    before = member.approach.key
    const text = opened(opening, named ? statement.named! : statement.text)
    const claims = [{ ...claimOf(member.reading, statement), text }]
    const result = member.reading.statements.find(
      (each) =>
        each.kind === 'result' &&
        each.id !== statement.id &&
        /\d/.test(each.text) &&
        allowed(claimOf(member.reading, each)),
    )
    if (result !== undefined && results < RESULTS_MAX) {
      results += 1
      claims.push(claimOf(member.reading, result))
    }
    return { member, statement, claims }
  })
}

const tells = ({ kind }: Statement): boolean =>
  kind === 'contribution' || kind === 'finding' || kind === 'method'
const rankOf = ({ approach }: Member): number => KIND_ORDER.indexOf(approach.key)

const opened = (opening: string, text: string): string =>
  opening === '' || /^(?:To|By|With|While|Through|Using|For|In|On|As|Unlike|Inspired|Motivated)\b/.test(text)
    ? text
    : `${opening} ${text}`

const claimOf = (reading: Reading, statement: Statement): Claim => ({
  id: statement.id,
  kind: 'paraphrase',
  text: statement.text,
  citations: [{ paper: reading.id, quote: statement.sentence }],
})

type Shared = { term: SharedTerm; citations: ClaimCitation[] }

/** Terms that several papers speak of in what they offer or find, the most frequent first. */
const sharedIn = (readings: readonly Reading[], kind: SharedTerm['kind']): Shared[] =>
  SHARED_TERMS.filter((term) => term.kind === kind)
    .map((term) => ({
      term,
      citations: readings.flatMap((reading): ClaimCitation[] => {
        const statement = reading.statements.find(
          (each) => each.kind !== 'gap' && term.words.test(each.sentence),
        )
        return statement === undefined ? [] : [{ paper: reading.id, quote: statement.sentence }]
      }),
    }))
    .filter(({ citations }) => citations.length >= SHARED_PAPERS.min)
    .sort((a, b) => b.citations.length - a.citations.length || (a.term.term < b.term.term ? -1 : 1))

const sharedClaims = (group: Group, told: readonly Told[], at: number): Claim[] => {
  const readings = group.members.map(({ reading }) => reading)
  const [shared] = sharedIn(readings, 'method').filter(({ citations }) => citations.length < readings.length)
  if (shared === undefined) return []
  const citations = shared.citations.slice(0, SHARED_PAPERS.max)
  const names = citations.map(({ paper }, index) => {
    const reading = readings.find(({ id }) => id === paper)!
    return `${reading.name ?? attributionOf(reading).subject} {${index + 1}}`
  })
  void told
  return [
    {
      id: `theme-${at + 1}/${slug(shared.term.term)}`,
      kind: 'shared',
      term: shared.term.term,
      text: `${upperFirst(shared.term.term)} connects ${listed(names)}.`,
      citations,
    },
  ]
}

export const approachCounts = (groups: readonly Group[]): { name: string; count: number }[] =>
  APPROACHES.map(({ key, name }) => ({
    name,
    count: groups.flatMap(({ members }) => members).filter(({ approach }) => approach.key === key).length,
  }))
