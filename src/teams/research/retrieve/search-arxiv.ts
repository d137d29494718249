import type { AgentContext } from '../../../agent/context.ts'
import { namesOf } from '../understand/concepts.ts'
import type { Concept, Question } from '../understand/question.ts'
import { frequencyIn } from './focus.ts'
import { daysOf } from './period.ts'
import { type Gathered, type Results, rangeOf, ranked, resultsOf, type Search } from './search.ts'

const ARXIV_MAX = 100
const ARXIV_MIN = 20
/** Fewer than this and the search is made again with fewer concepts. */
const ENOUGH = 8
const NAMES_MAX = 4
const CONCEPTS_MAX = 3

/** Papers from arXiv; undefined, with a note, when it cannot be reached or has none: a corpus is used then. */
export const searchArxiv = async (
  search: Search,
  context: AgentContext,
  notes: string[],
): Promise<Gathered | undefined> => {
  const { question } = search
  const today = await context.step('today', () => new Date(context.now()).toISOString().slice(0, 10))
  const days = daysOf(question.period, question.recent, today)
  const max = Math.min(ARXIV_MAX, Math.max(search.max * 2, ARXIV_MIN))
  const ask = async (query: string, sort: 'relevance' | 'newest', more = {}): Promise<Results | string> => {
    const { output, failed } = await context.tool('arxiv_search', { query, max, sort, ...days, ...more })
    return failed ?? resultsOf(output) ?? 'it answered with something else'
  }
  const lists: Results[] = []
  let failure: string | undefined
  for (const { query, sort, more } of asked(question)) {
    if (lists.some(({ papers }) => papers.length >= ENOUGH) && sort === 'relevance') continue
    const results = await ask(query, sort, more)
    if (typeof results === 'string') failure = results
    else lists.push(results)
    if (failure !== undefined) break
  }
  const papers = ranked(lists.map((results) => results.papers))
  if (papers.length > 0) {
    if (failure !== undefined) notes.push(`A further search of arXiv failed (${firstLine(failure)}).`)
    const found = papers.map(({ paper }) => paper)
    return {
      papers,
      source: 'arxiv',
      frequency: frequencyIn(question, found),
      dates: rangeOf(found),
      skipped: { count: 0, first: [] },
    }
  }
  const instead = search.corpus === undefined ? 'the bundled corpus' : search.corpus
  notes.push(
    failure === undefined
      ? `arXiv has no paper that matches “${question.topic}”; ${instead} was used instead.`
      : `arXiv could not be reached (${firstLine(failure)}); ${instead} was used instead.`,
  )
  return undefined
}

type Asked = { query: string; sort: 'relevance' | 'newest'; more?: { ids: string[] } }

/** The concepts that tell most, all of them, then without the last; for what is new the same sorted by date. */
const asked = (question: Question): Asked[] => {
  if (question.paper !== undefined && /^[\w.-]+\/?\d{4,}/.test(question.paper))
    return [{ query: question.paper, sort: 'relevance', more: { ids: [question.paper] } }]
  if (question.paper !== undefined) return [{ query: `"${question.paper}"`, sort: 'relevance' }]
  const concepts = [...question.concepts]
    .sort((a, b) => Number(a.field) - Number(b.field))
    .slice(0, CONCEPTS_MAX)
  const [first, ...rest] = concepts
  if (first === undefined) return [{ query: question.topic || question.text, sort: 'relevance' }]
  const whole = concepts.map(anyName).join(' ')
  return [
    ...(question.recent ? [{ query: whole, sort: 'newest' as const }] : []),
    { query: whole, sort: 'relevance' },
    ...(rest.length > 1
      ? [{ query: `${anyName(first)} ${anyName(rest[0]!)}`, sort: 'relevance' as const }]
      : []),
    ...(rest.length > 0 ? [{ query: anyName(first), sort: 'relevance' as const }] : []),
    ...question.queries.map((query) => ({ query, sort: 'relevance' as const })),
  ]
}

/** arXiv wants all words; names of one thing are alternatives. */
const anyName = (concept: Concept): string => {
  const names = namesOf(concept)
    .map((name) => name.replace(/\*$/, ''))
    .filter((name) => name.length > 2)
  const some = [concept.text, ...names.filter((name) => name.toLowerCase() !== concept.text.toLowerCase())]
  const plural = (name: string): string[] =>
    concept.field && !name.endsWith('s') ? [name, `${name}s`] : [name]
  return some
    .slice(0, NAMES_MAX)
    .flatMap(plural)
    .map((name) => `"${name}"`)
    .join(' OR ')
}

const firstLine = (text: string): string =>
  (text.split('\n')[0] ?? '').replace(/^Cannot [^:]*: /, '').slice(0, 160)
