import { OpenAPIHono, type RouteConfig } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { Principal } from '../domain/principal.ts'
import type { Concord } from '../platform/concord-types.ts'
import { problemSchema } from './schemas.ts'

/** `principal`: who sent the request, as authenticated. */
export type Env = { Variables: { requestId: string; principal: Principal } }
export type App = OpenAPIHono<Env>
export type Handle = (c: Context<Env>) => Response | Promise<Response>

/** What routes have to work with. `closing` is aborted when the server stops: whoever waits answers then. */
export type Services = {
  concord: Concord
  closing: AbortSignal
  heartbeatMs: number
}

export const createRouter = (): App => new OpenAPIHono<Env>()

const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: problemSchema } },
})

const problems = {
  400: problem('The request does not fit, or the goal is not satisfied'),
  401: problem('A token is needed'),
  403: problem('Not from here: Host, Origin or Content-Type'),
  404: problem('No such thing'),
  409: problem('Not in the state it is in'),
  413: problem('The body is too large'),
  422: problem('The Idempotency-Key was used for something else'),
  429: problem('Too many goals wait to begin: Retry-After says when to ask again'),
  500: problem('Something unexpected'),
  502: problem('A service or a model that the goal needs is down, or answers what cannot be used'),
  503: problem('The store is busy, or a provider limits the rate'),
  504: problem('A service or a model did not answer in time'),
}

type Described = Omit<RouteConfig, 'responses'> & {
  responses: RouteConfig['responses']
  problems?: readonly (keyof typeof problems)[]
}

/** A route and its description. Input is read by the handler, where an error can name its place; the description is for /openapi.json. */
export const route = (app: App, { problems: listed = [], ...described }: Described, handle: Handle): void => {
  const usual = [401, 403, 500, ...listed] as const
  app.openAPIRegistry.registerPath({
    ...described,
    responses: {
      ...described.responses,
      ...Object.fromEntries(usual.map((status) => [status, problems[status]])),
    },
  })
  app.on(described.method.toUpperCase(), described.path.replaceAll(/\{(\w+)\}/g, ':$1'), handle)
}

export const json = (description: string, schema: Parameters<typeof content>[0]) => ({
  description,
  ...content(schema),
})

const content = (schema: import('@hono/zod-openapi').z.ZodType) => ({
  content: { 'application/json': { schema } },
})
