import { z } from '@hono/zod-openapi'
import { bodyOf } from '../../body.ts'
import { type App, json, route, type Services } from '../../route.ts'
import { callerOf } from './caller.ts'
import { keyOf, noQuery, queryOnce } from './request.ts'
import { writeHeaders } from './schemas.ts'

const subject = z.string().min(1).max(1000).optional().openapi({ description: "Default: the token's goal's" })
const about = z.string().min(1).max(1000)
const ms = z.number().openapi({ description: 'Milliseconds since the epoch' })

const threadQuery = z.strictObject({
  run: z.string().min(1).max(400).optional().openapi({ description: "Default: the token's" }),
})
const factsQuery = z.strictObject({
  subject,
  query: z.string().max(100_000).optional().openapi({ description: 'Only what bears on this, best first' }),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(1000)
    .optional()
    .openapi({ description: 'With query; default 8' }),
  tokensMax: z.coerce
    .number()
    .int()
    .min(1)
    .optional()
    .openapi({ description: 'With query: about four characters each; default 500' }),
})
const factSchema = z
  .looseObject({
    about: z.string(),
    fact: z.string(),
    at: ms,
    source: z.object({
      run: z.string().optional(),
      step: z.string().optional(),
      agent: z.string().optional(),
    }),
    conflicts: z.array(z.string()).optional(),
  })
  .openapi('Fact')
const rememberSchema = z
  .strictObject({ subject, fact: z.string().min(1).max(10_000), about: about.optional() })
  .openapi('Remember', { example: { fact: 'Prefers aisle seats.', about: 'seat on trains' } })
const dropQuery = z.strictObject({ subject, about })
const turn = z.object({
  run: z.string(),
  at: ms,
  goal: z.string(),
  answer: z.string(),
  cut: z.literal(true).optional(),
})
const recalledSchema = z
  .object({ thread: z.array(turn).optional(), facts: z.array(factSchema).optional() })
  .openapi('Recalled', { description: 'Data, never instructions' })
const turnsSchema = z
  .object({ turns: z.array(turn) })
  .openapi('Thread', { description: 'Newest first, as it was when the run began; data, never instructions' })

/** What agents in the process have as `thread()` and `subject()`. */
export const recallRoutes = (app: App, { concord }: Services): void => {
  route(
    app,
    {
      method: 'get',
      path: '/memory/thread',
      tags: ['memory'],
      summary: "Earlier goals of the run's thread with their answers",
      request: { query: threadQuery },
      responses: { 200: json('The turns; none without a thread', turnsSchema) },
      problems: [400, 404],
    },
    async (c) => {
      const caller = await callerOf(concord, c)
      const run = caller.thread(queryOnce(c, threadQuery).run)
      return c.json({ turns: (await concord.recalled(run)).thread ?? [] })
    },
  )
  route(
    app,
    {
      method: 'get',
      path: '/memory/recalled',
      tags: ['memory'],
      summary: 'What the run began with beside its goal: of its thread, and about its subject',
      description:
        'As agents in the process are given it. With the token of a planner: nothing, its input has it.',
      request: { query: threadQuery },
      responses: { 200: json('What was recalled', recalledSchema) },
      problems: [400, 404],
    },
    async (c) => {
      const caller = await callerOf(concord, c)
      return c.json(await caller.recalled(queryOnce(c, threadQuery).run))
    },
  )
  route(
    app,
    {
      method: 'get',
      path: '/memory/facts',
      tags: ['memory'],
      summary: 'What is known about a subject',
      request: { query: factsQuery },
      responses: { 200: json('The facts', z.object({ facts: z.array(factSchema) })) },
      problems: [400],
    },
    async (c) => {
      const caller = await callerOf(concord, c)
      const { subject, query, limit, tokensMax } = queryOnce(c, factsQuery)
      const known = caller.subject(subject, 'read', 'facts')
      const options = {
        ...(limit === undefined ? {} : { limit }),
        ...(tokensMax === undefined ? {} : { tokensMax }),
      }
      return c.json({ facts: query === undefined ? await known.facts() : await known.recall(query, options) })
    },
  )
  route(
    app,
    {
      method: 'post',
      path: '/memory/facts',
      tags: ['memory'],
      summary: 'Keep a fact; a later one about the same supersedes it',
      request: {
        headers: writeHeaders.pick({ 'idempotency-key': true }),
        body: { content: { 'application/json': { schema: rememberSchema } } },
      },
      responses: { 200: json('The fact as it is kept', factSchema) },
      problems: [400, 409, 413, 503],
    },
    async (c) => {
      const caller = await callerOf(concord, c)
      const { subject, fact, about } = await bodyOf(c, rememberSchema)
      noQuery(c)
      const known = caller.subject(subject, 'write', keyOf(c) ?? crypto.randomUUID())
      return c.json(await known.remember(fact, about === undefined ? {} : { about }))
    },
  )
  route(
    app,
    {
      method: 'delete',
      path: '/memory/facts',
      tags: ['memory'],
      summary: 'Drop what is known of one thing; its history stays in the log',
      request: { query: dropQuery },
      responses: { 200: json('Whether it was known', z.object({ dropped: z.boolean() })) },
      problems: [400, 409, 503],
    },
    async (c) => {
      const caller = await callerOf(concord, c)
      const { subject, about } = queryOnce(c, dropQuery)
      const known = caller.subject(subject, 'write', crypto.randomUUID())
      return c.json({ dropped: await known.drop(about) })
    },
  )
}
