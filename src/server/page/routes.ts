import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { ConcordError } from '../../domain/errors.ts'
import { bodyOf } from '../body.ts'
import { isMutating } from '../guard.ts'
import { type App, type Env, json, route } from '../route.ts'
import { encodings, type PageFile } from './files.ts'
import { type PageSessions, sessionHeader } from './session.ts'

/** The page runs its own scripts, talks to its own server, and is shown in no other page. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types concord',
].join('; ')

const yearSeconds = 31_536_000

const answer = async (c: Context<Env>, file: PageFile): Promise<Response> => {
  c.header('content-security-policy', policy)
  c.header('referrer-policy', 'no-referrer')
  c.header('cross-origin-opener-policy', 'same-origin')
  c.header('vary', 'accept-encoding')
  c.header('etag', file.etag)
  c.header('cache-control', file.immutable ? `public, max-age=${yearSeconds}, immutable` : 'no-cache')
  if (c.req.header('if-none-match') === file.etag) return c.body(null, 304)
  c.header('content-type', file.type)
  const accepted = c.req.header('accept-encoding') ?? ''
  const encoding = encodings.find((each) => accepted.split(/[\s,;]+/).includes(each))
  if (encoding === undefined) return c.body(file.plain)
  c.header('content-encoding', encoding)
  return c.body(await file.packed(encoding))
}

/** Paths that need no token: they hold nothing of anybody. */
export const isOpenPath = (path: string): boolean =>
  path === '/' || path === '/favicon.svg' || path.startsWith('/assets/')

/** Read with a body. */
const asked = new Set(['/page/session', '/memory/knowledge/search', '/memory/recall'])

/** Browsers say where a request comes from; programs do not. */
const isFromPage = (c: Context): boolean => c.req.header('sec-fetch-site') !== undefined

const openSchema = z.strictObject({ key: z.string().min(1).max(200) })

/** Refuses what a page would change that was not opened with a key. Throws `request.forbidden`. */
export const pageMayChange =
  (sessions: PageSessions) => async (c: Context<Env>, next: () => Promise<void>) => {
    const changes = isMutating(c.req.method) && !asked.has(c.req.path)
    const isSignedIn = c.req.header('authorization') !== undefined
    if (changes && isFromPage(c) && !isSignedIn && !sessions.has(c.req.header(sessionHeader)))
      throw new ConcordError(
        'request.forbidden',
        'Cannot change this from here as this page only reads: it was opened without its key; open the link that "concord serve" printed, or start it again for a new one',
      )
    await next()
  }

export const pageRoutes = (
  app: App,
  { files, sessions }: { files: ReadonlyMap<string, PageFile>; sessions: PageSessions },
): void => {
  for (const [path, file] of files) app.get(path, (c) => answer(c, file))
  route(
    app,
    {
      method: 'post',
      path: '/page/session',
      tags: ['about'],
      summary: 'Let the page change things: the key of the link that the server printed, once',
      request: { body: { content: { 'application/json': { schema: openSchema } } } },
      responses: {
        200: json(`What the page sends as "${sessionHeader}"`, z.object({ session: z.string() })),
      },
      problems: [400],
    },
    async (c) => {
      const session = sessions.open((await bodyOf(c, openSchema)).key)
      if (session === undefined)
        throw new ConcordError(
          'request.forbidden',
          'Cannot open a session as its key must be new: it was used, or is over ten minutes old; start the server again for another link',
        )
      c.header('cache-control', 'no-store')
      return c.json({ session })
    },
  )
}
