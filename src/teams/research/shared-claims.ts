import { attributionOf } from './attribution.ts'
import type { Group } from './group.ts'
import { counted, listed, slug, upperFirst } from './phrasing.ts'
import type { Claim, ClaimCitation, Reading } from './shapes.ts'
import { SHARED_TERMS, type SharedTerm } from './shared-terms.ts'
import { tells } from './telling.ts'

const PAPERS = { min: 2, max: 4, introduction: 3 }

/** The methods named most often across all papers. */
export const sharedInAll = (readings: readonly Reading[]): Claim[] =>
  sharedIn(readings)
    .filter(({ citations }) => citations.length >= PAPERS.introduction)
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

type Shared = { term: SharedTerm; citations: ClaimCitation[] }

/** Methods that several papers name in what they offer or find, the most frequent first. */
const sharedIn = (readings: readonly Reading[]): Shared[] =>
  SHARED_TERMS.map((term) => ({
    term,
    citations: readings.flatMap((reading): ClaimCitation[] => {
      const statement = reading.statements.find((each) => tells(each) && term.words.test(each.sentence))
      return statement === undefined ? [] : [{ paper: reading.id, quote: statement.sentence }]
    }),
  }))
    .filter(({ citations }) => citations.length >= PAPERS.min)
    .sort((a, b) => b.citations.length - a.citations.length || (a.term.term < b.term.term ? -1 : 1))

const CONNECTIONS: ((term: string, names: string) => string)[] = [
  (term, names) => `${names} have ${term} in common.`,
  (term, names) => `Between ${names}, the common ground is ${term}.`,
  (term, names) => `A thread through ${names} is ${term}.`,
]

/** The method that most papers of a theme have in common. */
export const sharedClaim = (group: Group, at: number): Claim[] => {
  const readings = group.members.map(({ reading }) => reading)
  const shared = sharedIn(readings).find(({ citations }) => citations.length < readings.length)
  if (shared === undefined) return []
  const citations = shared.citations.slice(0, PAPERS.max)
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
