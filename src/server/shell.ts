import { randomUUID } from 'node:crypto'
import { bodyLimit } from 'hono/body-limit'
import { HTTPException } from 'hono/http-exception'
import { ConcordError, type ErrorCode, errorTable } from '../domain/errors.ts'
import type { Logger } from '../ports/logger.ts'
import type { Callers } from './callers.ts'
import { type Admits, guard } from './guard.ts'
import { failureOf, problemOf, problemResponse } from './problem.ts'
import { type App, createRouter } from './route.ts'

export type ShellOptions = {
  callers?: Callers | undefined
  bodyBytesMax?: number
  logger: Logger
  admits?: Admits
  isOpen?: (path: string) => boolean
}

export const bodyBytesMaxDefault = 1024 * 1024

const requestIdPattern = /^[\w.:-]{1,128}$/

/** What every server of Concord has around its routes: request ids, the guard, the body limit, and problem details for all that goes wrong. */
export const createShell = ({
  callers,
  bodyBytesMax = bodyBytesMaxDefault,
  logger,
  admits,
  isOpen,
}: ShellOptions): App => {
  const app = createRouter()
  app.use(async (c, next) => {
    const given = c.req.header('x-request-id')
    const requestId = given !== undefined && requestIdPattern.test(given) ? given : randomUUID()
    c.set('requestId', requestId)
    const start = performance.now()
    await next()
    c.header('x-request-id', requestId)
    c.header('x-content-type-options', 'nosniff')
    const { method, path } = c.req
    const ms = Math.round(performance.now() - start)
    logger.debug({ requestId, method, path, status: c.res.status, ms }, 'answered')
  })
  app.use(guard(callers, admits, isOpen))
  app.use(
    bodyLimit({
      maxSize: bodyBytesMax,
      onError: () => {
        throw new ConcordError(
          'request.too-large',
          `Cannot read the body as ${bodyBytesMax} bytes are allowed: it is longer; send less`,
        )
      },
    }),
  )
  app.onError((error, c) => {
    const requestId = c.get('requestId')
    if (error instanceof HTTPException) {
      const code = codeOf(error.status)
      const failure = { code, message: error.message || `Cannot answer: ${error.status}` }
      return problemResponse(problemOf(failure, { requestId, status: error.status }))
    }
    const failure = failureOf(error)
    const { status } = errorTable[failure.code]
    if (status >= 500) logger.error({ error, requestId, path: c.req.path }, 'a request failed')
    const run = c.req.path.startsWith('/runs/') ? c.req.param('id') : undefined
    const runId = run === undefined || failure.code === 'run.unknown' ? {} : { runId: run }
    const headers: Record<string, string> = {}
    if (status === 401) headers['www-authenticate'] = 'Bearer'
    const { retryAfterMs } = failure.details ?? {}
    if (status === 429 && typeof retryAfterMs === 'number')
      headers['retry-after'] = String(Math.ceil(retryAfterMs / 1000))
    if (status === 503) headers['retry-after'] = '1'
    return problemResponse(problemOf(failure, { requestId, ...runId }), headers)
  })
  app.notFound((c) => {
    const requestId = c.get('requestId')
    const allowed = methodsOf(app, c.req.path)
    const [method, path] = [c.req.method, JSON.stringify(c.req.path.slice(0, 200))]
    if (allowed.length > 0) {
      const message = `Cannot ${method} ${path} as it answers ${allowed.join(', ')} only; use one of them`
      return problemResponse(problemOf({ code: 'request.method', message }, { requestId }), {
        allow: allowed.join(', '),
      })
    }
    const message = `Cannot ${method} ${path} as there is nothing at this path; see /openapi.json`
    return problemResponse(problemOf({ code: 'not-found', message }, { requestId }))
  })
  return app
}

const codeOf = (status: number): ErrorCode => {
  if (status === 404) return 'not-found'
  if (status === 413) return 'request.too-large'
  return status < 500 ? 'input.invalid' : 'internal'
}

/** Methods other than the one asked for that a path has routes for. */
const methodsOf = (app: App, path: string): string[] => {
  const methods = app.routes
    .filter((route) => route.method !== 'ALL' && matches(route.path, path))
    .map((route) => route.method)
  return [...new Set(methods)]
}

const matches = (pattern: string, path: string): boolean => {
  const [wanted, given] = [pattern.split('/'), path.split('/')]
  return (
    wanted.length === given.length &&
    wanted.every((part, i) => part === given[i] || (part.startsWith(':') && given[i] !== ''))
  )
}
