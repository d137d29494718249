import { ConcordError, type ErrorCode } from '../domain/errors.ts'
import { parseJson } from '../domain/exact.ts'
import type { Json } from '../domain/json.ts'
import { type Redactor, redactor, secretsOfHeaders, secretsOfUrl, shownUrl } from '../domain/secrets.ts'
import { cut } from '../domain/text/cut.ts'
import { wellFormed } from '../domain/text/well-formed.ts'
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
/** Of an error page: what is shown of it is less. */
const bodyCharsMax = 64 * 1024

/** The agent as errors name it, and what of this call may not be told. */
type Called = { agent: string; name: string; secrets: Redactor }

const calledOf = ({ agent, headers, token, url }: AgentCall): Called => ({
  agent,
  name: `${JSON.stringify(agent)} (${shownUrl(url)})`,
  secrets: redactor([token, ...secretsOfHeaders(headers), ...secretsOfUrl(url)]),
})

/** Agents behind `POST {url}` (`/run` where the URL has no path): plain JSON in, plain JSON out; 202 + Location is polled until the deadline. */
export const httpTransport = ({
  clock,
  fetch: send = fetch,
  bytesMax = bytesMaxDefault,
  pollMs = 500,
}: HttpTransportOptions): Transport => ({
  async call(call) {
    const url = addressOf(call.url)
    const called = calledOf({ ...call, url })
    let response = await request(send, call, called, url, {
      method: 'POST',
      body: JSON.stringify(wellFormed(call.payload)),
    })
    let location = new URL(url)
    while (response.status === 202) {
      const next = response.headers.get('location')
      if (next === null)
        throw failed(
          called,
          `Cannot follow agent ${called.name} as it answered 202 without a Location; name where to poll`,
        )
      await response.body?.cancel()
      location = ownLocation(called, location, next)
      const asked = Number(response.headers.get('retry-after'))
      await sleep(clock, Number.isFinite(asked) && asked > 0 ? asked * 1000 : pollMs, call.signal)
      response = await request(send, call, called, location.href, { method: 'GET' })
    }
    return answerOf(called, response, bytesMax)
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
const ownLocation = (called: Called, from: URL, next: string): URL => {
  const to = URL.parse(next, from.href)
  if (to?.origin === from.origin) return to
  const { name, secrets } = called
  throw failed(
    called,
    `Cannot follow agent ${name} as its Location leads to another origin: ${secrets.text(to?.origin ?? 'no URL')}; poll at the agent's own`,
  )
}

const request = async (
  send: typeof fetch,
  call: AgentCall,
  called: Called,
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
    throw unreachable(called, error)
  }
}

const failed = ({ agent }: Called, message: string, code: ErrorCode = 'agent.failed'): ConcordError =>
  new ConcordError(code, message, { details: { service: agent } })

/** The original is not kept as `cause`: what fetch refuses (a header's value) it repeats. */
const unreachable = (called: Called, error: unknown): ConcordError => {
  const { name, secrets } = called
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
  const said = secrets.text(cause)
  return failed(
    called,
    said.includes('unexpected redirect')
      ? `Cannot call agent ${name} as it redirects elsewhere; give the address that it redirects to as its url`
      : `Cannot reach agent ${name} as the connection failed: ${said}; is it running?`,
  )
}

/**
 * A server that has no such path says so; an agent that does not find what it was asked for says it
 * in JSON.
 */
const isNoPath = (status: number, text: string): boolean => {
  if (status !== 404 && status !== 405) return false
  try {
    const said = JSON.parse(text) as { detail?: unknown; code?: unknown } | null
    return said?.detail === 'Not Found' || said?.detail === 'Method Not Allowed' || said?.code === 'not-found'
  } catch {
    return true
  }
}

/** The agent says that a bound of the whole chain of calls is reached: so it is here. */
const isBound = (text: string): boolean => {
  try {
    return (JSON.parse(text) as { code?: unknown } | null)?.code === 'bound.reached'
  } catch {
    return false
  }
}

/** Secrets are hidden before a text is cut: half of one is not recognised. */
const answerOf = async (called: Called, response: Response, bytesMax: number): Promise<Json> => {
  const { name, secrets } = called
  const text = await bounded(called, response, bytesMax)
  if (!response.ok) {
    const retryAfter = Number(response.headers.get('retry-after'))
    const code = response.status >= 500 || response.status === 429 ? 'agent.failed' : 'agent.input-invalid'
    const body = cut(secrets.text(cut(text, bodyCharsMax)), 500)
    const said = `${response.status}: ${body || 'no body'}`
    throw new ConcordError(
      isBound(text) ? 'bound.reached' : code,
      isNoPath(response.status, text)
        ? `Cannot call agent ${name} as its server must know this path: ${said}; correct the agent's url (without a path it means /run)`
        : `Cannot use the answer of agent ${name} as it is ${said}`,
      {
        details: {
          service: called.agent,
          status: response.status,
          ...(retryAfter > 0 && Number.isFinite(retryAfter) ? { retryAfterMs: retryAfter * 1000 } : {}),
        },
      },
    )
  }
  try {
    const value = parseJson(text)
    const plain = !text.includes('\\') && secrets.data(text) === text
    return plain ? value : secrets.json(value)
  } catch (error) {
    if (error instanceof RangeError)
      throw failed(
        called,
        `Cannot use the answer of agent ${name} as its integers must be numbers that JSON's readers can hold: ${error.message}`,
        'agent.output-invalid',
      )
    const shown = JSON.stringify(cut(secrets.text(cut(text, bodyCharsMax)), 200))
    throw failed(
      called,
      `Cannot use the answer of agent ${name} as it is not JSON: ${shown}; answer application/json`,
      'agent.output-invalid',
    )
  }
}

const bounded = async (called: Called, response: Response, bytesMax: number): Promise<string> => {
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of response.body ?? []) {
      size += chunk.byteLength
      if (size > bytesMax)
        throw failed(
          called,
          `Cannot use the answer of agent ${called.name} as it is longer than ${bytesMax} bytes; return less`,
          'agent.output-invalid',
        )
      chunks.push(chunk)
    }
  } catch (error) {
    throw error instanceof ConcordError ? error : unreachable(called, error)
  }
  return Buffer.concat(chunks).toString('utf8')
}
