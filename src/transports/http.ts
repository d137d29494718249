import { ConcordError } from '../domain/errors.ts'
import type { Json } from '../domain/json.ts'
import { type Clock, sleep } from '../ports/clock.ts'
import type { AgentCall, Transport } from '../ports/transport.ts'

export type HttpTransportOptions = {
  clock: Clock
  fetch?: typeof fetch
  /** Bytes of an answer. Default 16 MiB. */
  bytesMax?: number
  /** Between polls of a 202's Location when it names no Retry-After. Default 500. */
  pollMs?: number
}

const bytesMaxDefault = 16 * 1024 * 1024

/** Agents behind `POST {url}` (`/run` where the URL has no path): plain JSON in, plain JSON out; 202 + Location is polled until the deadline. */
export const httpTransport = ({
  clock,
  fetch: send = fetch,
  bytesMax = bytesMaxDefault,
  pollMs = 500,
}: HttpTransportOptions): Transport => ({
  async call(call) {
    const url = addressOf(call.url)
    let response = await request(send, call, url, { method: 'POST', body: JSON.stringify(call.payload) })
    let location = new URL(url)
    while (response.status === 202) {
      const next = response.headers.get('location')
      if (next === null)
        throw new ConcordError(
          'agent.failed',
          `Cannot follow agent ${url} as it answered 202 without a Location; name where to poll`,
        )
      await response.body?.cancel()
      location = ownLocation(location, next)
      const asked = Number(response.headers.get('retry-after'))
      await sleep(clock, Number.isFinite(asked) && asked > 0 ? asked * 1000 : pollMs, call.signal)
      response = await request(send, call, location.href, { method: 'GET' })
    }
    return answerOf(url, response, bytesMax)
  },
})

/** An agent's address alone means its `/run`, the contract's path. */
const addressOf = (url: string): string => {
  if (!URL.canParse(url))
    throw new ConcordError(
      'config.invalid',
      `Cannot call the agent at ${JSON.stringify(url)} as that is no URL; give one like "http://127.0.0.1:8080/run"`,
    )
  const address = new URL(url)
  if (address.username !== '' || address.password !== '')
    throw new ConcordError(
      'config.invalid',
      `Cannot call the agent at ${address.origin} as its URL holds a user or a password; give a token instead`,
    )
  if (address.pathname === '/') address.pathname = '/run'
  return address.href
}

/** Polling carries the agent's token: it stays with the agent's origin. */
const ownLocation = (from: URL, next: string): URL => {
  const to = new URL(next, from)
  if (to.origin === from.origin) return to
  throw new ConcordError(
    'agent.failed',
    `Cannot follow agent ${from.origin} as its Location leads to another origin: ${to.origin}; poll at the agent's own`,
  )
}

const request = async (
  send: typeof fetch,
  call: AgentCall,
  url: string,
  init: RequestInit,
): Promise<Response> => {
  const headers = {
    ...call.headers,
    accept: 'application/json',
    ...(init.method === 'POST' ? { 'content-type': 'application/json' } : {}),
    ...(call.token === undefined ? {} : { authorization: `Bearer ${call.token}` }),
  }
  try {
    return await send(url, { ...init, headers, signal: call.signal, redirect: 'error' })
  } catch (error) {
    if (call.signal.aborted) throw call.signal.reason
    throw unreachable(url, error)
  }
}

const unreachable = (url: string, error: unknown): ConcordError => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
  return new ConcordError(
    'agent.failed',
    `Cannot reach agent ${url} as the connection failed: ${cause}; is it running?`,
    { cause: error },
  )
}

const answerOf = async (url: string, response: Response, bytesMax: number): Promise<Json> => {
  const text = await bounded(url, response, bytesMax)
  if (!response.ok) {
    const retryAfter = Number(response.headers.get('retry-after'))
    const code = response.status >= 500 || response.status === 429 ? 'agent.failed' : 'agent.input-invalid'
    throw new ConcordError(
      code,
      `Cannot use the answer of agent ${url} as it is ${response.status}: ${text.slice(0, 500) || 'no body'}`,
      {
        details: { status: response.status, ...(retryAfter > 0 ? { retryAfterMs: retryAfter * 1000 } : {}) },
      },
    )
  }
  try {
    return JSON.parse(text) as Json
  } catch (error) {
    throw new ConcordError(
      'agent.output-invalid',
      `Cannot use the answer of agent ${url} as it is not JSON: ${JSON.stringify(text.slice(0, 200))}; answer application/json`,
      { cause: error },
    )
  }
}

const bounded = async (url: string, response: Response, bytesMax: number): Promise<string> => {
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of response.body ?? []) {
      size += chunk.byteLength
      if (size > bytesMax)
        throw new ConcordError(
          'agent.output-invalid',
          `Cannot use the answer of agent ${url} as it is longer than ${bytesMax} bytes; return less`,
        )
      chunks.push(chunk)
    }
  } catch (error) {
    throw error instanceof ConcordError ? error : unreachable(url, error)
  }
  return Buffer.concat(chunks).toString('utf8')
}
