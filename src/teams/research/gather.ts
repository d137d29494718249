import type { AgentContext } from '../../agent/context.ts'
import { ConcordError } from '../../domain/errors.ts'
import type { Json } from '../../domain/json.ts'
import { isObject } from '../../domain/reference.ts'
import type { Found } from './select.ts'
import type { DateRange, PaperRecord } from './shapes.ts'

export type Search = {
  question: string
  topic: string
  query: string
  facets: string[]
  recent: boolean
  /** What the report has to say about how it came to be. */
  notes?: string[]
  max: number
  source: string
  corpus?: string
  from?: string
  to?: string
}

type Results = { papers: PaperRecord[]; source: string; dateRange: DateRange }

/** Searches are answered in full in the log, so each asks for no more than it needs. */
const MAIN_MAX = 30
const FACET_MAX = 18
const ARXIV_MAX = 100
const RECENT_DAYS = 365
const PROBES_MAX = 8
const PROBE_DAYS = 30
const DAY_MS = 86_400_000
/** Words that hardly a document lacks. */
const COMMON = 'study results method data analysis show used work paper system time new people first made'
const FACET_WEIGHT = 0.85

export type Gathered = { papers: Found[]; source: string }

/** Papers from arXiv or the corpus with their relevance by rank; `notes` receives what a reader has to know about the search. */
export const gather = async (search: Search, context: AgentContext, notes: string[]): Promise<Gathered> => {
  if (search.source !== 'corpus') {
    const fromArxiv = await searchArxiv(search, context, notes)
    if (fromArxiv !== undefined) return fromArxiv
  }
  return searchCorpus(search, context)
}

const searchArxiv = async (
  search: Search,
  context: AgentContext,
  notes: string[],
): Promise<Gathered | undefined> => {
  const since = await context.step('since', () =>
    new Date(context.now() - RECENT_DAYS * DAY_MS).toISOString().slice(0, 10),
  )
  const from = search.from ?? (search.recent ? since : undefined)
  const { output, failed } = await context.tool('arxiv_search', {
    query: arxivQuery(search.topic),
    max: Math.min(ARXIV_MAX, Math.max(search.max * 2, 20)),
    ...dates(from, search.to),
  })
  const results = failed === undefined ? resultsOf(output) : undefined
  if (results !== undefined && results.papers.length > 0)
    return { papers: ranked([results.papers]), source: 'arxiv' }
  const instead = search.corpus === undefined ? 'the bundled corpus' : search.corpus
  notes.push(
    failed === undefined
      ? `arXiv has no paper that matches “${search.topic}”; ${instead} was used instead.`
      : `arXiv could not be reached (${firstLine(failed)}); ${instead} was used instead.`,
  )
  return undefined
}

/** arXiv wants all words; its users write the field's name in several ways. */
const arxivQuery = (topic: string): string =>
  topic
    .replace(
      /\bmulti-?modal (?:llms?|(?:large )?language models?)\b|\bMLLMs?\b/gi,
      '"multimodal large language model" OR "multimodal large language models" OR "multimodal LLM" OR MLLM OR MLLMs',
    )
    .replace(
      /\b(?:large )?vision[- ]language models?\b|\bL?VLMs?\b/gi,
      '"vision-language model" OR "vision-language models" OR VLM OR LVLM',
    )

const searchCorpus = async (search: Search, context: AgentContext): Promise<Gathered> => {
  const path = search.corpus === undefined ? {} : { path: search.corpus }
  let main = await corpusResults(context, {
    query: search.query,
    max: MAIN_MAX,
    ...path,
    ...dates(search.from, search.to),
  })
  // Somebody's own folder is meant to be read, even if the question has no word in common with it.
  if (main.papers.length === 0 && search.corpus !== undefined) {
    main = await corpusResults(context, {
      query: COMMON,
      max: MAIN_MAX,
      ...path,
      ...dates(search.from, search.to),
    })
  }
  const since = search.from ?? (search.recent ? await recentSince(search, context, main) : undefined)
  const lists = [
    since === undefined ? main.papers : main.papers.filter(({ published }) => published >= since),
  ]
  for (const facet of search.facets) {
    const results = await corpusResults(context, {
      query: facet,
      max: FACET_MAX,
      ...path,
      ...dates(since, search.to),
    })
    lists.push(results.papers)
  }
  return { papers: ranked(lists), source: main.source }
}

/** A year before the newest paper there is, to a month: looked for by asking for later ones until there are none. */
const recentSince = async (
  search: Search,
  context: AgentContext,
  main: Results,
): Promise<string | undefined> => {
  let newest = main.dateRange.to
  const path = search.corpus === undefined ? {} : { path: search.corpus }
  for (let probe = 0; probe < PROBES_MAX && newest !== ''; probe += 1) {
    const after = dayAfter(newest, PROBE_DAYS)
    const { dateRange } = await corpusResults(context, {
      query: search.query,
      max: 1,
      ...path,
      ...dates(after, search.to),
    })
    if (dateRange.to <= newest) break
    newest = dateRange.to
  }
  return newest === '' ? undefined : dayAfter(newest, -RECENT_DAYS)
}

const dayAfter = (day: string, days: number): string =>
  new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10)

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

const dates = (from?: string, to?: string): { from?: string; to?: string } => ({
  ...(from === undefined ? {} : { from }),
  ...(to === undefined ? {} : { to }),
})

const resultsOf = (output: Json | undefined): Results | undefined => {
  if (!isObject(output) || !Array.isArray(output.papers)) return undefined
  const papers = output.papers.flatMap((paper) => {
    const record = recordOf(paper)
    return record === undefined ? [] : [record]
  })
  return { papers, source: String(output.source ?? ''), dateRange: rangeOf(papers) }
}

const recordOf = (paper: Json): PaperRecord | undefined => {
  if (!isObject(paper) || typeof paper.id !== 'string' || typeof paper.title !== 'string') return undefined
  const { id, title, abstract, authors, published, url } = paper
  return {
    id,
    title,
    abstract: typeof abstract === 'string' ? abstract : '',
    authors: Array.isArray(authors) ? authors.map(String) : [],
    published: typeof published === 'string' ? published.slice(0, 10) : '',
    url: typeof url === 'string' ? url : '',
  }
}

/** Relevance by rank: the scores of different searches cannot be compared. */
const ranked = (lists: readonly PaperRecord[][]): Found[] => {
  const best = new Map<string, Found>()
  for (const [at, list] of lists.entries())
    for (const [rank, paper] of list.entries()) {
      const relevance = (at === 0 ? 1 : FACET_WEIGHT) * (1 - rank / (list.length + 1))
      const before = best.get(paper.id)
      if (before === undefined || before.relevance < relevance) best.set(paper.id, { paper, relevance })
    }
  return [...best.values()]
}

export const rangeOf = (papers: readonly PaperRecord[]): DateRange => {
  const days = papers
    .map(({ published }) => published)
    .filter((day) => day !== '')
    .sort()
  return { from: days[0] ?? '', to: days.at(-1) ?? '' }
}

const firstLine = (text: string): string =>
  (text.split('\n')[0] ?? '').replace(/^Cannot [^:]*: /, '').slice(0, 160)
