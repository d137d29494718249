import { APPROACHES, approachOf } from './approaches.ts'
import { areaOf } from './area-of.ts'
import { AREAS } from './areas.ts'
import { clustered } from './clusters.ts'
import type { Group, Member } from './group.ts'
import { upperFirst } from './phrasing.ts'
import { topicTerms } from './relevance.ts'
import type { Reading } from './shapes.ts'

const THEMES_MAX = 6
const MEMBERS_MIN = 2
const DOMINANT = 0.5
const KNOWN_MIN = 0.6
const CLUSTERED_MIN = 6

/**
 * Papers grouped by field; by kind of work when one field holds most of them; by the words they share when they are not about
 * multimodal models at all. Largest group first; groups of one are left out (their papers stay in the list of sources).
 */
export const themesOf = (readings: readonly Reading[], topic: string): Group[] => {
  const members = readings.map(memberOf)
  const fields = groupBy(members, ({ reading }) => areaOf(reading.title, textOf(reading))?.name)
  const known = [...fields.values()].reduce((sum, list) => sum + list.length, 0)
  const largest = Math.max(0, ...[...fields.values()].map((list) => list.length))
  if (known < KNOWN_MIN * members.length || members.length < CLUSTERED_MIN) return asOne(members, topic)
  if (topicTerms(topic).broad || largest <= DOMINANT * members.length)
    return largestFirst(
      [...fields].map(([name, list]) => ({
        name,
        aim: AREAS.find((area) => area.name === name)!.aim,
        members: list,
        axis: 'area' as const,
      })),
    )
  const kinds = groupBy(members, ({ approach }) => approach.name)
  return largestFirst(
    [...kinds].map(([name, list]) => ({
      name,
      aim: APPROACHES.find((approach) => approach.name === name)!.aim,
      members: list,
      axis: 'approach' as const,
    })),
  )
}

/** Papers on any subject, by the words they share; few papers, and those that share none, are told together. */
const asOne = (members: readonly Member[], topic: string): Group[] => {
  const groups = members.length < CLUSTERED_MIN ? [] : largestFirst(clustered(members))
  const grouped = new Set(groups.flatMap((group) => group.members))
  const rest = members.filter((member) => !grouped.has(member))
  if (rest.length === 0) return groups
  return [
    ...groups,
    { name: groups.length === 0 ? upperFirst(topic) : 'Further papers', members: rest, axis: 'terms' },
  ]
}

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
