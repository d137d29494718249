import { dayOf, type Paper } from './paper.ts'
import { type Parts, type TermIndex, termIndex, termIndexInTurns } from './term-index.ts'

export type ScoredPaper = { paper: Paper; score: number }

export type PaperQuery = {
  /** Words; `*` alone finds every paper, in the collection's order. */
  query: string
  /** Default 20. */
  max?: number
  /** First and last day of publication: `2025`, `2025-03` or `2025-03-18`. Papers without a date never match. */
  from?: string
  to?: string
  /** Any of these: `cs.CL`, `cs.*`. */
  categories?: readonly string[]
}

export type PaperSearch = {
  size: number
  /** `total` matches, of which the best `max` are given, best first. */
  search(query: PaperQuery): { hits: ScoredPaper[]; total: number }
}

/** Words of a title say what a paper is about: they count as if written twice. */
const TITLE_WEIGHT = 2

/** BM25 over title and abstract, in memory. Without an `index` it is built at the first search. */
export const paperSearch = (papers: readonly Paper[], given?: TermIndex): PaperSearch => {
  let index = given
  return {
    size: papers.length,
    search: ({ query, max = 20, ...filters }) => {
      index ??= termIndex(papers.map(partsOf))
      const matches = filterOf(filters)
      const found =
        query.trim() === '*' ? papers.map((_, at) => ({ index: at, score: 0 })) : index.search(query)
      const hits = found
        .map(({ index: at, score }) => ({ paper: papers[at]!, score }))
        .filter(({ paper }) => matches(paper))
      return { hits: hits.slice(0, Math.max(0, max)), total: hits.length }
    },
  }
}

/** As `paperSearch`, for papers of unknown size: the index is built in turns with other work. */
export const paperSearchInTurns = async (papers: readonly Paper[]): Promise<PaperSearch> =>
  paperSearch(papers, await termIndexInTurns(papers.map(partsOf)))

const partsOf = ({ title, abstract }: Paper): Parts => [
  [title, TITLE_WEIGHT],
  [abstract, 1],
]

const filterOf = ({
  from,
  to,
  categories,
}: Omit<PaperQuery, 'query' | 'max'>): ((paper: Paper) => boolean) => {
  const first = from === undefined ? '' : dayOf(from, 'first')
  const last = to === undefined ? '9999' : dayOf(to, 'last')
  const dated = from !== undefined || to !== undefined
  const isOf = (own: readonly string[]): boolean =>
    !categories?.length || categories.some((wanted) => own.some((name) => isIn(name, wanted)))
  return ({ published, categories: own }) => {
    if (!dated) return isOf(own)
    // A paper of 2025 may be of any day of it. A date that is none matches nothing rather than everything.
    const day = WHOLE_DAY.exec(published)?.[0]
    const [earliest, latest] = [day ?? dayOf(published, 'first'), day ?? dayOf(published, 'last')]
    const known = first !== undefined && last !== undefined && earliest !== undefined && latest !== undefined
    return known && latest >= first && earliest <= last && isOf(own)
  }
}

/** What most records say; other dates are read as the ranges they are. */
const WHOLE_DAY = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d)/

const isIn = (name: string, wanted: string): boolean =>
  wanted.endsWith('.*') ? name.startsWith(wanted.slice(0, -1)) : name === wanted
