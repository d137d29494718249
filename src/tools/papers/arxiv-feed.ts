import { ConcordError } from '../../domain/errors.ts'
import { cut } from '../../domain/text/cut.ts'
import { lazily } from './lazy.ts'
import { arxivPage, arxivPdf, oneLine, type Paper, parseArxivId } from './paper.ts'
import type { PoliteAnswer } from './polite.ts'
import { spurious } from './polite.ts'

export type ArxivPage = {
  papers: Paper[]
  /** Entries in the feed, those that could not be read included: where the next page starts. */
  entries: number
  /** Of the whole search, as arXiv says; undefined when it does not. */
  total?: number
}

type Feedsmith = typeof import('feedsmith')
type AtomFeed = ReturnType<Feedsmith['parseAtomFeed']>
type Entry = NonNullable<AtomFeed['entries']>[number]

const ERROR_ENTRY = /\/api\/errors(?:#|$)/

/**
 * Reads one answer of arXiv's query API.
 *
 * @throws ConcordError `input.invalid` for arXiv's error entry; a spurious answer when it is not an Atom feed.
 */
export const readArxivFeed = async ({ bytes, status, contentType }: PoliteAnswer): Promise<ArxivPage> => {
  const { parseAtomFeed } = await lazily('read Atom feeds', 'feedsmith', () => import('feedsmith'))
  const text = new TextDecoder().decode(bytes)
  let feed: AtomFeed
  try {
    feed = parseAtomFeed(text)
  } catch {
    throw spurious(
      `HTTP ${status} with ${contentType || 'no content type'} that is no Atom feed, beginning ${JSON.stringify(oneLine(text).slice(0, 160))}`,
      'unreachable',
    )
  }
  const entries = feed.entries ?? []
  const refusal = entries.find((entry) => ERROR_ENTRY.test(entry.id ?? ''))
  if (refusal || status >= 400) throw refused(status, refusal?.summary?.value ?? feed.title?.value ?? '')
  const total = feed.opensearch?.totalResults
  return {
    papers: entries.flatMap((entry) => paperOf(entry) ?? []),
    entries: entries.length,
    ...(total === undefined ? {} : { total }),
  }
}

const refused = (status: number, reason: string): ConcordError =>
  new ConcordError(
    'input.invalid',
    `Cannot query arXiv as it refuses the request: ${JSON.stringify(oneLine(reason).slice(0, 200) || `HTTP ${status}`)}; correct the ids or the query (ids read like 2401.12345 or astro-ph/0601001)`,
    { details: { status, reason: cut(oneLine(reason), 500) } },
  )

/** Entries without an id or a title happen (arXiv answers unknown ids in a list so): they are no papers. */
const paperOf = (entry: Entry): Paper | undefined => {
  const parsed = parseArxivId(entry.id ?? '')
  const title = oneLine(entry.title?.value ?? '')
  if (!parsed || title === '') return undefined
  const versioned = parsed.version === undefined ? parsed.id : `${parsed.id}v${parsed.version}`
  const primary = entry.arxiv?.primaryCategory?.term
  const terms = (entry.categories ?? []).flatMap(({ term }) => (term ? [term] : []))
  const comment = oneLine(entry.arxiv?.comment ?? '')
  const [published, updated] = [instantOf(entry.published), instantOf(entry.updated)]
  return {
    id: parsed.id,
    title,
    abstract: oneLine(entry.summary?.value ?? ''),
    authors: (entry.authors ?? []).flatMap(({ name }) => (name ? [oneLine(name)] : [])),
    categories: [...new Set(primary ? [primary, ...terms] : terms)],
    published: published || updated,
    ...(updated ? { updated } : {}),
    url: arxivPage(versioned),
    pdfUrl: arxivPdf(versioned),
    ...(comment ? { comment } : {}),
    source: 'arxiv',
  }
}

const instantOf = (date: unknown): string =>
  typeof date === 'string' && !Number.isNaN(Date.parse(date)) ? date.trim() : ''
