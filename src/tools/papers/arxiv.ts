import { ConcordError, isConcordError } from '../../domain/errors.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import { type ArxivPage, readArxivFeed } from './arxiv-feed.ts'
import { type ArxivQuery, arxivSearchQuery } from './arxiv-query.ts'
import { dedupePapers, type Paper, parseArxivId } from './paper.ts'
import { type PoliteAnswer, politeClient, spurious } from './polite.ts'
import type { Turns } from './turns.ts'

export type ArxivClientOptions = {
  /** Of the query API; full texts are fetched from `/pdf/` on the same host. */
  baseUrl?: string
  fetch?: typeof fetch
  clock: Clock
  logger?: Logger
  /** arXiv asks clients to say who they are and how to reach them: an address of mail or a page. */
  contact?: string
  /** Turns shared with other processes; see `sharedTurns`. */
  turns?: Turns
  /** Between the starts of two requests, one at a time: arXiv's terms of use ask for three seconds. */
  intervalMs?: number
  /** Entries asked for at once, at most 2,000 (arXiv's limit). */
  pageSize?: number
  retriesMax?: number
  timeoutMs?: number
}

export type ArxivSearch = ArxivQuery & {
  /** 1 to 2,000. */
  max: number
  /** Default `relevance`; the other two newest first. */
  sortBy?: 'relevance' | 'submittedDate' | 'lastUpdatedDate'
}

/** `total`: of all matches, as arXiv says. */
export type ArxivFound = { papers: Paper[]; total: number }

const API = 'https://export.arxiv.org/api/query'
const WAY_OUT = 'check the connection, or search a local corpus instead (--source corpus)'
const RESULTS_MAX = 2000
const CONTACT_CHARS_MAX = 200
const IDS_PER_REQUEST = 100
const FEED_BYTES_MAX = 20_000_000
const PDF_BYTES_MAX = 50_000_000

/**
 * arXiv's public API (https://info.arxiv.org/help/api/user-manual.html). All calls of one client share one polite queue, and
 * the politeness is per client: make one per process, and give clients of several processes the same `turns`.
 *
 * Every method throws ConcordError `source.unreachable` (after retries), `input.invalid`, or the signal's reason.
 */
export const arxivClient = (options: ArxivClientOptions) => {
  const { baseUrl = API, clock, logger, pageSize = 100 } = options
  const site = politeClient({
    site: 'arXiv',
    clock,
    userAgent: userAgentOf(options.contact),
    ...(options.turns ? { turns: options.turns } : {}),
    intervalMs: options.intervalMs ?? 3000,
    retriesMax: options.retriesMax ?? 3,
    timeoutMs: options.timeoutMs ?? 20_000,
    ...(options.fetch ? { fetch: options.fetch } : {}),
    ...(logger ? { logger } : {}),
  })

  const page = (params: Record<string, string>, start: number, signal?: AbortSignal): Promise<ArxivPage> =>
    site.request({
      url: `${baseUrl}?${new URLSearchParams({ ...params, start: String(start) })}`,
      accept: 'application/atom+xml',
      bytesMax: FEED_BYTES_MAX,
      redirectHosts: isArxivHost,
      wayOut: WAY_OUT,
      read: async (answer) => {
        const found = await readArxivFeed(answer)
        if (found.entries === 0 && (found.total ?? 0) > start)
          throw spurious(`an empty page from ${start} though there are ${found.total} results`)
        return found
      },
      ...(signal ? { signal } : {}),
    })

  /**
   * Papers that match, without doubles, in arXiv's order, and how many there are in all; fewer than `max` when there are no more, or
   * (logged) when a later page cannot be had.
   */
  const find = async (query: ArxivSearch, { signal }: { signal?: AbortSignal } = {}): Promise<ArxivFound> => {
    const max = Math.floor(query.max)
    if (!(max >= 1 && max <= RESULTS_MAX))
      throw new ConcordError(
        'input.invalid',
        `Cannot search arXiv as max lies between 1 and ${RESULTS_MAX}: it is ${query.max}; ask for fewer papers`,
      )
    const params = {
      search_query: arxivSearchQuery(query),
      sortBy: query.sortBy ?? 'relevance',
      sortOrder: 'descending',
    }
    return allPages(max, Math.min(pageSize, RESULTS_MAX), logger, (start, count) =>
      page({ ...params, max_results: String(count) }, start, signal),
    )
  }

  return {
    find,

    /** The papers of {@link find}. */
    search: async (query: ArxivSearch, options: { signal?: AbortSignal } = {}): Promise<Paper[]> =>
      (await find(query, options)).papers,

    /** Papers in the order of the ids; those arXiv does not know are left out. A version in an id is honoured. */
    byIds: async (ids: readonly string[], { signal }: { signal?: AbortSignal } = {}): Promise<Paper[]> => {
      const wanted = ids.map(checkedId)
      const found = new Map<string, Paper>()
      for (let at = 0; at < wanted.length; at += IDS_PER_REQUEST) {
        const some = wanted.slice(at, at + IDS_PER_REQUEST)
        const params = { id_list: some.map(versioned).join(','), max_results: String(some.length) }
        const { papers } = await page(params, 0, signal)
        for (const paper of papers) found.set(paper.id, paper)
      }
      return [...new Set(wanted.map(({ id }) => id))].flatMap((id) => found.get(id) ?? [])
    },

    /** The PDF of a paper, from the host of the API; at most `bytesMax` bytes. */
    pdf: async (
      id: string,
      { signal, bytesMax = PDF_BYTES_MAX }: { signal?: AbortSignal; bytesMax?: number } = {},
    ): Promise<Uint8Array> =>
      site.request({
        url: new URL(`/pdf/${versioned(checkedId(id))}`, baseUrl).href,
        accept: 'application/pdf',
        bytesMax,
        redirectHosts: isArxivHost,
        wayOut: 'check the connection, or work from the abstract',
        read: (answer) => pdfOf(answer, id),
        ...(signal ? { signal } : {}),
      }),
  }
}

/** A header holds one line of visible ASCII; anything else of a contact is left out. */
const userAgentOf = (contact = ''): string => {
  const plain = contact
    .replace(/[^\x21-\x7e]/g, '')
    .replace(/[()\\]/g, '')
    .slice(0, CONTACT_CHARS_MAX)
  const reach = plain === '' ? '' : `; ${plain.includes('@') ? 'mailto:' : '+'}${plain}`
  return `concord (research agent${reach})`
}

const isArxivHost = (host: string): boolean => host === 'arxiv.org' || host.endsWith('.arxiv.org')

/** Pages until `max` papers, the end, or the bound on requests: short pages move the start by what they held. */
const allPages = async (
  max: number,
  pageSize: number,
  logger: Logger | undefined,
  fetchPage: (start: number, count: number) => Promise<ArxivPage>,
): Promise<ArxivFound> => {
  const requestsMax = 2 * Math.ceil(max / pageSize) + 2
  let papers: Paper[] = []
  let start = 0
  let total = 0
  for (let requests = 0; requests < requestsMax && papers.length < max; requests += 1) {
    const count = Math.min(pageSize, max - papers.length)
    const found = await fetchPage(start, count).catch((error) => {
      if (papers.length === 0 || !isConcordError(error) || error.code !== 'source.unreachable') throw error
      logger?.warn(
        { papers: papers.length, max, reason: error.message },
        'arXiv: stopped after the pages so far',
      )
      return { papers: [], entries: 0, total: start }
    })
    papers = dedupePapers([...papers, ...found.papers])
    start += found.entries
    total = Math.max(total, found.total ?? 0, papers.length)
    if (found.entries === 0 || (found.total === undefined ? found.entries < count : start >= found.total))
      return { papers: papers.slice(0, max), total }
  }
  if (papers.length < max)
    logger?.warn({ requestsMax, papers: papers.length, max }, 'arXiv: too many short pages, stopped early')
  return { papers: papers.slice(0, max), total }
}

const checkedId = (text: string): { id: string; version?: number } => {
  const parsed = parseArxivId(text)
  if (parsed) return parsed
  throw new ConcordError(
    'input.invalid',
    `Cannot ask arXiv for a paper as ids read like 2401.12345, 2401.12345v2 or astro-ph/0601001: got ${JSON.stringify(text.slice(0, 60))}; take the id from the paper's address`,
  )
}

const versioned = ({ id, version }: { id: string; version?: number }): string =>
  version === undefined ? id : `${id}v${version}`

const pdfOf = ({ bytes, status, contentType }: PoliteAnswer, id: string): Uint8Array => {
  if (status === 404)
    throw new ConcordError(
      'not-found',
      `Cannot fetch the full text of ${id} as arXiv has a PDF of it only if it is public: HTTP 404; check the id`,
      { details: { id } },
    )
  const head = new TextDecoder('latin1').decode(bytes.subarray(0, 1024))
  if (status !== 200 || !head.includes('%PDF-'))
    throw spurious(`HTTP ${status} with ${contentType || 'no content type'} that is no PDF`, 'unreachable')
  return bytes
}
