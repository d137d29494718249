import type { AgentContext } from '../../agent/context.ts'
import { ConcordError } from '../../domain/errors.ts'
import { asJson, type Json } from '../../domain/json.ts'
import { isObject } from '../../domain/reference.ts'
import { areaOf } from './area-of.ts'
import { focusOn, topicTerms } from './relevance.ts'
import { type Found, selectPapers } from './select.ts'
import type { DateRange, PaperRecord, Retrieved } from './shapes.ts'

export type Search = {
  question: string
  topic: string
  query: string
  facets: string[]
  recent: boolean
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
const AUTHORS_KEPT = 3
const RECENT_DAYS = 365
const PROBES_MAX = 8
const PROBE_DAYS = 30
const DAY_MS = 86_400_000
/** Papers that only mention the topic are left out where enough are about it. */
const ABOUT_MIN = 0.75
const PAPERS_MIN = 5
const ENOUGH = 20
const THEMES_MAX = 6
const FACET_WEIGHT = 0.85

/**
 * Goal -> queries -> papers from arXiv, or from a corpus when asked to or when arXiv cannot be reached (and says so) -> those on the
 * topic, weighed by relevance, recency and diversity. Writes `papers:list` with its result.
 */
export const retrieve = async (
  search: Search,
  context: AgentContext,
): Promise<{ output: Json; writes: Json[] }> => {
  const notes: string[] = []
  const found = await gather(search, context, notes)
  const onTopic = focused(search, found.papers)
  const thin = onTopic.length < Math.min(PAPERS_MIN, search.max)
  const where =
    found.source === 'arxiv' ? 'arXiv' : found.source === 'bundled' ? 'the bundled corpus' : found.source
  if (thin)
    notes.push(
      onTopic.length === 0
        ? `Nothing on “${search.topic}” was found in ${where}.`
        : `Only ${onTopic.length} ${onTopic.length === 1 ? 'paper' : 'papers'} on “${search.topic}” ${onTopic.length === 1 ? 'was' : 'were'} found in ${where}: read this as a pointer, not as a survey.`,
    )
  const papers = (
    topicTerms(search.topic).broad ? byField(onTopic, search) : selectPapers(onTopic, search)
  ).map(kept)
  const output: Retrieved = {
    question: search.question,
    topic: search.topic,
    papers,
    source: found.source,
    dateRange: rangeOf(papers),
    considered: found.papers.length,
    notes,
    thin,
  }
  const list = papers.map(({ id, title, authors, published, url }) => ({
    id,
    title,
    authors,
    published,
    url,
  }))
  return { output: asJson(output), writes: [{ key: 'papers:list', value: asJson(list) }] }
}

/** The papers on the topic, their relevance weighed by how much they are about it. */
const focused = (search: Search, found: readonly Found[]): Found[] => {
  const readable = found.filter(({ paper }) => paper.abstract !== '')
  const focus = focusOn(
    search.topic,
    readable.map(({ paper }) => paper),
  )
  const weighed = readable.map(({ paper, relevance }, at) => ({
    paper,
    relevance: relevance * focus[at]!,
    focus: focus[at]!,
  }))
  const about = weighed.filter((each) => each.focus >= ABOUT_MIN)
  return about.length >= Math.min(ENOUGH, search.max) ? about : weighed.filter((each) => each.focus > 0)
}

type Gathered = { papers: Found[]; source: string }

const gather = async (search: Search, context: AgentContext, notes: string[]): Promise<Gathered> => {
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
  const main = await corpusResults(context, {
    query: search.query,
    max: MAIN_MAX,
    ...path,
    ...dates(search.from, search.to),
  })
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

/** A broad topic is shown by its main fields, a share of the papers for each. */
const byField = (found: readonly Found[], search: Search): PaperRecord[] => {
  const fields = Map.groupBy(found, ({ paper }) => areaOf(paper.title, paper.abstract))
  const chosen = [...fields]
    .flatMap(([area, list]) =>
      area === undefined ? [] : [{ area, list, weight: area.prominence * weightOf(list) }],
    )
    .sort((a, b) => b.weight - a.weight || (a.area.name < b.area.name ? -1 : 1))
    .slice(0, Math.max(1, Math.min(THEMES_MAX, Math.floor(search.max / 4))))
  if (chosen.length === 0) return selectPapers(found, search)
  const share = Math.ceil(search.max / chosen.length)
  return chosen
    .flatMap(({ list }) => selectPapers(list, { ...search, max: share, broad: true }))
    .slice(0, search.max)
}

const WEIGHED = 8
const weightOf = (list: readonly Found[]): number =>
  list
    .map(({ relevance }) => relevance)
    .sort((a, b) => b - a)
    .slice(0, WEIGHED)
    .reduce((sum, each) => sum + each, 0)

const kept = (paper: PaperRecord): PaperRecord => ({
  ...paper,
  authors:
    paper.authors.length > AUTHORS_KEPT ? [...paper.authors.slice(0, AUTHORS_KEPT), 'et al.'] : paper.authors,
})

const rangeOf = (papers: readonly PaperRecord[]): DateRange => {
  const days = papers
    .map(({ published }) => published)
    .filter((day) => day !== '')
    .sort()
  return { from: days[0] ?? '', to: days.at(-1) ?? '' }
}

const firstLine = (text: string): string =>
  (text.split('\n')[0] ?? '').replace(/^Cannot [^:]*: /, '').slice(0, 160)
