import type { Concord } from '../platform/concord-types.ts'
import { callersOf, type Tokens } from './callers.ts'
import type { PageFile } from './page/files.ts'
import { isOpenPath, pageMayChange, pageRoutes } from './page/routes.ts'
import type { PageSessions } from './page/session.ts'
import type { App, Services } from './route.ts'
import { aboutRoutes } from './routes/about.ts'
import { allEventRoutes } from './routes/all-events.ts'
import { eventRoutes } from './routes/events.ts'
import { goalRoutes } from './routes/goal.ts'
import { callOf } from './routes/memory/caller.ts'
import { memoryRoutes } from './routes/memory/routes.ts'
import { runRoutes } from './routes/runs.ts'
import { signalRoutes } from './routes/signals.ts'
import { createShell } from './shell.ts'

/** Without any token only callers on this machine that are not a web page are served: the principal `local`. */
export type AppOptions = Tokens & {
  /** Default 1 MiB. */
  bodyBytesMax?: number
  /** Aborted when the server stops: event streams end, waiting requests answer 202. */
  closing?: AbortSignal
  /** @internal The page at `/`, and who may change things from it. Without one there is a note at `/`. */
  page?: { files: ReadonlyMap<string, PageFile>; sessions: PageSessions }
  /** Between comments on a quiet event stream. Default 15,000. */
  heartbeatMs?: number
}

const heartbeatMsDefault = 15_000

/** Concord over HTTP, as a Hono app: serve it, mount it, or call it by `app.request`. */
export const createApp = (concord: Concord, options: AppOptions = {}): App => {
  const { bodyBytesMax, page, heartbeatMs = heartbeatMsDefault } = options
  const callers = callersOf(options)
  const app = createShell({
    callers,
    logger: concord.logger,
    admits: (c) => callOf(concord, c) !== undefined,
    isOpen: (path) => path === '/health' || (page !== undefined && isOpenPath(path)),
    ...(bodyBytesMax === undefined ? {} : { bodyBytesMax }),
  })
  const closing = options.closing ?? new AbortController().signal
  const services: Services = { concord, closing, heartbeatMs }
  if (page !== undefined) {
    app.use(pageMayChange(page.sessions))
    pageRoutes(app, page)
  }
  goalRoutes(app, services)
  runRoutes(app, services)
  eventRoutes(app, services)
  allEventRoutes(app, services)
  signalRoutes(app, services)
  memoryRoutes(app, services)
  aboutRoutes(app, services)
  describe(app, callers !== undefined)
  return app
}

const describe = (app: App, hasToken: boolean): void => {
  let document: object | undefined
  if (hasToken)
    app.openAPIRegistry.registerComponent('securitySchemes', 'token', { type: 'http', scheme: 'bearer' })
  app.get('/openapi.json', (c) => {
    document ??= app.getOpenAPI31Document({
      openapi: '3.1.0',
      info: {
        title: 'Concord',
        version: '0.1.0',
        description: 'Goals in, verified answers out; every run is durable and can be followed.',
        license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
      },
      ...(hasToken ? { security: [{ token: [] }] } : {}),
    })
    return c.json(document)
  })
}
