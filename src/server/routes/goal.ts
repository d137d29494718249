import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { errorTable, type Failure } from '../../domain/errors.ts'
import { asJson } from '../../domain/json.ts'
import { openWaits, type Run, type WaitView } from '../../domain/run.ts'
import type { RunStatus } from '../../domain/summary.ts'
import type { AskedBy } from '../../platform/asked-by.ts'
import type { Delta } from '../../platform/run/deltas.ts'
import { settle } from '../../platform/run/settle.ts'
import { askedBy } from '../asked-by.ts'
import { bodyOf } from '../body.ts'
import { invalid, problemOf, problemResponse } from '../problem.ts'
import { type AskedGoal, checkSameRequest, requestDigest, runOfKey } from '../request-digest.ts'
import { type App, type Env, json, route, type Services } from '../route.ts'
import { lastEventId, streamRun } from '../run-stream.ts'
import { acceptedSchema, goalSchema, problemSchema, successSchema } from '../schemas.ts'

const keyCharsMax = 255

const keyOf = (c: Context): string | undefined => {
  const key = c.req.header('idempotency-key')?.trim()
  if (key === undefined) return undefined
  if (key === '' || key.length > keyCharsMax)
    throw invalid(
      `Cannot use the Idempotency-Key as it has 1 to ${keyCharsMax} characters: ${key.length}; send a shorter one`,
    )
  return key
}

/** RFC 7240: `respond-async`, and `wait=N` seconds to wait before that. */
const preferenceOf = (header: string | undefined): { applied?: string; waitMs?: number } => {
  const items = (header ?? '').split(',').map((item) => item.trim().toLowerCase())
  const wait = items.map((item) => /^wait\s*=\s*"?(\d{1,6})"?$/.exec(item)?.[1]).find(Boolean)
  const isAsync = items.includes('respond-async')
  if (wait !== undefined) return { waitMs: Number(wait) * 1000, applied: `respond-async, wait=${wait}` }
  return isAsync ? { waitMs: 0, applied: 'respond-async' } : {}
}

const accepted = (
  c: Context,
  body: { runId: string; status: RunStatus; waits?: WaitView[] },
  applied?: string,
): Response => {
  c.header('location', `/runs/${body.runId}`)
  if (applied !== undefined) c.header('preference-applied', applied)
  return c.json(body, 202)
}

/**
 * 200 with the output, 202 while others have to act, 400 with the reasons when the goal is not
 * satisfied, 502 to 504 when a service or a model failed.
 */
const answer = (c: Context<Env>, run: Run): Response => {
  const { id, status } = run
  if (status === 'succeeded') return c.json({ status: 'success', output: run.output ?? null, runId: id })
  if (status === 'waiting' || status === 'suspended')
    return accepted(c, { runId: id, status, waits: openWaits(run) })
  const failure = run.failure ?? { code: 'goal.unmet' as const, message: `run ${id} is ${status}` }
  const more = {
    status: failedStatus(failure),
    runId: id,
    reasons: run.reasons,
    requestId: c.get('requestId'),
  }
  return problemResponse(problemOf(failure, more), { location: `/runs/${id}` })
}

/**
 * 5xx only for what failed beyond this server: a service or a model that is down or hangs.
 */
const failedStatus = ({ code, details = {} }: Failure): number => {
  const isElsewhere = code.startsWith('model.') || code === 'source.unreachable' || 'service' in details
  const { status } = errorTable[code]
  return isElsewhere && status > 500 ? status : 400
}

/** Waits for the run as long as the client, the server and its preference allow; the run continues without them. */
const wait = async (
  { concord, closing }: Services,
  id: string,
  client: AbortSignal,
  waitMs?: number,
): Promise<Run | undefined> => {
  if (waitMs === 0) return undefined
  const ends = [closing, client, ...(waitMs === undefined ? [] : [AbortSignal.timeout(waitMs)])]
  const signal = AbortSignal.any(ends)
  try {
    return await settle(concord, id, signal)
  } catch (error) {
    if (signal.aborted) return undefined
    throw error
  }
}

/** A caller elsewhere names folders of this machine only where the configuration allows them. */
const remote = { readable: [] }

const wantsEvents = (c: Context): boolean => (c.req.header('accept') ?? '').includes('text/event-stream')

/** Starts the run and streams it; the same key continues the same run, behind `Last-Event-ID`. */
const streamed = async (
  c: Context<Env>,
  services: Services,
  request: AskedGoal,
  key: string | undefined,
): Promise<Response> => {
  const { concord } = services
  const after = lastEventId(c)
  if (after !== undefined && key === undefined)
    throw invalid(
      'Cannot continue behind Last-Event-ID as the Idempotency-Key says which run is meant: none was sent; send the key of the first request, or GET /runs/{id}/events',
    )
  const isKnown = key !== undefined && (await concord.log.run(runOfKey(key))) !== undefined
  // Listens before the run begins: a short answer may be complete before the stream is opened.
  const heard: Delta[] = []
  const stop = concord.onDelta((delta) => heard.push(delta))
  try {
    const id = await startedAs(concord, request, key, askedBy(c))
    if (isKnown) stop()
    c.header('location', `/runs/${id}`)
    const status = (await concord.log.run(id))?.status ?? 'queued'
    const reading = { run: id, status, after: after ?? 0 }
    const untilNow = () => {
      stop()
      return heard
    }
    return await streamRun(c, services, isKnown ? reading : { ...reading, heard: untilNow })
  } catch (error) {
    stop()
    throw error
  }
}

const startedAs = async (
  concord: Services['concord'],
  request: AskedGoal,
  key: string | undefined,
  by: AskedBy,
): Promise<string> =>
  key === undefined
    ? (await concord.start(request, { ...remote, ...by })).id
    : startOnce(concord, key, request, by)

const startOnce = async (
  concord: Services['concord'],
  key: string,
  request: AskedGoal,
  by: AskedBy,
): Promise<string> => {
  const id = runOfKey(key)
  const { principal = null } = by
  const digest = requestDigest(key, asJson({ request, principal }))
  await checkSameRequest(concord, id, { request, digest })
  await concord.start(request, { ...remote, ...by, id, requested: digest })
  // Of two requests at the same instant, the loser learns only now whether the run is its own.
  await checkSameRequest(concord, id, { request, digest })
  return id
}

export const goalRoutes = (app: App, services: Services): void => {
  const { concord } = services
  route(
    app,
    {
      method: 'post',
      path: '/goal',
      tags: ['goals'],
      summary: 'Hand over a goal and get its verified output',
      description:
        'Answers when the run is over, or when it waits for a person. With `Accept: text/event-stream` it streams the events of the run and what models write, as GET /runs/{id}/events does, from the first to the final event. A client that goes away does not cancel the run.',
      request: {
        headers: z.object({
          'idempotency-key': z.string().optional().openapi({ description: 'The same key is the same run' }),
          prefer: z.string().optional().openapi({ description: '`respond-async`, `wait=N` (RFC 7240)' }),
          accept: z.string().optional().openapi({ description: '`text/event-stream` streams the run' }),
          'last-event-id': z
            .string()
            .optional()
            .openapi({ description: 'Of a stream with an Idempotency-Key: continues behind this event' }),
        }),
        body: { required: true, content: { 'application/json': { schema: goalSchema } } },
      },
      responses: {
        200: {
          description: 'The goal is satisfied; or the stream of the run, whose last event says how it ended',
          content: {
            'application/json': { schema: successSchema },
            'text/event-stream': { schema: z.string() },
          },
        },
        202: json('Under way, or waiting for a person: see Location', acceptedSchema),
        422: {
          description: 'The Idempotency-Key belongs to another goal',
          content: { 'application/problem+json': { schema: problemSchema } },
        },
      },
      problems: [400, 404, 413, 429, 502, 503, 504],
    },
    async (c) => {
      const { goal, params, ...rest } = await bodyOf(c, goalSchema)
      const request = { ...rest, text: goal, ...(params && { params }) }
      const key = keyOf(c)
      const preference = preferenceOf(c.req.header('prefer'))
      if (wantsEvents(c)) return streamed(c, services, request, key)
      const id = await startedAs(concord, request, key, askedBy(c))
      const run = await wait(services, id, c.req.raw.signal, preference.waitMs)
      if (run !== undefined) return answer(c, run)
      const status = (await concord.log.run(id))?.status ?? 'queued'
      // A server that stops answers early, so the preference was not applied.
      return accepted(c, { runId: id, status }, services.closing.aborted ? undefined : preference.applied)
    },
  )
}
