import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { type SSEStreamingApi, streamSSE } from 'hono/streaming'
import { runStream } from '../domain/names.ts'
import { finalStatuses, type RunStatus } from '../domain/summary.ts'
import type { Delta } from '../platform/run/deltas.ts'
import { fit } from './body.ts'
import { failureOf, problemOf } from './problem.ts'
import type { Env, Services } from './route.ts'

/** The version that a client has read up to, as `Last-Event-ID` says. Throws `input.invalid`. */
export const lastEventId = (c: Context): number | undefined => {
  const given = c.req.header('last-event-id')
  return given === undefined || given === ''
    ? undefined
    : fit('header Last-Event-ID', z.coerce.number().int().min(0), given)
}

export type Reading = {
  run: string
  status: RunStatus
  /** Events after this version. */
  after: number
  /**
   * Ends listening and returns what was written until then, where the run was listened to from its
   * beginning.
   */
  heard?: () => Delta[]
}

/**
 * A run as server-sent events: its events with their version as `id`, and between them what models
 * write as `delta` without id. Ends after the final event; 204 when there is nothing more to come.
 * Disconnecting does not cancel the run.
 */
export const streamRun = async (c: Context<Env>, services: Services, reading: Reading): Promise<Response> => {
  const { concord } = services
  const { run, status, after } = reading
  if (finalStatuses.has(status) && after >= (await concord.log.version(runStream(run))))
    return c.body(null, 204)
  // A proxy that buffers would turn the stream into a long silence.
  c.header('x-accel-buffering', 'no')
  return streamSSE(c, async (stream) => {
    try {
      await send(stream, services, reading)
    } catch (error) {
      const requestId = c.get('requestId')
      concord.logger.error({ error, run, requestId }, 'a stream of events broke')
      const problem = problemOf(failureOf(error), { requestId })
      await stream.writeSSE({ event: 'problem', data: JSON.stringify(problem) })
    }
  })
}

/** Sends the run's items, and a comment now and then that shows a dead connection. */
const send = async (
  stream: SSEStreamingApi,
  { concord, closing, heartbeatMs }: Services,
  { run, after, heard }: Reading,
): Promise<void> => {
  const gone = new AbortController()
  stream.onAbort(() => gone.abort())
  const signal = AbortSignal.any([gone.signal, closing])
  const heartbeat = setInterval(() => void stream.write(': still here\n\n'), heartbeatMs)
  try {
    const handle = await concord.handle(run)
    const options = { after, signal, ...(heard === undefined ? {} : { heard }) }
    for await (const item of handle.stream(options)) {
      if (item.type === 'delta') {
        const { type: event, ...written } = item
        await stream.writeSSE({ event, data: JSON.stringify(written) })
      } else await stream.writeSSE({ id: String(item.version), event: item.type, data: JSON.stringify(item) })
      if (signal.aborted) break
    }
  } finally {
    clearInterval(heartbeat)
    heard?.()
  }
}
