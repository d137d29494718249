import type { Context, MiddlewareHandler } from 'hono'
import { ConcordError } from '../domain/errors.ts'
import type { Principal } from '../domain/principal.ts'
import { type Callers, localCaller } from './callers.ts'
import type { Env } from './route.ts'

/*
 * Who may talk to a server of this machine. Without a token the browser is the danger: any page a person visits can send requests to
 * 127.0.0.1, and a name it controls can be made to resolve to it. Three checks, each enough against one way in:
 * 1. Host is a loopback name: a rebound DNS name keeps the attacker's name in Host
 * 2. Origin, which browsers send with every POST and every cross-origin read, is this server; Sec-Fetch-Site says no other
 * 3. what changes something is application/json, which no form and no "simple" cross-origin request can send
 */

const loopbackHost = /^(localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i

/** Whether an address to listen on can be reached from this machine only. */
export const isLoopback = (host: string): boolean =>
  /^(localhost|127(?:\.\d{1,3}){3}|::1|\[::1\])$/i.test(host)

const forbidden = (rule: string, now: string, way: string): ConcordError =>
  new ConcordError('request.forbidden', `Cannot accept this request as ${rule}: ${now}; ${way}`)

const withToken = 'start the server with a token (--token, CONCORD_TOKEN) to be reached otherwise'

const hostOf = (c: Context): string => c.req.header('host') ?? new URL(c.req.url).host

const isOwnOrigin = (origin: string, host: string): boolean =>
  URL.canParse(origin) && new URL(origin).host === host.toLowerCase() && /^https?:/.test(origin)

export const isMutating = (method: string): boolean => !['GET', 'HEAD', 'OPTIONS'].includes(method)

const isJson = (c: Context): boolean =>
  /^application\/json\s*(;|$)/i.test(c.req.header('content-type')?.trim() ?? '')

const withoutToken = (c: Context): void => {
  const host = hostOf(c)
  if (!loopbackHost.test(host))
    throw forbidden(
      'a server without a token answers loopback names only',
      `Host is ${JSON.stringify(host.slice(0, 100))}`,
      withToken,
    )
  // A request target in absolute form (RFC 9112, 3.2.2) stands above Host.
  const target = new URL(c.req.url).host
  if (!loopbackHost.test(target))
    throw forbidden(
      'a server without a token answers loopback names only',
      `the request is for ${JSON.stringify(target.slice(0, 100))}`,
      withToken,
    )
  const origin = c.req.header('origin')
  if (origin !== undefined && !isOwnOrigin(origin, host))
    throw forbidden(
      'other origins may not use it',
      `Origin is ${JSON.stringify(origin.slice(0, 100))}`,
      withToken,
    )
  const site = c.req.header('sec-fetch-site')
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    throw forbidden(
      'other sites may not use it',
      `Sec-Fetch-Site is ${JSON.stringify(site.slice(0, 20))}`,
      withToken,
    )
  if (isMutating(c.req.method) && !isJson(c))
    throw forbidden(
      'what changes something is sent as application/json',
      `Content-Type is ${JSON.stringify(c.req.header('content-type')?.slice(0, 100) ?? null)}`,
      'send the header "content-type: application/json", with an empty body too',
    )
}

const bearerOf = (c: Context): string | undefined =>
  /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1]

/** Who sent the request, by its bearer token; whoever is admitted by another token is nobody here. */
const authenticated = (callers: Callers, c: Context, admits: Admits): Principal | undefined => {
  const isAdmitted = admits(c)
  const principal = callers(bearerOf(c))
  if (!isAdmitted && principal === undefined)
    throw new ConcordError(
      'auth.required',
      'Cannot accept this request as this server has a token: the Authorization header is missing or another; send "Authorization: Bearer <token>"',
    )
  if (isMutating(c.req.method) && !isJson(c))
    throw new ConcordError(
      'request.media-type',
      `Cannot read the body as it must be application/json: Content-Type is ${JSON.stringify(c.req.header('content-type')?.slice(0, 100) ?? null)}; send the header "content-type: application/json"`,
    )
  return principal
}

/** Whether a request may come without the server's token because it carries another that is good; throws for one that is not. */
export type Admits = (c: Context) => boolean

/**
 * Refuses with `request.forbidden`, `auth.required` or `request.media-type`, and keeps who sent the request as
 * `principal`. Of a server with a token `/health` and the files of the page are open to all: `isOpen` says which paths.
 */
export const guard = (
  callers: Callers | undefined,
  admits: Admits = () => false,
  isOpen: (path: string) => boolean = (path) => path === '/health',
): MiddlewareHandler<Env> => {
  return async (c, next) => {
    if (callers === undefined) {
      withoutToken(c)
      c.set('principal', localCaller)
    } else if (!isOpen(c.req.path)) {
      const principal = authenticated(callers, c, admits)
      if (principal !== undefined) c.set('principal', principal)
    }
    await next()
  }
}
