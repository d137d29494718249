import { ConcordError } from '../../../domain/errors.ts'
import { storeHeader } from '../../../ports/store-header.ts'
import type { App, Services } from '../../route.ts'
import { knowledgeRoutes } from './knowledge.ts'
import { readingRoutes } from './reading.ts'
import { recallRoutes } from './recall.ts'
import { streamRoutes } from './streams.ts'
import { writingRoutes } from './writing.ts'

/*
 * The memory over HTTP. Namespaces and keys hold any text, slashes included: they are query parameters, never parts of the path.
 */
export const memoryRoutes = (app: App, services: Services): void => {
  const { incarnation } = services.concord.memory
  app.use('/memory/*', async (c, next) => {
    const meant = c.req.header(storeHeader)
    if (meant !== undefined && meant !== incarnation)
      throw new ConcordError(
        'version.conflict',
        `Cannot write as the versions meant must be of this store: they are of ${JSON.stringify(meant.slice(0, 50))}, which a backup took back, or another; read again and decide`,
        { details: { store: incarnation } },
      )
    c.header(storeHeader, incarnation)
    await next()
  })
  readingRoutes(app, services)
  writingRoutes(app, services)
  streamRoutes(app, services)
  knowledgeRoutes(app, services)
  recallRoutes(app, services)
}
