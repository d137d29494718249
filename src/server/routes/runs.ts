import { z } from '@hono/zod-openapi'
import { finalStatuses, type RunStatus } from '../../domain/summary.ts'
import { traceOf } from '../../domain/trace.ts'
import { formatTrace } from '../../domain/trace-text.ts'
import { runView, summaryView } from '../../platform/run/view.ts'
import type { RunsQuery } from '../../ports/event-log.ts'
import { fit, queryOf } from '../body.ts'
import { type App, json, route, type Services } from '../route.ts'
import { idParam, runSchema, runsQuerySchema, runsSchema, traceQuerySchema, traceSchema } from '../schemas.ts'
import { knownRun } from './known-run.ts'

const textWidth = 160

const statusesSchema = z.array(z.enum(['queued', 'running', 'waiting', 'suspended', ...finalStatuses]))

const statuses = (text: string): RunStatus[] =>
  fit(
    'query',
    statusesSchema,
    text
      .split(',')
      .map((name) => name.trim())
      .filter(Boolean),
  )

export const runRoutes = (app: App, { concord }: Services): void => {
  route(
    app,
    {
      method: 'get',
      path: '/runs',
      tags: ['runs'],
      summary: 'Runs, newest first',
      request: { query: runsQuerySchema },
      responses: { 200: json('A page of runs', runsSchema) },
      problems: [400],
    },
    async (c) => {
      const { status, ...rest } = queryOf(c, runsQuerySchema)
      const query: RunsQuery = { ...rest, ...(status === undefined ? {} : { status: statuses(status) }) }
      const runs = await concord.runs(query)
      const last = runs.length >= rest.limit ? runs.at(-1) : undefined
      const next = last && `${last.createdAt}:${last.run}`
      return c.json({ runs: runs.map(summaryView), next })
    },
  )
  route(
    app,
    {
      method: 'get',
      path: '/runs/{id}',
      tags: ['runs'],
      summary: 'A run: status, plan with its steps, waits, output or failure',
      request: { params: idParam },
      responses: { 200: json('The run', runSchema) },
      problems: [404],
    },
    async (c) => {
      const run = await concord.runner.load((await knownRun(concord, c)).run)
      return c.json(runView(run, await concord.blocked(run)))
    },
  )
  route(
    app,
    {
      method: 'get',
      path: '/runs/{id}/trace',
      tags: ['runs'],
      summary:
        'What a run did, as a tree: plans, steps, attempts, model and tool calls, checks, with times, spending and reasons',
      request: { params: idParam, query: traceQuerySchema },
      responses: {
        200: {
          description: 'The tree',
          content: {
            'application/json': { schema: traceSchema },
            'text/plain': { schema: z.string() },
          },
        },
      },
      problems: [400, 404],
    },
    async (c) => {
      const { run } = await knownRun(concord, c)
      const { format } = queryOf(c, traceQuerySchema)
      const trace = traceOf(await concord.eventsWithItems(run))
      return format === 'text'
        ? c.text(formatTrace(trace, { color: false, width: textWidth }))
        : c.json(trace)
    },
  )
}
