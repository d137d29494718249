import { APPROACH_ORDER, approachOf } from './approaches.ts'
import { areaOf } from './area-of.ts'
import { AREAS } from './areas.ts'
import type { Group, Member } from './group.ts'
import { upperFirst } from './phrasing.ts'
import { isMultimodal } from './relevance.ts'
import { isBroad } from './retrieve/focus.ts'
import type { Reading } from './shapes.ts'
import type { Question } from './understand/question.ts'

const THEMES_MAX = 7
const MEMBERS_MIN = 2
const IN_FIELD_MIN = 0.7
/** Fewer papers are told together. */
const GROUPED_MIN = 6
/** Of the papers, how many must be of a stated kind to be grouped by kind. */
const KINDS_MIN = 0.4

/**
 * Papers grouped: a survey of the multimodal field by its areas, which say nothing about any other field; everything else by kind of
 * work, where enough papers say plainly what they are. Few papers are told together.
 */
export const themesOf = (readings: readonly Reading[], question: Question): Group[] => {
  const members = readings.map(memberOf)
  const inField = members.filter(({ reading }) =>
    isMultimodal({ title: reading.title, abstract: textOf(reading) }),
  )
  if (members.length < GROUPED_MIN) return together(members, question.topic)
  if (isBroad(question.concepts) && inField.length >= IN_FIELD_MIN * members.length) {
    const areas = groupBy(members, ({ reading }) => areaOf(reading.title, textOf(reading))?.name)
    const groups = largestFirst(
      [...areas].map(([name, list]) => ({ name, members: list, axis: 'area' as const })),
    )
    return groups.sort((a, b) => prominence(b) - prominence(a))
  }
  const told = members.filter(({ approach }) => approach.key !== 'method')
  if (told.length < KINDS_MIN * members.length) return together(members, question.topic)
  const kinds = groupBy(members, ({ approach }) => approach.name)
  const groups = [...kinds].map(([name, list]) => ({ name, members: list, axis: 'approach' as const }))
  const rank = ({ members: [first] }: Group): number => APPROACH_ORDER.indexOf(first!.approach.key)
  return groups.sort((a, b) => rank(a) - rank(b))
}

const prominence = ({ name }: Group): number => AREAS.find((area) => area.name === name)?.prominence ?? 0

const together = (members: readonly Member[], topic: string): Group[] =>
  members.length === 0
    ? []
    : [{ name: upperFirst(topic || 'The documents'), members: [...members], axis: 'terms' }]

const memberOf = (reading: Reading): Member => {
  const offered = reading.statements.filter(({ kind }) => kind === 'contribution' || kind === 'method')
  const offer = (offered.length > 0 ? offered : reading.statements.slice(0, 1)).map(
    ({ sentence }) => sentence,
  )
  return { reading, approach: approachOf(reading.title, offer, textOf(reading)) }
}

/** What is known of a paper after reading: enough to tell its field. */
export const textOf = ({ statements }: Reading): string =>
  [...new Set(statements.map(({ sentence }) => sentence))].join(' ')

const groupBy = (
  members: readonly Member[],
  key: (member: Member) => string | undefined,
): Map<string, Member[]> => {
  const groups = new Map<string, Member[]>()
  for (const member of members) {
    const name = key(member)
    if (name === undefined) continue
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [member])
    else group.push(member)
  }
  return groups
}

const largestFirst = (groups: readonly Group[]): Group[] =>
  groups
    .filter(({ members }) => members.length >= MEMBERS_MIN)
    .sort((a, b) => b.members.length - a.members.length || (a.name < b.name ? -1 : 1))
    .slice(0, THEMES_MAX)
