import type { Context } from 'hono'
import type { Signal } from '../../domain/event.ts'
import type { Json, JsonObject } from '../../domain/json.ts'
import { askedBy } from '../asked-by.ts'
import { bodyOf } from '../body.ts'
import { type App, type Env, json, route, type Services } from '../route.ts'
import { acceptedSchema, forkSchema, idParam, signalSchemas } from '../schemas.ts'
import { knownRun } from './known-run.ts'

type Kind = keyof typeof signalSchemas

const summaries: { [K in Kind]: string } = {
  cancel: 'Cancel a run, whatever it does',
  pause: 'Suspend a run when the steps under way are done',
  resume: 'Continue a run that is suspended, or whose process died',
  signal: 'Send a named value to a step that waits for it, now or later',
  approve: 'Approve what waits for approval',
  answer: 'Answer what a step asks',
  reject: 'Reject what waits for approval',
  message: 'Send a message to a run',
}

const signalOf = (kind: Kind, body: { [member: string]: unknown }, principal: string): Signal => {
  const { reason, value = reason, by: claimed, ...rest } = body
  return {
    kind,
    ...rest,
    ...(value === undefined ? {} : { value: value as Json }),
    // Who asks is who was authenticated; what a caller says of itself is kept as that.
    by: principal,
    ...(typeof claimed === 'string' ? { claimedBy: claimed } : {}),
  }
}

const send = async ({ concord }: Services, c: Context<Env>, kind: Kind): Promise<Response> => {
  const { run, status } = await knownRun(concord, c)
  const given = signalOf(kind, await bodyOf(c, signalSchemas[kind]), c.get('principal').id)
  await concord.signal(run, given, { wake: true })
  const { by, name, step } = given
  concord.logger.info({ run, kind, ...(name && { name }), ...(step && { step }), by }, 'a signal was sent')
  c.header('location', `/runs/${run}`)
  return c.json({ runId: run, status: (await concord.log.run(run))?.status ?? status }, 202)
}

export const signalRoutes = (app: App, services: Services): void => {
  for (const [kind, schema] of Object.entries(signalSchemas) as [Kind, (typeof signalSchemas)[Kind]][])
    route(
      app,
      {
        method: 'post',
        path: `/runs/{id}/${kind}`,
        tags: ['runs'],
        summary: summaries[kind],
        request: { params: idParam, body: { content: { 'application/json': { schema } } } },
        responses: { 202: json('Committed; it takes effect as soon as the run reads it', acceptedSchema) },
        problems: [400, 404, 409, 413],
      },
      (c) => send(services, c, kind),
    )
  forkRoute(app, services)
}

const forkRoute = (app: App, { concord }: Services): void =>
  route(
    app,
    {
      method: 'post',
      path: '/runs/{id}/fork',
      tags: ['runs'],
      summary: 'Start a new run that continues from an event of this one, with other params or another goal',
      request: { params: idParam, body: { content: { 'application/json': { schema: forkSchema } } } },
      responses: { 201: json('The new run', acceptedSchema) },
      problems: [400, 404, 413],
    },
    async (c) => {
      const { run } = await knownRun(concord, c)
      const { params, ...rest } = await bodyOf(c, forkSchema)
      const request = {
        ...rest,
        ...askedBy(c),
        readable: [],
        ...(params && { params: params as JsonObject }),
      }
      const { id } = await concord.fork(run, request)
      c.header('location', `/runs/${id}`)
      return c.json({ runId: id, status: (await concord.log.run(id))?.status ?? 'queued' }, 201)
    },
  )
