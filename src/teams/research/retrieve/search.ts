import type { Json } from '../../../domain/json.ts'
import { isObject } from '../../../domain/reference.ts'
import type { DateRange, PaperRecord } from '../shapes.ts'
import type { Question } from '../understand/question.ts'

/** What the retriever is asked for. */
export type Search = {
  question: Question
  /** `model` where a model judges what was found. */
  method?: string
  /** What the report has to say about how it came to be. */
  notes?: string[]
  max: number
  source: string
  corpus?: string
}

export type Found = {
  paper: PaperRecord
  /** 0 to 1: by rank in the searches that found it. */
  relevance: number
}

/** How many documents of the collection speak of each concept, and in their titles. */
export type Frequency = { size: number; about: { papers: number; titles: number }[] }

export type Gathered = {
  papers: Found[]
  source: string
  /** Counted over the collection, or over what was found where the collection cannot be counted. */
  frequency: Frequency
  /** Of the collection. */
  dates: DateRange
  skipped: { count: number; first: { path: string; reason: string }[] }
}

export type Results = { papers: PaperRecord[]; source: string; collection?: Json }

export const resultsOf = (output: Json | undefined): Results | undefined => {
  if (!isObject(output) || !Array.isArray(output.papers)) return undefined
  const papers = output.papers.flatMap((paper) => recordOf(paper) ?? [])
  return {
    papers,
    source: String(output.source ?? ''),
    ...(output.collection === undefined ? {} : { collection: output.collection }),
  }
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
    ...(paper.document === true ? { document: true as const } : {}),
  }
}

export const rangeOf = (papers: readonly PaperRecord[]): DateRange => {
  const days = papers
    .map(({ published }) => published)
    .filter((day) => day !== '')
    .sort()
  return { from: days[0] ?? '', to: days.at(-1) ?? '' }
}

const FACET_WEIGHT = 0.85

/** Relevance by rank, as the scores of different searches cannot be compared; the first list counts most. */
export const ranked = (lists: readonly (readonly PaperRecord[])[]): Found[] => {
  const best = new Map<string, Found>()
  for (const [at, list] of lists.entries())
    for (const [rank, paper] of list.entries()) {
      const relevance = (at === 0 ? 1 : FACET_WEIGHT) * (1 - rank / (list.length + 1))
      const before = best.get(paper.id)
      if (before === undefined || before.relevance < relevance) best.set(paper.id, { paper, relevance })
    }
  return [...best.values()]
}
