import type { AgentContext } from '../../../agent/context.ts'
import { ConcordError } from '../../../domain/errors.ts'
import type { Json, JsonObject } from '../../../domain/json.ts'
import { isObject } from '../../../domain/reference.ts'
import { cut } from '../../../domain/text/cut.ts'
import type { DateRange } from '../shapes.ts'
import { conceptsIn, queryFor } from '../understand/concepts.ts'
import type { Question } from '../understand/question.ts'
import { facetsOf } from './facets.ts'
import { isBroad, subjectsOf } from './focus.ts'
import { daysOf, periodNote } from './period.ts'
import { type Gathered, type Results, rangeOf, ranked, resultsOf, type Search } from './search.ts'
import { searchArxiv } from './search-arxiv.ts'

/** Searches are answered in full in the log, so each asks for no more than it needs. */
const MAIN_MAX = 60
const FACET_MAX = 18
/** For a collection that is asked about as a whole. */
const ALL = '*'
const QUERY_CHARS_MAX = 900

/** Papers from arXiv or a corpus with their relevance by rank; `notes` receives what a reader has to know about the search. */
export const gather = async (search: Search, context: AgentContext, notes: string[]): Promise<Gathered> => {
  if (search.source !== 'corpus') {
    const fromArxiv = await searchArxiv(search, context, notes)
    if (fromArxiv !== undefined) return fromArxiv
  }
  return searchCorpus(search, context, notes)
}

const searchCorpus = async (search: Search, context: AgentContext, notes: string[]): Promise<Gathered> => {
  const { question, corpus } = search
  const path = corpus === undefined ? {} : { path: corpus }
  const about = subjectsOf(question)
  const query = mainQuery(question)
  const first = await corpusResults(context, { query, max: MAIN_MAX, about, ...path })
  const collection = collectionOf(first)
  const days = daysOf(question.period, question.recent, collection.dates.to)
  notes.push(...periodNote(question.period, days, collection.dates))
  const again = days.from !== undefined || days.to !== undefined
  const main = again ? await corpusResults(context, { query, max: MAIN_MAX, ...path, ...days }) : first
  const lists = [main.papers]
  if (question.paper !== undefined) lists.unshift(await thePaper(context, question.paper, path))
  const facets = facetsOf(question, query, isBroad(question.concepts) && corpus === undefined)
  for (const facet of facets) {
    const input = { query: cut(facet, QUERY_CHARS_MAX), max: FACET_MAX, ...path, ...days }
    lists.push((await corpusResults(context, input)).papers)
  }
  return { papers: ranked(lists), source: main.source, ...collection }
}

const mainQuery = (question: Question): string => {
  const query = queryFor(question.concepts.length > 0 ? question.concepts : conceptsIn(question.paper ?? ''))
  return cut(query.trim() === '' ? ALL : query, QUERY_CHARS_MAX)
}

/** The paper asked about: by its id, else whatever its title's words find. */
const thePaper = async (
  context: AgentContext,
  paper: string,
  path: JsonObject,
): Promise<Results['papers']> => {
  const byId = await corpusResults(context, {
    query: paper,
    max: 1,
    ids: [paper.replace(/v\d+$/, '')],
    ...path,
  })
  if (byId.papers.length > 0) return byId.papers
  return (await corpusResults(context, { query: paper, max: FACET_MAX, ...path })).papers
}

const corpusResults = async (context: AgentContext, input: Json): Promise<Results> => {
  const { output, failed } = await context.tool('corpus_search', input)
  const results = failed === undefined ? resultsOf(output) : undefined
  if (results !== undefined) return results
  throw new ConcordError(
    'corpus.unreadable',
    failed ??
      'Cannot use the corpus as the search must return papers: it returned something else; check the tool',
  )
}

/** The facts of the whole collection, from the search tool's own count. */
const collectionOf = ({ collection, papers }: Results): Pick<Gathered, 'frequency' | 'dates' | 'skipped'> => {
  const given = isObject(collection) ? collection : {}
  const about = (Array.isArray(given.about) ? given.about : []).map((each) => ({
    papers: numberIn(each, 'papers'),
    titles: numberIn(each, 'titles'),
  }))
  const dates = isObject(given.dates) ? given.dates : {}
  const skipped = isObject(given.skipped) ? given.skipped : {}
  const first = (Array.isArray(skipped.first) ? skipped.first : []).flatMap((each) =>
    isObject(each) ? [{ path: String(each.path), reason: String(each.reason) }] : [],
  )
  const range: DateRange =
    typeof dates.to === 'string' ? { from: String(dates.from), to: dates.to } : rangeOf(papers)
  return {
    frequency: { size: numberIn(given, 'size'), about },
    dates: range,
    skipped: { count: numberIn(skipped, 'count'), first },
  }
}

const numberIn = (value: Json | undefined, name: string): number =>
  isObject(value) && typeof value[name] === 'number' ? value[name] : 0
