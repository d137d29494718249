import { z } from 'zod'
import { ConcordError } from '../domain/errors.ts'
import { type Redactor, redactor, secretsOfHeaders } from '../domain/secrets.ts'
import { type Tool, type ToolContext, tool } from '../ports/tool.ts'
import { withDeadline } from './deadline.ts'
import { decodeBody } from './http/decode.ts'
import { exchange, type Incoming } from './http/exchange.ts'
import { type HostRules, type Resolve, systemResolve } from './http/guard.ts'

export type HttpMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export type HttpToolOptions = HostRules & {
  /** Default `['GET']`. Anything but GET and HEAD makes the tool's permission `write`. */
  methods?: readonly HttpMethod[]
  /** Decoded bytes read of an answer, default 1 MB; the rest is cut and `truncated` says so. */
  bytesMax?: number
  /** Default 5. */
  redirectsMax?: number
  /** Sent with every request, for example an `authorization`; needs `allowHosts`, and is dropped across origins. */
  headers?: { readonly [name: string]: string }
  /** For the whole exchange, redirects included; default 20,000. */
  timeoutMs?: number
  /** For tests and split-horizon networks; default the system's. */
  resolve?: Resolve
}

export type HttpInput = {
  url: string
  method?: HttpMethod | undefined
  headers?: { [name: string]: string } | undefined
  body?: string | undefined
}

/** Any status is an answer, not an error. `text` is empty and `binary` true for what is not text. */
export type HttpOutput = {
  status: number
  url: string
  headers: { [name: string]: string }
  contentType: string
  text: string
  truncated: boolean
  binary: boolean
}

const bodyCharactersMax = 1_000_000
/** Headers that steer the connection or the identity; a model has no say in them. */
const reservedHeaders =
  /^(?:host|connection|content-length|transfer-encoding|te|trailer|upgrade|expect|keep-alive|cookie|authorization|proxy-.*|forwarded|x-forwarded-.*|x-real-ip|metadata|metadata-flavor|x-aws-.*)$/
const defaultHeaders = { accept: '*/*', 'user-agent': 'concord' }

/**
 * Requests URLs a model chose, guarded against server-side request forgery (OWASP SSRF prevention): http and https
 * only, public addresses only, checked for every redirect and pinned for the connection, nothing read past the bounds.
 * Throws `tool.forbidden` for what the guard refuses, `tool.failed` for a server that does not answer.
 */
export const httpTool = (options: HttpToolOptions = {}): Tool<HttpInput, HttpOutput> => {
  const { methods = ['GET'], bytesMax = 1_000_000, redirectsMax = 5, timeoutMs = 20_000 } = options
  const { headers: fixedHeaders = {}, resolve = systemResolve } = options
  if (Object.keys(fixedHeaders).length > 0 && options.allowHosts === undefined)
    throw new ConcordError(
      'config.invalid',
      'Cannot create the http tool as fixed headers may be credentials: any host would get them; set allowHosts',
    )
  const secrets = redactor(Object.entries(fixedHeaders).flatMap(credentialsOf))
  return tool({
    name: 'http',
    description: `Requests a public http(s) URL (${methods.join(', ')}) and returns status, headers and text.`,
    permission: methods.every((method) => method === 'GET' || method === 'HEAD') ? 'network' : 'write',
    timeoutMs: timeoutMs + 1000,
    // A host that is not among `allowHosts` is refused by the guard, and its redirects are.
    isListed: () => options.allowHosts !== undefined,
    input: z.object({
      url: z.string().min(1).max(8192).describe('Absolute URL, without credentials'),
      method: z.enum(methods as [HttpMethod, ...HttpMethod[]]).optional(),
      headers: z.record(z.string().max(100), z.string().max(4000)).optional(),
      body: z.string().max(bodyCharactersMax).optional(),
    }),
    execute: (input, context) =>
      withDeadline(context, timeoutMs, 'finish the request', async (signal) => {
        try {
          const request = { ...outgoing(input, methods, fixedHeaders, context) }
          const rules = { rules: options, resolve, bytesMax, redirectsMax, signal }
          return shown(await exchange(request, rules), secrets)
        } catch (error) {
          throw secrets.error(error)
        }
      }),
  })
}

const invalid = (rule: string, now: string, wayOut: string): ConcordError =>
  new ConcordError('tool.input-invalid', `Cannot send the request as ${rule}: ${now}; ${wayOut}`)

const outgoing = (
  { url, method = 'GET', headers = {}, body }: HttpInput,
  methods: readonly HttpMethod[],
  fixed: { readonly [name: string]: string },
  context: ToolContext,
) => {
  if (!methods.includes(method))
    throw new ConcordError(
      'tool.forbidden',
      `Cannot send the request as only ${methods.join(', ')} are allowed: ${method}; use one of them`,
    )
  const writes = method !== 'GET' && method !== 'HEAD'
  if (body !== undefined && !writes) throw invalid(`${method} has no body`, 'one was given', 'leave it out')
  const chosen = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const)
  for (const [name, value] of chosen) {
    if (reservedHeaders.test(name)) throw invalid('the header is reserved', name, 'leave it out')
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name) || /[^\t\x20-\x7e\x80-\xff]/.test(value))
      throw invalid('headers must be valid', JSON.stringify(name), 'use visible ASCII without line breaks')
  }
  return {
    url,
    method,
    ...(body === undefined ? {} : { body }),
    headers: {
      ...defaultHeaders,
      ...(writes ? { 'idempotency-key': context.idempotencyKey } : {}),
      ...Object.fromEntries(chosen),
      ...Object.fromEntries(Object.entries(fixed).map(([name, value]) => [name.toLowerCase(), value])),
    },
  }
}

/** A fixed header is taken for a credential unless its name says otherwise. */
const credentialsOf = ([name, value]: [string, string]): string[] =>
  /^(?:accept|content|user-agent|if-|cache-control|range|prefer|from|referer)/i.test(name)
    ? []
    : secretsOfHeaders({ [`${name}-token`]: value })

/** What came back, without the credentials that were sent: servers echo headers, in redirects too. */
const shown = (incoming: Incoming, secrets: Redactor): HttpOutput => {
  const { status, url, headers, contentType, bytes, truncated } = incoming
  const text = decodeBody(bytes, contentType)
  return {
    status,
    url: secrets.data(url),
    headers: secrets.json(headers) as { [name: string]: string },
    contentType: secrets.data(contentType),
    text: secrets.data(text ?? ''),
    truncated,
    binary: text === undefined,
  }
}
