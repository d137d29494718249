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
  readingRoutes(app, services)
  writingRoutes(app, services)
  streamRoutes(app, services)
  knowledgeRoutes(app, services)
  recallRoutes(app, services)
}
