import { ConcordError } from '../../domain/errors.ts'
import { cut } from '../../domain/text/cut.ts'
import { type Clock, sleep } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Turns } from './turns.ts'

/**
 * Requests to a site that asks for patience. Invariants:
 * 1. One request at a time and at least `intervalMs` between two starts, whoever asks (the chain `#last`); with `turns` the interval
 *    holds between processes, too.
 * 2. While the site asks us to wait, everybody waits: retries keep the turn.
 * 3. A caller that gives up leaves at once and never breaks the chain for those behind it.
 * 4. Attempts, waiting, time and bytes are bounded.
 */
export type PoliteOptions = {
  /** Named in errors, e.g. `arXiv`. */
  site: string
  clock: Clock
  fetch?: typeof fetch
  logger?: Logger
  userAgent: string
  intervalMs: number
  /** Turns shared with other processes. */
  turns?: Turns
  /** Retries after the first attempt when the site answers 429 or 5xx, or with an answer the caller calls spurious. */
  retriesMax: number
  /** For one attempt, body included. */
  timeoutMs: number
  /** A longer Retry-After is not waited for: the error says when to come back. */
  retryAfterMaxMs?: number
}

export type PoliteAnswer = { status: number; contentType: string; bytes: Uint8Array; url: string }

export type PoliteRequest<Result> = {
  url: string
  accept: string
  bytesMax: number
  signal?: AbortSignal
  /** Hosts a redirect may lead to; the host asked is always among them. */
  redirectHosts?: (host: string) => boolean
  /** Reads an answer below 500 that is no 429; throws {@link spurious} to have it asked again. */
  read: (answer: PoliteAnswer) => Promise<Result> | Result
  /** The way out told when the site cannot be reached. */
  wayOut: string
}

const REDIRECTS_MAX = 5
/** A machine without a network fails fast: refused, unresolved or timed out twice is not worth a third wait. */
const UNREACHABLE_RETRIES_MAX = 1

type Attempt<Result> =
  | { ok: true; value: Result }
  | { ok: false; reason: string; kind: 'busy' | 'unreachable'; afterMs?: number; cause?: unknown }

/** Thrown by `read`: the answer is known to be passing nonsense (`busy`), or not the site speaking at all (`unreachable`). */
export const spurious = (reason: string, kind: 'busy' | 'unreachable' = 'busy'): Error =>
  Object.assign(new Error(reason), { spurious: kind })

export const politeClient = (options: PoliteOptions) => {
  const { clock, site, intervalMs } = options
  let last: Promise<unknown> = Promise.resolve()
  let startedAt = Number.NEGATIVE_INFINITY

  const attempt = async <Result>(request: PoliteRequest<Result>): Promise<Attempt<Result>> => {
    const waitMs = startedAt + intervalMs - clock.monotonic()
    if (waitMs > 0) await sleep(clock, waitMs, request.signal)
    await options.turns?.take(intervalMs, request.signal)
    request.signal?.throwIfAborted()
    startedAt = clock.monotonic()
    return once(options, request)
  }

  const withRetries = async <Result>(request: PoliteRequest<Result>): Promise<Result> => {
    for (let tries = 1; ; tries += 1) {
      const result = await attempt(request)
      if (result.ok) return result.value
      const retries = Math.min(
        options.retriesMax,
        result.kind === 'unreachable' ? UNREACHABLE_RETRIES_MAX : Infinity,
      )
      const afterMs = result.afterMs ?? Math.max(intervalMs, 1000) * 2 ** (tries - 1)
      const tooLong = afterMs > (options.retryAfterMaxMs ?? 60_000)
      if (tries > retries || tooLong) throw unreachable(site, request, result, tries, tooLong ? afterMs : 0)
      options.logger?.warn({ url: request.url, reason: result.reason, afterMs }, `${site}: trying again`)
      await options.turns?.hold(afterMs)
      await sleep(clock, afterMs, request.signal)
    }
  }

  return {
    /** @throws ConcordError `source.unreachable`; the signal's reason when aborted; what `read` throws. */
    request: <Result>(request: PoliteRequest<Result>): Promise<Result> => {
      const turn = last.then(() => {
        request.signal?.throwIfAborted()
        return withRetries(request)
      })
      last = turn.catch(() => undefined)
      return leavingOnAbort(turn, request.signal)
    },
  }
}

const leavingOnAbort = <T>(turn: Promise<T>, signal?: AbortSignal): Promise<T> => {
  if (!signal) return turn
  const { promise, reject } = Promise.withResolvers<T>()
  const leave = () => reject(signal.reason)
  if (signal.aborted) leave()
  signal.addEventListener('abort', leave, { once: true })
  return Promise.race([turn, promise]).finally(() => signal.removeEventListener('abort', leave))
}

const unreachable = <Result>(
  site: string,
  request: PoliteRequest<Result>,
  failed: { reason: string; cause?: unknown },
  attempts: number,
  comeBackMs: number,
): ConcordError =>
  new ConcordError(
    'source.unreachable',
    `Cannot reach ${site} as ${attempts} attempt${attempts === 1 ? '' : 's'} failed: ${failed.reason}; ` +
      (comeBackMs > 0 ? `try again in ${Math.ceil(comeBackMs / 1000)} s, or ` : '') +
      request.wayOut,
    { details: { url: request.url, attempts, reason: failed.reason }, cause: failed.cause },
  )

const once = async <Result>(
  options: PoliteOptions,
  request: PoliteRequest<Result>,
): Promise<Attempt<Result>> => {
  const timeout = new AbortController()
  const cancel = options.clock.schedule(options.timeoutMs, () => timeout.abort(), { unref: true })
  const signal = request.signal ? AbortSignal.any([request.signal, timeout.signal]) : timeout.signal
  try {
    const response = await follow(options, request, signal)
    if (response.status === 429 || response.status >= 500) {
      await response.body?.cancel()
      const afterMs = retryAfter(response.headers.get('retry-after'), options.clock)
      const reason = `HTTP ${response.status}${response.statusText ? ` ${response.statusText}` : ''}`
      return { ok: false, kind: 'busy', reason, ...(afterMs === undefined ? {} : { afterMs }) }
    }
    const answer: PoliteAnswer = {
      status: response.status,
      contentType: response.headers.get('content-type') ?? '',
      bytes: await bodyOf(response, request.bytesMax),
      url: response.url || request.url,
    }
    return { ok: true, value: await request.read(answer) }
  } catch (error) {
    request.signal?.throwIfAborted()
    if (timeout.signal.aborted)
      return {
        ok: false,
        kind: 'unreachable',
        reason: `no answer within ${options.timeoutMs} ms`,
        cause: error,
      }
    if (!(error instanceof Error) || error instanceof ConcordError) throw error
    if ('spurious' in error)
      return {
        ok: false,
        kind: error.spurious === 'busy' ? 'busy' : 'unreachable',
        reason: error.message,
      }
    if (!isNetworkFailure(error)) throw error
    return { ok: false, kind: networkKind(error), reason: networkReason(error), cause: error }
  } finally {
    cancel()
  }
}

/** Redirects are followed by hand, so that a site cannot send us into the local network. */
const follow = async <Result>(
  options: PoliteOptions,
  request: PoliteRequest<Result>,
  signal: AbortSignal,
): Promise<Response> => {
  const first = new URL(request.url)
  let url = first
  for (let hops = 0; hops <= REDIRECTS_MAX; hops += 1) {
    const response = await (options.fetch ?? fetch)(url.href, {
      redirect: 'manual',
      signal,
      headers: { accept: request.accept, 'user-agent': options.userAgent },
    })
    const location = response.headers.get('location')
    if (response.status < 300 || response.status > 399 || location === null) return response
    await response.body?.cancel()
    const next = URL.canParse(location, url.href) ? new URL(location, url.href) : undefined
    if (!next || !mayLead(first, next, request.redirectHosts))
      throw spurious(`redirected to ${cut(location, 200)}, which is not ${options.site}`, 'unreachable')
    url = next
  }
  throw spurious(`more than ${REDIRECTS_MAX} redirects`, 'unreachable')
}

const mayLead = (first: URL, next: URL, hosts?: (host: string) => boolean): boolean =>
  next.host === first.host
    ? next.protocol === 'https:' || next.protocol === first.protocol
    : next.protocol === 'https:' && next.port === '' && hosts?.(next.hostname) === true

const bodyOf = async (response: Response, bytesMax: number): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    if (size > bytesMax)
      throw new ConcordError(
        'request.too-large',
        `Cannot read ${response.url} as an answer may have ${bytesMax} bytes: it has more; ask for less at a time`,
        { details: { url: response.url, bytesMax } },
      )
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** RFC 9110, 10.2.3: seconds or a date; undefined when it says neither. */
const retryAfter = (header: string | null, clock: Clock): number | undefined => {
  if (header === null) return undefined
  if (/^\s*\d+\s*$/.test(header)) return Number(header) * 1000
  const at = Date.parse(header)
  return Number.isNaN(at) ? undefined : Math.max(0, at - clock.now())
}

const codeOf = (error: Error): string => {
  const cause = error.cause instanceof Error ? error.cause : error
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : ''
}

/** undici reports every failure of the connection as a TypeError with the socket's error as cause, or `terminated`. */
const isNetworkFailure = (error: Error): boolean =>
  error instanceof TypeError || error.name === 'AbortError' || codeOf(error) !== ''

const networkReason = (error: Error): string => {
  const cause = error.cause instanceof Error ? error.cause : error
  return oneOf(codeOf(error), cause.message) || error.message
}

const oneOf = (code: string, message: string): string =>
  code === '' || message.includes(code) ? message : `${code} ${message}`.trim()

const FAR = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])
const networkKind = (error: Error): 'busy' | 'unreachable' =>
  FAR.has(codeOf(error)) ? 'unreachable' : 'busy'
