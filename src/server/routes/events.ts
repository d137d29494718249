import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { runStream } from '../../domain/names.ts'
import { queryOf } from '../body.ts'
import { type App, route, type Services } from '../route.ts'
import { lastEventId, streamRun } from '../run-stream.ts'
import { eventSchema, eventsQuerySchema, idParam } from '../schemas.ts'
import { knownRun } from './known-run.ts'

const wantsJson = (c: Context): boolean => {
  const accept = c.req.header('accept') ?? ''
  return accept.includes('application/json') && !accept.includes('text/event-stream')
}

export const eventRoutes = (app: App, services: Services): void => {
  const { concord } = services
  route(
    app,
    {
      method: 'get',
      path: '/runs/{id}/events',
      tags: ['runs'],
      summary: 'Events of a run as they happen (SSE), or those so far (JSON)',
      description:
        "SSE: `id` is the event's version, `event` its type, `data` the event. Continues behind `Last-Event-ID`, or `after`; ends after the final event, and answers 204 when there is nothing more to come. Text that a model is writing comes as `event: delta` without id and is not repeated.",
      request: {
        params: idParam,
        query: eventsQuerySchema,
        headers: z.object({ 'last-event-id': z.string().optional() }),
      },
      responses: {
        200: {
          description: 'The events',
          content: {
            'text/event-stream': { schema: z.string() },
            'application/json': { schema: z.array(eventSchema) },
          },
        },
        204: { description: 'The run is over and everything was sent: do not reconnect' },
      },
      problems: [400, 404],
    },
    async (c) => {
      const { run, status } = await knownRun(concord, c)
      const query = queryOf(c, eventsQuerySchema)
      const after = lastEventId(c) ?? query.after ?? 0
      if (wantsJson(c)) {
        const limit = query.limit === undefined ? {} : { limit: query.limit }
        return c.json(await concord.log.read(runStream(run), { afterVersion: after, ...limit }))
      }
      return streamRun(c, services, { run, status, after })
    },
  )
}
