import { z } from 'zod'
import { ConcordError } from '../domain/errors.ts'
import type { Json } from '../domain/json.ts'
import { redactor, secretsOfUrl } from '../domain/secrets.ts'
import { type Tool, tool } from '../ports/tool.ts'
import { withDeadline } from './deadline.ts'
import { formats, resultsIn, type SearchFormat, type SearchResult } from './web-search/formats.ts'

export type { SearchFormat, SearchResult } from './web-search/formats.ts'

export type WebSearchToolOptions = {
  /** Of the search service, chosen by the operator; it may be on this machine. Without it every call says how to set it. */
  endpoint?: string
  apiKey?: string
  /** Default `searxng`; or where a service of another shape keeps what. */
  format?: keyof typeof formats | SearchFormat
  /** Default Node's own. */
  fetch?: typeof globalThis.fetch
  timeoutMs?: number
  /** Of the answer, default 2 MB. */
  bytesMax?: number
}

export type WebSearchInput = { query: string; count?: number | undefined }
export type WebSearchOutput = { query: string; results: SearchResult[] }

const countMax = 50

/**
 * Searches the web through the service the operator configured. Throws `tool.failed` when there is none, or when it
 * refuses or answers in another shape; the key never appears in an error.
 */
export const webSearchTool = (options: WebSearchToolOptions = {}): Tool<WebSearchInput, WebSearchOutput> => {
  const { timeoutMs = 15_000 } = options
  const format = typeof options.format === 'object' ? options.format : formats[options.format ?? 'searxng']
  const endpoint = options.endpoint === undefined ? undefined : checkedEndpoint(options.endpoint, format)
  return tool({
    name: 'web_search',
    description: 'Searches the web and returns title, address and snippet of each result.',
    permission: 'network',
    timeoutMs: timeoutMs + 1000,
    input: z.object({
      query: z.string().trim().min(1).max(1000),
      count: z.int().min(1).max(countMax).optional().describe('Default 10'),
    }),
    execute: ({ query, count = 10 }, context) => {
      if (!endpoint)
        throw new ConcordError(
          'tool.failed',
          'Cannot search the web as a search service must be configured: there is none; set ' +
            "webSearchTool({ endpoint: 'http://localhost:8080', format: 'searxng' }) or format: 'brave' with an apiKey",
        )
      return withDeadline(context, timeoutMs, 'finish the search', async (signal) => {
        const secrets = redactor([options.apiKey, ...secretsOfUrl(endpoint.href)])
        const answer = await asked(requestUrl(endpoint, format, query, count), format, options, signal).catch(
          (error: unknown) => Promise.reject(secrets.error(error)),
        )
        const results = resultsIn(secrets.json(answer), format, count)
        if (!results)
          throw failed(`the list of results must be at ${format.results}`, 'it is not', 'check the format')
        return { query, results }
      })
    },
  })
}

const checkedEndpoint = (text: string, format: SearchFormat): URL => {
  const url = URL.parse(text)
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.username || url.password)
    throw new ConcordError(
      'config.invalid',
      'Cannot create the web_search tool as its endpoint must be an http(s) URL without credentials: it is not; give the key as apiKey',
    )
  const path = url.pathname.replace(/\/+$/, '')
  url.pathname = format.path === undefined || path.endsWith(format.path) ? path : path + format.path
  return url
}

const requestUrl = (endpoint: URL, format: SearchFormat, query: string, count: number): URL => {
  const url = new URL(endpoint)
  for (const [name, value] of Object.entries(format.params ?? {})) url.searchParams.set(name, value)
  url.searchParams.set(format.query, query)
  if (format.count) url.searchParams.set(format.count, String(Math.min(count, format.countMax ?? countMax)))
  return url
}

const failed = (rule: string, now: string, wayOut: string, cause?: unknown): ConcordError =>
  new ConcordError('tool.failed', `Cannot search the web as ${rule}: ${now}; ${wayOut}`, { cause })

const waysOut: { [status: number]: string } = {
  401: 'check the apiKey',
  403: 'check the apiKey; a SearXNG instance must list json under search.formats in its settings',
  404: 'check the endpoint',
  429: 'wait, or raise the quota',
}

const asked = async (
  url: URL,
  format: SearchFormat,
  { apiKey, fetch = globalThis.fetch, bytesMax = 2_000_000 }: WebSearchToolOptions,
  signal: AbortSignal,
): Promise<Json> => {
  const headers: { [name: string]: string } = { accept: 'application/json', 'user-agent': 'concord' }
  if (apiKey) headers[format.keyHeader ?? 'authorization'] = format.keyHeader ? apiKey : `Bearer ${apiKey}`
  let response: Response
  try {
    // A redirect is an error: following it could hand the key's header to another host.
    response = await fetch(url, { headers, signal, redirect: 'error' })
  } catch (error) {
    signal.throwIfAborted()
    const reason = error instanceof Error ? (error.cause ?? error) : error
    const now = reason instanceof Error ? reason.message : String(reason)
    throw failed('the service must answer', `${url.host}: ${now}`, 'check the endpoint and the network')
  }
  if (!response.ok) {
    await response.body?.cancel()
    const wayOut = waysOut[response.status] ?? 'try again later'
    throw failed('the service must accept the query', `${url.host} answered ${response.status}`, wayOut)
  }
  const text = await boundedText(response, bytesMax)
  try {
    return JSON.parse(text) as Json
  } catch {
    throw failed(
      'the service must answer with JSON',
      `${url.host} did not`,
      'check the endpoint and the format',
    )
  }
}

const boundedText = async (response: Response, bytesMax: number): Promise<string> => {
  const chunks: Uint8Array[] = []
  let size = 0
  const reader = response.body?.getReader()
  for (;;) {
    const part = await reader?.read()
    if (!part || part.done) return Buffer.concat(chunks).toString('utf8')
    chunks.push(part.value)
    size += part.value.byteLength
    if (size <= bytesMax) continue
    await reader?.cancel()
    throw failed(`answers are bounded to ${bytesMax} bytes`, 'this one is longer', 'ask for fewer results')
  }
}
