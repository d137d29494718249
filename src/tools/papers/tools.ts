import { realpath } from 'node:fs/promises'
import { resolve, sep } from 'node:path'
import { z } from 'zod'
import { ConcordError } from '../../domain/errors.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import { type AnyTool, type ToolContext, tool } from '../../ports/tool.ts'
import { arxivClient } from './arxiv.ts'
import { bundledCorpus } from './bundled.ts'
import { listCorpus } from './corpus-files.ts'
import { loadCorpus } from './documents.ts'
import { type DateRange, dateRange, dayOf, type Paper, parseArxivId } from './paper.ts'
import { readPdf } from './read-pdf.ts'
import { type PaperSearch, paperSearch } from './search.ts'

export type PaperToolOptions = {
  clock: Clock
  logger: Logger
  fetch?: typeof fetch
  /** Of arXiv's query API. */
  baseUrl?: string
  /** Searched by `corpus_search` when no path is given; the bundled corpus without it. */
  corpusPath?: string
  /** Folders that a `path` given to a tool may lie in. Default: the working directory and `corpusPath`. */
  corpusRoots?: readonly string[]
  intervalMs?: number
}

/** What `arxiv_search` and `corpus_search` return. */
export type PapersFound = {
  papers: Paper[]
  /** `arxiv`, `bundled`, or the path of the corpus. */
  source: string
  /** Matches in all, of which `papers` are the best. */
  total: number
  dateRange: DateRange
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
const FROM = DAY('first').describe('First day of publication: 2025, 2025-03 or 2025-03-18')
const TO = DAY('last').describe('Last day of publication')
const CORPORA_MAX = 8
const PDF_PAGES_MAX = 300
const TEXT_CHARS = { default: 200_000, max: 2_000_000 }

/** `arxiv_search`, `corpus_search` and `paper_fetch`. Make them once per process: the pauses between requests are theirs. */
export const paperTools = (options: PaperToolOptions): AnyTool[] => {
  const { clock, logger, baseUrl, intervalMs } = options
  const arxiv = arxivClient({
    clock,
    logger,
    ...(options.fetch ? { fetch: options.fetch } : {}),
    ...(baseUrl === undefined ? {} : { baseUrl }),
    ...(intervalMs === undefined ? {} : { intervalMs }),
  })
  const corpora = openCorpora(options)
  return [arxivSearch(arxiv), corpusSearch(corpora), paperFetch(arxiv, corpora)]
}

const arxivSearch = (arxiv: ReturnType<typeof arxivClient>): AnyTool =>
  tool({
    name: 'arxiv_search',
    description:
      'Searches arXiv for papers: title, abstract, authors, date, address. All words must match; use OR between alternatives, "quotes" for phrases, -word to exclude.',
    input: z.object({ query: QUERY, max: MAX, from: FROM, to: TO }),
    permission: 'network',
    timeoutMs: 180_000,
    execute: async ({ query, max, from, to }, { signal }): Promise<PapersFound> => {
      const { papers, total } = await arxiv.find({ query, max, ...dates(from, to) }, { signal })
      return { papers, source: 'arxiv', total, dateRange: dateRange(papers) }
    },
  })

const corpusSearch = (corpora: Corpora): AnyTool =>
  tool({
    name: 'corpus_search',
    description:
      'Searches a local collection of papers and documents by words in title and abstract, best first. Without a path, the collection set up for this run.',
    input: z.object({
      query: QUERY,
      max: MAX,
      from: FROM,
      to: TO,
      path: z.string().min(1).max(4096).optional().describe('A file or folder of documents'),
      fullText: z.boolean().default(false).describe('Include the text of the documents, shortened'),
    }),
    permission: 'read',
    timeoutMs: 300_000,
    execute: async ({ query, max, from, to, path, fullText }, context): Promise<PapersFound> => {
      const corpus = await corpora.open(path, context)
      const { hits, total } = corpus.search.search({ query, max, ...dates(from, to) })
      const papers = hits.map(({ paper }) => withText(paper, fullText))
      return { papers, source: corpus.source, total, dateRange: dateRange(papers) }
    },
  })

const paperFetch = (arxiv: ReturnType<typeof arxivClient>, corpora: Corpora): AnyTool =>
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
      const draft = await readPdf(await arxiv.pdf(id, { signal }), { pagesMax: PDF_PAGES_MAX, signal })
      return cut(parsed.id, draft.title ?? local?.title ?? '', draft.text, charactersMax, 'arxiv')
    },
  })

const dates = (from?: string, to?: string): { from?: string; to?: string } => ({
  ...(from === undefined ? {} : { from }),
  ...(to === undefined ? {} : { to }),
})

/** Results travel through the log: full texts only when asked for, and shortened. */
const withText = ({ fullText, ...paper }: Paper, wanted: boolean): Paper =>
  wanted && fullText ? { ...paper, fullText: fullText.slice(0, TEXT_CHARS.default) } : paper

const cut = (id: string, title: string, text: string, max: number, source: string): PaperText => ({
  id,
  title,
  text: text.slice(0, max),
  truncated: text.length > max,
  source,
})

type Corpus = { source: string; search: PaperSearch; papers: Map<string, Paper> }
type Asked = Pick<ToolContext, 'signal' | 'readable'>
type Corpora = {
  open(path: string | undefined, asked: Asked): Promise<Corpus>
  paper(id: string, path: string | undefined, asked: Asked): Promise<Paper | undefined>
}

/** Corpora once loaded, the latest used last; loaded again when their files have changed. */
const openCorpora = ({ corpusPath, corpusRoots, logger }: PaperToolOptions): Corpora => {
  const roots = corpusRoots ?? [process.cwd(), ...(corpusPath === undefined ? [] : [corpusPath])]
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

  const open: Corpora['open'] = async (path, { signal, readable = [] }) => {
    signal.throwIfAborted()
    const asked = path === undefined ? corpusPath : await within([...roots, ...readable], path)
    if (asked === undefined) return cached('', async () => corpusOf('bundled', await bundledCorpus()))
    const { files } = await listCorpus(asked, { signal })
    const state = files.map((file) => `${file.path} ${file.bytes} ${file.modifiedMs}`).join('\n')
    // Without the caller's signal: others may wait for the same load, and a retry finds it done.
    const load = cached(`${asked}\n${state}`, async () =>
      corpusOf(path ?? asked, (await loadCorpus(asked, { logger })).papers),
    )
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

const corpusOf = (source: string, papers: readonly Paper[]): Corpus => ({
  source,
  search: paperSearch(papers),
  papers: new Map(papers.map((paper) => [paper.id, paper])),
})

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })

/** An agent names the path, so it may only lead where the person who set the tools up allows, links resolved. */
const within = async (roots: readonly string[], path: string): Promise<string> => {
  const real = await resolved(path)
  for (const root of await Promise.all(roots.map(resolved)))
    if (real === root || real.startsWith(root.endsWith(sep) ? root : root + sep)) return real
  throw new ConcordError(
    'tool.forbidden',
    `Cannot read ${path} as a corpus must lie in ${roots.join(' or ')}: it does not; move it there, start the run with --corpus, or allow its folder (corpusRoots)`,
    { details: { path } },
  )
}

const resolved = (path: string): Promise<string> => realpath(path).catch(() => resolve(path))
