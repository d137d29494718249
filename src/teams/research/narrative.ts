import { APPROACHES } from './approaches.ts'
import type { Group, Member } from './group.ts'
import { counted, listed, lowerFirst, numberWord, span, upperFirst } from './phrasing.ts'
import type { Claim, Narrative, Reading, Theme } from './shapes.ts'
import { sharedClaim, sharedInAll } from './shared-claims.ts'
import { type Allowed, tells, toldIn } from './telling.ts'
import { themesOf } from './themes.ts'

export type NarrativeInput = {
  question: string
  topic: string
  readings: readonly Reading[]
  avoided: readonly string[]
}

const PARAGRAPH_CLAIMS = 5

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

const idsOf = (members: readonly Member[]): string[] => members.map(({ reading }) => reading.id)

const introductionOf = (topic: string, groups: readonly Group[], readings: readonly Reading[]): Claim[] => {
  if (readings.length === 0) return []
  const when = span(readings.map(({ published }) => published))
  const parts = groups.map(({ name, members }) => `${lowerFirst(name)} (${counted(members.length, 'paper')})`)
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

type Kinds = (parts: string[], tied: boolean) => string

const LEADING: Kinds = ([first = '', second = '', ...rest], tied) =>
  tied
    ? `By kind of work, ${first} and ${second} come first${rest.length === 0 ? '' : `, ahead of ${listed(rest)}`}.`
    : `By kind of work, ${first} come first, ahead of ${listed([second, ...rest])}.`
const AMONG: Kinds = (parts) => `Among them are ${listed(parts)}.`

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
  for (const claims of told) {
    const last = paragraphs.at(-1)!
    if (last.length > 1 && last.length + claims.length > PARAGRAPH_CLAIMS + 1) paragraphs.push([...claims])
    else last.push(...claims)
  }
  return { name: group.name, paragraphs }
}

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
