import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { type SSEStreamingApi, streamSSE } from 'hono/streaming'
import type { Json } from '../../../domain/json.ts'
import { literalPattern } from '../../../domain/key-pattern.ts'
import { namespaceOfChannel } from '../../../domain/names.ts'
import type { StateNews } from '../../../ports/state-store.ts'
import { bodyOf } from '../../body.ts'
import { failureOf, invalid, problemOf } from '../../problem.ts'
import { type App, route, type Services } from '../../route.ts'
import { type Caller, callerOf } from './caller.ts'
import { textOf } from './pages.ts'
import { enter } from './readers.ts'
import { lastEventId, queryOnce } from './request.ts'
import { publishSchema, subscribeSchema, watchSchema } from './schemas.ts'

/*
 * A reader that does not read is written to no further: what it has not taken stays with the store's watch, which holds `bufferMax` changes and reads the
 * rest from the log when asked.
 */
const bufferMax = 32
/** Beyond the change that is next: so many readers who do not read hold little. */
const bufferCharsMax = 64 * 1024
/** Heartbeats that a reader may leave unread before its connection is ended; it may come back behind what it had. */
const beatsUnreadMost = 4
const timerMaxMs = 2 ** 31 - 1

type Message = { event: string; data: string; id?: string }
type Sending = { signal: AbortSignal; send(stream: SSEStreamingApi): Promise<void> }

const events = {
  'text/event-stream': { schema: z.string() },
}

/** Aborted when the reader is gone, the server stops, or the token's time or its attempt is over. Throws `bound.reached`. */
const endOf = (services: Services, { grant, over }: Caller) => {
  const { concord, closing } = services
  const gone = new AbortController()
  const leaveCaller = enter(services, grant?.key)
  gone.signal.addEventListener('abort', leaveCaller, { once: true })
  const leave = () => gone.abort()
  const left = grant === undefined ? undefined : grant.expiresAt - concord.memory.tokens.now()
  const timer = left === undefined ? undefined : setTimeout(leave, Math.min(left, timerMaxMs))
  const unwatch = over(leave)
  const clear = () => {
    clearTimeout(timer)
    unwatch()
  }
  gone.signal.addEventListener('abort', clear, { once: true })
  return { leave, signal: AbortSignal.any([gone.signal, closing]) }
}

/** A reader that is refused is none. */
const orLeave = <T>(leave: () => void, open: () => T): T => {
  try {
    return open()
  } catch (error) {
    leave()
    throw error
  }
}

/** Ends the connection of a reader that does not read: what was written to it would wait there. */
const hangUp = (c: Context, leave: () => void): void => {
  leave()
  const { incoming } = (c.env ?? {}) as { incoming?: { destroy(): void } }
  incoming?.destroy()
}

const stream = (c: Context, services: Services, leave: () => void, { signal, send }: Sending): Response => {
  const { concord, heartbeatMs } = services
  // A proxy that buffers would turn the stream into a long silence.
  c.header('x-accel-buffering', 'no')
  return streamSSE(c, async (out) => {
    out.onAbort(leave)
    let beating = false
    let unread = 0
    const heartbeat = setInterval(() => {
      // Comments must not pile up before a reader that does not read.
      if (beating) {
        if (++unread >= beatsUnreadMost) hangUp(c, leave)
        return
      }
      beating = true
      unread = 0
      void out.write(': still here\n\n').finally(() => {
        beating = false
      })
    }, heartbeatMs)
    try {
      await send(out)
    } catch (error) {
      if (signal.aborted) return
      const requestId: string = c.get('requestId')
      concord.logger.error({ error, requestId }, 'a stream of the memory broke')
      const problem = problemOf(failureOf(error), { requestId })
      await out.writeSSE({ event: 'problem', data: JSON.stringify(problem) })
    } finally {
      clearInterval(heartbeat)
      leave()
    }
  })
}

const resyncBytesMax = 1024 * 1024

/** A resync of much is sent without its entries, which are then read by pages. */
const messageOf = (news: StateNews, id: string): Message => {
  const { kind } = news
  if (kind === 'change') return { event: kind, id, data: JSON.stringify(news) }
  const { entries, ...rest } = news
  const { list, count } = textOf(entries, resyncBytesMax)
  const whole = count === entries.length
  const data = JSON.stringify(whole ? rest : { ...rest, partial: true })
  return { event: kind, id, data: whole ? `${data.slice(0, -1)},"entries":${list}}` : data }
}

export const streamRoutes = (app: App, services: Services): void => {
  watchRoute(app, services)
  channelRoutes(app, services)
}

const watchRoute = (app: App, services: Services): void => {
  const { concord } = services
  route(
    app,
    {
      method: 'get',
      path: '/memory/watch',
      tags: ['memory'],
      summary: 'Changes as they are committed (SSE)',
      description:
        '`opened` says from which sequence on; then `change` by `change`, in order, none missing: `id` is a position (a sequence, and a mark by which a restored store is recognised), and `Last-Event-ID` or `since` continues behind it; a bare sequence does, too, unrecognised. A reader that is too far behind, or asks for what is no longer kept, is sent `resync` with what stands now; `partial` says that it is too much for a message: read GET /memory/list of that sequence. A concord-token ends the stream with its own end, and with that of its attempt.',
      request: { query: watchSchema, headers: z.object({ 'last-event-id': z.string().optional() }) },
      responses: { 200: { description: 'The changes', content: events } },
      problems: [400],
    },
    async (c) => {
      const caller = await callerOf(concord, c)
      const { namespace: given, key, pattern, since, lagMax } = queryOnce(c, watchSchema)
      const namespace = caller.namespace(given, 'read')
      if (key !== undefined && pattern !== undefined)
        throw invalid('Cannot watch as one of key and pattern is meant: both are given; leave one out')
      const after = lastEventId(c) ?? since
      const { leave, signal } = endOf(services, caller)
      const wanted = key === undefined ? (pattern ?? '*') : literalPattern(key)
      const watch = orLeave(leave, () =>
        concord.memory.store.watch(namespace, wanted, {
          bufferMax,
          bufferCharsMax,
          signal,
          ...(after === undefined ? {} : { since: after }),
          ...(lagMax === undefined ? {} : { lagMax }),
        }),
      )
      return stream(c, services, leave, {
        signal,
        async send(out) {
          try {
            const sequence = await watch.opened
            await out.writeSSE({
              event: 'opened',
              id: watch.position,
              data: JSON.stringify({ namespace, sequence }),
            })
            for await (const news of watch) {
              await out.writeSSE(messageOf(news, watch.position))
              if (signal.aborted) break
            }
          } finally {
            watch.close()
          }
        },
      })
    },
  )
}

const channelRoutes = (app: App, services: Services): void => {
  const { concord } = services
  route(
    app,
    {
      method: 'post',
      path: '/memory/publish',
      tags: ['memory'],
      summary: 'Send a message to who subscribes now; nothing is kept',
      request: { body: { content: { 'application/json': { schema: publishSchema } } } },
      responses: { 204: { description: 'Sent' } },
      problems: [400, 413],
    },
    async (c) => {
      const caller = await callerOf(concord, c)
      const { channel, message } = await bodyOf(c, publishSchema)
      if (message === undefined) throw invalid('Cannot publish as the body must have "message"')
      caller.namespace(namespaceOfChannel(channel), 'write')
      await caller.current()
      await concord.memory.store.publish(channel, message as Json, caller.by.provenance)
      return c.body(null, 204)
    },
  )
  route(
    app,
    {
      method: 'get',
      path: '/memory/subscribe',
      tags: ['memory'],
      summary: 'Messages of channels from now on (SSE)',
      description:
        'Without ids: what is sent while nobody listens is gone. `missed` says how many a slow reader did not get. With a concord-token, messages of channels named like namespaces out of its reach are left out.',
      request: { query: subscribeSchema },
      responses: { 200: { description: 'The messages', content: events } },
      problems: [400],
    },
    async (c) => {
      const caller = await callerOf(concord, c)
      const { pattern } = queryOnce(c, subscribeSchema)
      const { leave, signal } = endOf(services, caller)
      const subscription = orLeave(leave, () =>
        concord.memory.store.subscribe(pattern, { bufferMax: bufferMax * 8, signal }),
      )
      return stream(c, services, leave, {
        signal,
        async send(out) {
          try {
            await subscription.opened
            await out.writeSSE({ event: 'opened', data: JSON.stringify({ pattern }) })
            for await (const message of subscription) {
              if (caller.hears(message.channel))
                await out.writeSSE({ event: 'message', data: JSON.stringify(message) })
              if (signal.aborted) break
            }
          } finally {
            subscription.close()
          }
        },
      })
    },
  )
}
