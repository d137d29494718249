import type { LookupFunction } from 'node:net'
import type { Response, Agent as UndiciAgent } from 'undici'
import { ConcordError } from '../../domain/errors.ts'
import {
  type Address,
  checkedAddresses,
  checkedUrl,
  forbidden,
  type HostRules,
  type Resolve,
} from './guard.ts'

export type Outgoing = { method: string; url: string; headers: { [name: string]: string }; body?: string }
export type Incoming = {
  status: number
  url: string
  headers: { [name: string]: string }
  contentType: string
  bytes: Uint8Array
  truncated: boolean
}

export type ExchangeOptions = {
  rules: HostRules
  resolve: Resolve
  bytesMax: number
  redirectsMax: number
  signal: AbortSignal
}

const redirectStatuses = new Set([301, 302, 303, 307, 308])
/** All that survives a redirect to another origin: whatever else was sent may be a credential. */
const portableHeaders = new Set(['accept', 'accept-language', 'user-agent'])
/** What a reader of the answer can use; the rest is noise, or a cookie. */
const shownHeaders = [
  'content-type',
  'content-language',
  'content-length',
  'content-range',
  'last-modified',
  'etag',
  'date',
  'cache-control',
  'retry-after',
  'location',
  'link',
  'x-ratelimit-limit',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
]
const headerCharactersMax = 1000

/** Sends a request, following redirects by hand so that each hop passes the guard. */
export const exchange = async (first: Outgoing, options: ExchangeOptions): Promise<Incoming> => {
  let request = first
  let url = checkedUrl(request.url, options.rules)
  for (let hop = 0; ; hop += 1) {
    const answer = await oneHop(url, request, options)
    const { location } = answer.headers
    if (!redirectStatuses.has(answer.status) || location === undefined) return answer
    if (hop >= options.redirectsMax)
      throw new ConcordError(
        'tool.failed',
        `Cannot request the URL as redirects are bounded: ${options.redirectsMax} were followed; ask for the final URL`,
        { details: { url: url.href.slice(0, 200) } },
      )
    const next = checkedUrl(location, options.rules, url)
    request = redirected(request, answer.status, url, next)
    url = next
  }
}

/** Method, body and headers of the next hop, as in the Fetch standard's HTTP-redirect fetch, but stricter. */
const redirected = (request: Outgoing, status: number, from: URL, to: URL): Outgoing => {
  const sameOrigin = from.origin === to.origin
  const reading = request.method === 'GET' || request.method === 'HEAD'
  const becomesGet = !reading && (status === 303 || status === 301 || status === 302)
  if (!reading && !becomesGet && !sameOrigin)
    throw forbidden(
      'a write must not follow a redirect to another origin',
      to.origin,
      'request it directly',
      {
        url: to.href.slice(0, 200),
      },
    )
  const headers = Object.fromEntries(
    Object.entries(request.headers).filter(
      ([name]) => (sameOrigin || portableHeaders.has(name)) && !(becomesGet && name.startsWith('content-')),
    ),
  )
  return becomesGet ? { method: 'GET', url: to.href, headers } : { ...request, url: to.href, headers }
}

/** Connects only to addresses that were checked, whatever the name resolves to a moment later. */
const pinned =
  (addresses: Address[]): LookupFunction =>
  (_hostname, options, callback) => {
    const wanted = addresses.filter(({ family }) => !options.family || options.family === family)
    const [first] = wanted
    if (options.all) callback(null, wanted)
    else if (first) callback(null, first.address, first.family)
    else callback(new Error('no checked address of this family'), '')
  }

const oneHop = async (url: URL, request: Outgoing, options: ExchangeOptions): Promise<Incoming> => {
  // The lookup hook is not called for IP literals: the guard is called here for every host, name or literal.
  const addresses = await checkedAddresses(url, options.rules, options.resolve, options.signal)
  const { Agent, fetch } = await import('undici')
  const agent = new Agent({
    connect: { lookup: pinned(addresses) },
    maxHeaderSize: 64 * 1024,
    connections: 1,
  })
  try {
    const response = await fetch(url, {
      method: request.method,
      headers: request.headers,
      ...(request.body === undefined ? {} : { body: request.body }),
      redirect: 'manual',
      dispatcher: agent,
      signal: options.signal,
    })
    return await received(url, response, options)
  } catch (error) {
    if (options.signal.aborted || error instanceof ConcordError) throw error
    throw unreachable(url, error)
  } finally {
    await released(agent)
  }
}

const released = (agent: UndiciAgent): Promise<void> => agent.destroy()

/** Reads at most `bytesMax` decoded bytes and hangs up: what a compressed body would inflate to never exists. */
const received = async (url: URL, response: Response, options: ExchangeOptions): Promise<Incoming> => {
  const chunks: Uint8Array[] = []
  let size = 0
  const reader = response.body?.getReader()
  while (reader && size <= options.bytesMax) {
    const { done, value } = await reader.read()
    if (done) break
    chunks.push(value)
    size += value.byteLength
  }
  await reader?.cancel()
  const headers: { [name: string]: string } = {}
  for (const name of shownHeaders) {
    const value = response.headers.get(name)
    if (value !== null) headers[name] = value.slice(0, name === 'location' ? undefined : headerCharactersMax)
  }
  return {
    status: response.status,
    url: url.href,
    headers,
    contentType: headers['content-type'] ?? '',
    bytes: Buffer.concat(chunks).subarray(0, options.bytesMax),
    truncated: size > options.bytesMax,
  }
}

const unreachable = (url: URL, error: unknown): ConcordError => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const code = cause instanceof Error && 'code' in cause ? `${String(cause.code)} ` : ''
  const message = cause instanceof Error ? cause.message : String(cause)
  return new ConcordError(
    'tool.failed',
    `Cannot request the URL as its server must answer: ${url.host} gave ${code}${message}; try again or use another source`,
    { details: { url: url.href.slice(0, 200) }, cause: error },
  )
}
