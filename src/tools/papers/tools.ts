import { realpath } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { isAbsolute, join, relative, resolve, sep } from 'node:path'
import { z } from 'zod'
import { ConcordError } from '../../domain/errors.ts'
import { cut as cutText } from '../../domain/text/cut.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import { type AnyTool, type ToolContext, tool } from '../../ports/tool.ts'
import { arxivClient } from './arxiv.ts'
import { bundledCorpus } from './bundled.ts'
import { type Collection, collectionOf } from './collection.ts'
import { type DocumentLimits, listCorpus, type Skipped } from './corpus-files.ts'
import { documentReader, Unreadable } from './document-reader.ts'
import type { Draft } from './document-text.ts'
import { loadCorpus } from './documents.ts'
import { type DateRange, dateRange, dayOf, type Paper, parseArxivId } from './paper.ts'
import { type PaperSearch, paperSearch, paperSearchInTurns } from './search.ts'
import { sharedTurns } from './turns.ts'

export type PaperToolOptions = {
  clock: Clock
  logger: Logger
  fetch?: typeof fetch
  /** Of arXiv's query API. */
  baseUrl?: string
  /** Searched by `corpus_search` when no path is given; the bundled corpus without it. */
  corpusPath?: string
  /**
   * Folders that a `path` given to a tool may lie in, beside `corpusPath` and those of the run. Default: the
   * working directory, except for runs that came over HTTP or by a wake, whose `readable` is empty.
   */
  corpusRoots?: readonly string[]
  intervalMs?: number
  /** Told to arXiv in the user agent: an address of mail or a page. */
  contact?: string
} & Partial<DocumentLimits>

/** `document`: the collection holds its whole text, which `paper_fetch` returns. */
export type FoundPaper = Paper & { document?: true }

/** What `arxiv_search` and `corpus_search` return. */
export type PapersFound = {
  papers: FoundPaper[]
  /** `arxiv`, `bundled`, or the path of the corpus. */
  source: string
  /** Matches in all, of which `papers` are the best. */
  total: number
  dateRange: DateRange
  /** `corpus_search`: the collection as a whole. */
  collection?: Collection
}

/** What `paper_fetch` returns. */
export type PaperText = { id: string; title: string; text: string; truncated: boolean; source: string }

const MAX = z.number().int().min(1).max(200).default(20).describe('How many papers at most')
const QUERY = z.string().trim().min(1).max(1000)
const DAY = (edge: 'first' | 'last') =>
  z
    .string()
    .refine((text) => dayOf(text, edge) !== undefined, 'a date reads 2025, 2025-03 or 2025-03-18')
    .optional()
const IDS = z.array(z.string().trim().min(1).max(500)).max(50).optional().describe('These papers, by id')
const FROM = DAY('first').describe('First day of publication: 2025, 2025-03 or 2025-03-18')
const TO = DAY('last').describe('Last day of publication')
const CORPORA_MAX = 8
const PDF_PAGES_MAX = 300
const TEXT_CHARS = { default: 200_000, max: 2_000_000 }

/** `arxiv_search`, `corpus_search` and `paper_fetch`. Make them once per process: the pauses between requests are theirs. */
export const paperTools = (options: PaperToolOptions): AnyTool[] => {
  const { clock, logger, baseUrl, intervalMs, contact } = options
  const arxiv = arxivClient({
    clock,
    logger,
    ...(options.fetch ? { fetch: options.fetch } : {}),
    ...(baseUrl === undefined ? {} : { baseUrl }),
    ...(intervalMs === undefined ? {} : { intervalMs }),
    ...(contact === undefined ? {} : { contact }),
    turns: sharedTurns(turnsFile(baseUrl), clock),
  })
  const corpora = openCorpora(options)
  const limits = documentLimitsOf(options)
  return [arxivSearch(arxiv), corpusSearch(corpora), paperFetch(arxiv, corpora, limits)]
}

/** One file for a site and user: all processes of a user take turns at it. */
const turnsFile = (baseUrl: string | undefined): string => {
  const host = URL.canParse(baseUrl ?? '') ? new URL(baseUrl!).host : 'arxiv.org'
  return join(tmpdir(), `concord-turns-${userInfo().uid}`, host.replace(/[^\w.-]/g, '_'))
}

const arxivSearch = (arxiv: ReturnType<typeof arxivClient>): AnyTool =>
  tool({
    name: 'arxiv_search',
    description:
      'Searches arXiv for papers: title, abstract, authors, date, address. All words must match; use OR between alternatives, "quotes" for phrases, -word to exclude.',
    input: z.object({
      query: QUERY,
      max: MAX,
      from: FROM,
      to: TO,
      ids: IDS,
      sort: z.enum(['relevance', 'newest']).default('relevance'),
    }),
    permission: 'network',
    timeoutMs: 180_000,
    execute: async ({ query, max, from, to, ids, sort }, { signal }): Promise<PapersFound> => {
      if (ids !== undefined && ids.length > 0) {
        const papers = await arxiv.byIds(ids, { signal })
        return { papers, source: 'arxiv', total: papers.length, dateRange: dateRange(papers) }
      }
      const sortBy = sort === 'newest' ? 'submittedDate' : 'relevance'
      const { papers, total } = await arxiv.find({ query, max, sortBy, ...dates(from, to) }, { signal })
      return { papers, source: 'arxiv', total, dateRange: dateRange(papers) }
    },
  })

const corpusSearch = (corpora: Corpora): AnyTool =>
  tool({
    name: 'corpus_search',
    description:
      'Searches a local collection of papers and documents by words in title and abstract, best first; * finds all. Without a path, the collection set up for this run.',
    input: z.object({
      query: QUERY,
      max: MAX,
      from: FROM,
      to: TO,
      path: z.string().min(1).max(4096).optional().describe('A file or folder of documents'),
      fullText: z.boolean().default(false).describe('Include the text of the documents, shortened'),
      ids: IDS,
      about: z
        .array(z.array(z.string().min(1).max(200)).min(1).max(40))
        .max(64)
        .optional()
        .describe('Subjects, each by its names: how many documents speak of each'),
    }),
    permission: 'read',
    timeoutMs: 300_000,
    execute: async ({ query, max, from, to, path, fullText, ids, about }, context): Promise<PapersFound> => {
      const corpus = await corpora.open(path, context)
      const named = ids?.flatMap((id) => corpus.papers.get(id) ?? [])
      const { hits, total } = named
        ? { hits: named.map((paper) => ({ paper })), total: named.length }
        : corpus.search.search({ query, max, ...dates(from, to) })
      const papers = hits.map(({ paper }) => withText(paper, fullText))
      const collection = about === undefined ? {} : { collection: await collectionOf(corpus, about) }
      return { papers, source: corpus.source, total, dateRange: dateRange(papers), ...collection }
    },
  })

const documentLimitsOf = ({ documentMsMax, parserBytesMax }: PaperToolOptions): Partial<DocumentLimits> => ({
  ...(documentMsMax === undefined ? {} : { documentMsMax }),
  ...(parserBytesMax === undefined ? {} : { parserBytesMax }),
})

const paperFetch = (
  arxiv: ReturnType<typeof arxivClient>,
  corpora: Corpora,
  limits: Partial<DocumentLimits>,
): AnyTool =>
  tool({
    name: 'paper_fetch',
    description:
      'Returns the full text of one paper: of a document in the local collection, or of an arXiv paper by its id (downloads its PDF).',
    input: z.object({
      id: z.string().trim().min(1).max(500).describe('Id of the paper, as a search returned it'),
      path: z.string().min(1).max(4096).optional().describe('The collection the paper was found in'),
      charactersMax: z.number().int().min(1000).max(TEXT_CHARS.max).default(TEXT_CHARS.default),
    }),
    permission: 'network',
    timeoutMs: 180_000,
    execute: async ({ id, path, charactersMax }, context): Promise<PaperText> => {
      const { signal } = context
      const local = await corpora.paper(id, path, context)
      if (local?.fullText) return cut(local.id, local.title, local.fullText, charactersMax, local.url)
      const parsed = parseArxivId(id)
      if (!parsed)
        throw new ConcordError(
          'not-found',
          `Cannot fetch the full text of ${JSON.stringify(id)} as the collection must hold it or arXiv know its id: neither does; take the id from a search, with the path searched`,
        )
      const draft = await pdfText(await arxiv.pdf(id, { signal }), parsed.id, limits, signal)
      return cut(parsed.id, draft.title ?? local?.title ?? '', draft.text, charactersMax, 'arxiv')
    },
  })

/** The PDF comes from whoever wrote the paper. */
const pdfText = async (
  bytes: Uint8Array,
  id: string,
  limits: Partial<DocumentLimits>,
  signal: AbortSignal,
): Promise<Draft> => {
  const reader = documentReader(limits)
  try {
    return await reader.pdf(bytes, { pagesMax: PDF_PAGES_MAX }, signal)
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    throw new ConcordError(
      'tool.failed',
      `Cannot fetch the full text of ${id} as its PDF must be readable: ${error.message}; use its abstract`,
      { cause: error },
    )
  } finally {
    reader.close()
  }
}

const dates = (from?: string, to?: string): { from?: string; to?: string } => ({
  ...(from === undefined ? {} : { from }),
  ...(to === undefined ? {} : { to }),
})

/** Results travel through the log: full texts only when asked for, and shortened. */
const withText = ({ fullText, ...paper }: Paper, wanted: boolean): FoundPaper => ({
  ...paper,
  ...(fullText ? { document: true as const } : {}),
  ...(wanted && fullText ? { fullText: cutText(fullText, TEXT_CHARS.default) } : {}),
})

const cut = (id: string, title: string, text: string, max: number, source: string): PaperText => ({
  id,
  title,
  text: cutText(text, max),
  truncated: text.length > max,
  source,
})

type Corpus = {
  source: string
  search: PaperSearch
  papers: Map<string, Paper>
  skipped: readonly Skipped[]
}
type Asked = Pick<ToolContext, 'signal' | 'readable'>
type Corpora = {
  open(path: string | undefined, asked: Asked): Promise<Corpus>
  paper(id: string, path: string | undefined, asked: Asked): Promise<Paper | undefined>
}

/** Corpora once loaded, the latest used last; loaded again when their files have changed. */
const openCorpora = (options: PaperToolOptions): Corpora => {
  const { corpusPath, corpusRoots, logger } = options
  const limits = documentLimitsOf(options)
  const rootsOf = (readable: readonly string[] | undefined): readonly string[] => [
    ...(corpusRoots ?? (readable?.length === 0 ? [] : [process.cwd()])),
    ...(corpusPath === undefined ? [] : [corpusPath]),
    ...(readable ?? []),
  ]
  const cache = new Map<string, Promise<Corpus>>()

  const cached = (key: string, load: () => Promise<Corpus>): Promise<Corpus> => {
    const found = cache.get(key) ?? load()
    cache.delete(key)
    cache.set(key, found)
    found.catch(() => cache.delete(key))
    for (const oldest of cache.keys()) {
      if (cache.size <= CORPORA_MAX) break
      cache.delete(oldest)
    }
    return found
  }

  const open: Corpora['open'] = async (path, { signal, readable }) => {
    signal.throwIfAborted()
    const asked = path === undefined ? corpusPath : await within(rootsOf(readable), path)
    if (asked === undefined)
      return cached('', async () => {
        const papers = await bundledCorpus()
        return corpusOf('bundled', papers, paperSearch(papers), [])
      })
    const { files } = await listCorpus(asked, { signal })
    const state = files.map((file) => `${file.path} ${file.bytes} ${file.modifiedMs}`).join('\n')
    // Without the caller's signal: others may wait for the same load, and a retry finds it done.
    const load = cached(`${asked}\n${state}`, async () => {
      const { papers, skipped } = await loadCorpus(asked, { logger, limits })
      return corpusOf(path ?? asked, papers, await paperSearchInTurns(papers), skipped)
    })
    return Promise.race([load, aborted(signal)])
  }

  return {
    open,
    paper: async (id, path, asked) => {
      const { papers } = await open(path, asked)
      return papers.get(id) ?? papers.get(parseArxivId(id)?.id ?? id)
    },
  }
}

const corpusOf = (
  source: string,
  papers: readonly Paper[],
  search: PaperSearch,
  skipped: readonly Skipped[],
): Corpus => ({
  source,
  search,
  papers: new Map(papers.map((paper) => [paper.id, paper])),
  skipped,
})

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })

/**
 * An agent or a caller names the path, so it may only lead where the person who set the tools up allows, links
 * resolved, and into nothing hidden there.
 */
const within = async (roots: readonly string[], path: string): Promise<string> => {
  const real = await resolved(path)
  for (const root of await Promise.all(roots.map(resolved))) {
    if (real === root) return real
    const below = relative(root, real).split(sep)
    if (below[0] === '..' || isAbsolute(below.join(sep))) continue
    if (!below.some((segment) => segment.startsWith('.'))) return real
  }
  const now = roots.length === 0 ? 'no folder is allowed' : 'it does not, or is hidden there'
  throw new ConcordError(
    'tool.forbidden',
    `Cannot read ${path} as a corpus must lie in ${roots.join(' or ') || 'a folder that is allowed'}: ${now}; move it there, start the run with --corpus, or allow its folder (toolSettings.papers.corpusRoots)`,
    { details: { path } },
  )
}

const resolved = (path: string): Promise<string> => realpath(path).catch(() => resolve(path))
