import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { type SSEStreamingApi, streamSSE } from 'hono/streaming'
import { runStream } from '../../domain/event.ts'
import { finalStatuses } from '../../domain/summary.ts'
import { fit, queryOf } from '../body.ts'
import { failureOf, problemOf } from '../problem.ts'
import { type App, route, type Services } from '../route.ts'
import { eventSchema, eventsQuerySchema, idParam } from '../schemas.ts'
import { knownRun } from './known-run.ts'

const lastEventId = (c: Context): number | undefined => {
  const given = c.req.header('last-event-id')
  return given === undefined || given === ''
    ? undefined
    : fit('header Last-Event-ID', z.coerce.number().int().min(0), given)
}

const wantsJson = (c: Context): boolean => {
  const accept = c.req.header('accept') ?? ''
  return accept.includes('application/json') && !accept.includes('text/event-stream')
}

/** Sends the run's events from `after` on, what models write meanwhile, and a comment now and then so that a dead connection is noticed. */
const send = async (
  stream: SSEStreamingApi,
  { concord, closing, heartbeatMs }: Services,
  run: string,
  after: number,
): Promise<void> => {
  const gone = new AbortController()
  stream.onAbort(() => gone.abort())
  const signal = AbortSignal.any([gone.signal, closing])
  const heartbeat = setInterval(() => void stream.write(': still here\n\n'), heartbeatMs)
  try {
    const handle = await concord.handle(run)
    for await (const item of handle.stream({ after, signal })) {
      if (item.type === 'delta') {
        const { type: event, ...written } = item
        await stream.writeSSE({ event, data: JSON.stringify(written) })
      } else await stream.writeSSE({ id: String(item.version), event: item.type, data: JSON.stringify(item) })
      if (signal.aborted) break
    }
  } finally {
    clearInterval(heartbeat)
  }
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
      if (finalStatuses.has(status) && after >= (await concord.log.version(runStream(run))))
        return c.body(null, 204)
      // A proxy that buffers would turn the stream into a long silence.
      c.header('x-accel-buffering', 'no')
      return streamSSE(c, async (stream) => {
        try {
          await send(stream, services, run, after)
        } catch (error) {
          const requestId = c.get('requestId')
          concord.logger.error({ error, run, requestId }, 'a stream of events broke')
          const problem = problemOf(failureOf(error), { requestId })
          await stream.writeSSE({ event: 'problem', data: JSON.stringify(problem) })
        }
      })
    },
  )
}
