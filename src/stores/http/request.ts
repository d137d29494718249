import { ConcordError, type ErrorCode, errorTable, isConcordError } from '../../domain/errors.ts'
import type { Json } from '../../domain/json.ts'
import { type Redactor, redactor, secretsOfHeaders } from '../../domain/secrets.ts'
import { cut } from '../../domain/text/cut.ts'

export type Endpoint = { url: string; headers?: Record<string, string>; fetch?: typeof fetch }

export type Request = {
  method?: string
  body?: unknown
  headers?: Record<string, string>
  signal?: AbortSignal | undefined
  /** Sent again when the connection fails or the store is busy: what is sent twice is done once. */
  repeatable?: boolean
}

const attemptsMax = 5
const shownCharsMax = 64 * 1024
const pauseMs = 50

export const pause = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done, { once: true })
  })

/** What was sent as a secret with these headers. */
export const sentSecrets = (headers: Record<string, string>): Redactor => redactor(secretsOfHeaders(headers))

/** Problem details (RFC 9457) as the error they were on the server, without what was sent as a secret. */
export const errorOfProblem = (
  text: string,
  status: number,
  url: string,
  secrets: Redactor = redactor([]),
): ConcordError => {
  try {
    const problem = JSON.parse(text) as { [name: string]: Json }
    const { code, detail, title: _title, type: _type, status: _status, ...more } = problem
    if (typeof code === 'string' && Object.hasOwn(errorTable, code)) {
      const details = secrets.json(more) as typeof problem
      return new ConcordError(code as ErrorCode, secrets.data(String(detail)), { details })
    }
  } catch {}
  // Hidden before it is cut: half of a token is not recognised.
  const shown = cut(secrets.text(cut(text, shownCharsMax)), 200)
  return stranger(status >= 500 ? 'source.unreachable' : 'input.invalid', url, `${status}: ${shown}`)
}

const stranger = (code: ErrorCode, url: string, now: string): ConcordError =>
  new ConcordError(
    code,
    `Cannot use the answer of ${url} as it must be one of a server of Concord: ${now}; check the address, or what stands between`,
  )

/** Throws `input.invalid` for a page or anything else that no server of Concord sends. */
export const checkAnswer = ({ status, url, headers }: Response, secrets: Redactor = redactor([])): void => {
  const type = headers.get('content-type') ?? ''
  if (status !== 204 && !/^(application\/json|text\/event-stream)\b/.test(type))
    throw stranger(
      'input.invalid',
      url,
      type === '' ? 'it has no Content-Type' : `its Content-Type is ${cut(secrets.text(type), 200)}`,
    )
}

/** A server's address without what is behind it; that of its memory (`.../memory`) means the same server. Throws `input.invalid`. */
export const serverAddress = (url: string): string => {
  const address = URL.canParse(url) ? new URL(url) : undefined
  if (address === undefined || !/^https?:$/.test(address.protocol) || address.search + address.hash !== '')
    throw new ConcordError(
      'input.invalid',
      `Cannot reach a server as its address must be an http or https URL without a query: ${JSON.stringify(String(url).slice(0, 200))}; give one like "http://127.0.0.1:4270"`,
    )
  return url.replace(/\/+$/, '').replace(/\/memory$/, '')
}

/** The original is not kept as `cause`: what fetch refuses (a header's value) it repeats. */
export const unreachable = (url: string, error: unknown, secrets: Redactor = redactor([])): ConcordError => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
  return new ConcordError(
    'source.unreachable',
    `Cannot reach ${url} as the connection failed: ${secrets.text(cause)}; is the server running?`,
  )
}

const passes = new Set<ErrorCode>(['source.unreachable', 'store.busy'])

/** A request to a server of Concord. Throws what the server refused it with, and `source.unreachable`. */
export const requester =
  ({ url, headers: own = {}, fetch: send = fetch }: Endpoint) =>
  async (path: string, request: Request = {}): Promise<Response> => {
    const { method = 'GET', body, headers, signal, repeatable = method === 'GET' } = request
    const secrets = sentSecrets(own)
    const address = `${url.replace(/\/+$/, '')}${path}`
    const init: RequestInit = { method, redirect: 'error', headers: { ...own, ...headers } }
    if (signal !== undefined) init.signal = signal
    if (body !== undefined) init.body = JSON.stringify(body)
    if (method !== 'GET') init.headers = { 'content-type': 'application/json', ...init.headers }
    const once = async (): Promise<Response> => {
      const response = await send(address, init).catch((error) => {
        if (signal?.aborted) throw error
        throw unreachable(address, error, secrets)
      })
      if (!response.ok) throw errorOfProblem(await response.text(), response.status, address, secrets)
      checkAnswer(response, secrets)
      return response
    }
    for (let attempt = 1; ; attempt++) {
      try {
        return await once()
      } catch (error) {
        const passing = isConcordError(error) && passes.has(error.code)
        if (!repeatable || !passing || attempt >= attemptsMax) throw error
        await pause(pauseMs * 2 ** attempt, signal)
      }
    }
  }
