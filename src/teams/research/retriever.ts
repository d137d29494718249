import type { AgentContext } from '../../agent/context.ts'
import { asJson, type Json } from '../../domain/json.ts'
import { areaOf } from './area-of.ts'
import { gather, rangeOf, type Search } from './gather.ts'
import { counted } from './phrasing.ts'
import { focusOn, topicTerms } from './relevance.ts'
import { type Found, selectPapers } from './select.ts'
import type { PaperRecord, Retrieved } from './shapes.ts'

const AUTHORS_KEPT = 3
/** Papers that only mention the topic are left out where enough are about it. */
const ABOUT_MIN = 0.75
const PAPERS_MIN = 5
const ENOUGH = 20
const THEMES_MAX = 6

/**
 * Goal -> queries -> papers from arXiv, or from a corpus when asked to or when arXiv cannot be reached (and says so) -> those on the
 * topic, weighed by relevance, recency and diversity. Writes `papers:list` with its result.
 */
export const retrieve = async (
  search: Search,
  context: AgentContext,
): Promise<{ output: Json; writes: Json[] }> => {
  const notes = [...(search.notes ?? [])]
  const found = await gather(search, context, notes)
  const focus = focused(search, found.papers)
  const { about } = focus
  const whole = search.corpus !== undefined && focus.onTopic.length === 0
  const onTopic = whole ? [...found.papers] : focus.onTopic
  const thin = about < Math.min(PAPERS_MIN, search.max)
  if (whole && onTopic.length > 0)
    notes.push(
      `No document in ${found.source} speaks of “${search.topic}” in these words; its documents were read as a whole.`,
    )
  else if (thin && search.corpus === undefined)
    notes.push(thinNote(search, found.source, onTopic.length, about))
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
const focused = (search: Search, found: readonly Found[]): { onTopic: Found[]; about: number } => {
  const readable = found.filter(({ paper }) => paper.abstract !== '')
  const focus = focusOn(
    search.topic,
    readable.map(({ paper }) => paper),
    search.corpus === undefined ? 'library' : 'folder',
  )
  const weighed = readable.map(({ paper, relevance }, at) => ({
    paper,
    relevance: relevance * focus[at]!,
    focus: focus[at]!,
  }))
  const about = weighed.filter((each) => each.focus >= ABOUT_MIN)
  const onTopic =
    about.length >= Math.min(ENOUGH, search.max) ? about : weighed.filter((each) => each.focus > 0)
  return { onTopic, about: about.length }
}

const thinNote = ({ topic }: Search, source: string, mentioning: number, about: number): string => {
  const where =
    source === 'arxiv'
      ? 'arXiv'
      : source === 'bundled'
        ? 'the bundled corpus, which is about multimodal language models'
        : source
  const wayOut =
    'Ask for another topic, name a folder of papers (param corpus), or search arXiv (param source).'
  if (mentioning === 0) return `Nothing on “${topic}” was found in ${where}. ${wayOut}`
  return about === 0
    ? `No paper found in ${where} is about “${topic}”; those below only mention it. ${wayOut}`
    : `Only ${counted(about, 'paper')} about “${topic}” ${about === 1 ? 'was' : 'were'} found in ${where}: a pointer, not a survey.`
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
