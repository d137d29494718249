import { z } from '@hono/zod-openapi'
import { ConcordError } from '../../../domain/errors.ts'
import { runNamespace, runOfNamespace, runStream } from '../../../domain/names.ts'
import type { Concord } from '../../../platform/concord-types.ts'
import type { Entry, ListOptions, Moment } from '../../../ports/state-store.ts'
import { invalid } from '../../problem.ts'
import { type App, json, route, type Services } from '../../route.ts'
import { eventSchema } from '../../schemas.ts'
import { callerOf } from './caller.ts'
import { textOf, withList } from './pages.ts'
import { momentOf, queryOnce } from './request.ts'
import {
  changesSchema,
  entriesSchema,
  entrySchema,
  historySchema,
  listSchema,
  logSchema,
  namespaceSchema,
  namespaceViewSchema,
  operationSchema,
  readSchema,
  recordedSchema,
} from './schemas.ts'

const resultKey = /^step:(.+)$/s

/** Results of steps are read from the run, as an agent in the process does (docs/decisions/0004). */
const resultOf = async (concord: Concord, namespace: string, key: string): Promise<Entry | undefined> => {
  const [step, run] = [resultKey.exec(key)?.[1], runOfNamespace(namespace)]
  if (step === undefined || run === undefined || (await concord.log.run(run)) === undefined) return undefined
  const value = (await concord.runner.load(run)).plan?.steps.get(step)?.output
  return value === undefined ? undefined : { key, value, version: 1, at: 0, provenance: {} }
}

const absent = (namespace: string, key: string): ConcordError =>
  new ConcordError(
    'not-found',
    `Cannot read ${JSON.stringify(key.slice(0, 200))} in ${JSON.stringify(namespace.slice(0, 200))} as there is no such key; list them with GET /memory/list`,
    // Apart from a moment that is no longer kept: here the key is known to be absent.
    { details: { key, version: 0 } },
  )

const unknownOperation = (operation: string): ConcordError =>
  new ConcordError(
    'not-found',
    `Cannot tell what was written under ${JSON.stringify(operation.slice(0, 200))} as no such operation is kept; write it`,
    // Apart from a server that knows no operations.
    { details: { operation, version: 0 } },
  )

export const readingRoutes = (app: App, services: Services): void => {
  const { concord } = services
  const { store } = concord.memory
  route(
    app,
    {
      method: 'get',
      path: '/memory/state',
      tags: ['memory'],
      summary: 'Read a key, now or as it was',
      request: { query: readSchema },
      responses: { 200: json('The entry; the ETag is its version', entrySchema) },
      problems: [400, 404],
    },
    async (c) => {
      const caller = await callerOf(concord, c)
      const { namespace: given, key, ...moment } = queryOnce(c, readSchema)
      const namespace = caller.namespace(given, 'read')
      const at = momentOf(moment)
      const entry =
        (at === undefined ? await resultOf(concord, namespace, key) : undefined) ??
        (await store.get(namespace, key, at === undefined ? {} : { at }))
      if (entry === undefined) throw absent(namespace, key)
      c.header('etag', `"${entry.version}"`)
      return c.json(entry)
    },
  )

  route(
    app,
    {
      method: 'get',
      path: '/memory/operation',
      tags: ['memory'],
      summary: 'What was written under an operation id',
      request: { query: operationSchema },
      responses: { 200: json('The write', recordedSchema) },
      problems: [400, 404],
    },
    async (c) => {
      const caller = await callerOf(concord, c)
      const { namespace, operation } = queryOnce(c, operationSchema)
      const found = await store.recorded(caller.namespace(namespace, 'read'), caller.operation(operation))
      if (found === undefined) throw unknownOperation(operation)
      return c.json(found)
    },
  )

  route(
    app,
    {
      method: 'get',
      path: '/memory/list',
      tags: ['memory'],
      summary: 'Keys with their values, in order, by pages of one moment',
      request: { query: listSchema },
      responses: { 200: json('A page', entriesSchema) },
      problems: [400, 404],
    },
    async (c) => {
      const caller = await callerOf(concord, c)
      const { namespace: given, prefix, after, limit, ...moment } = queryOnce(c, listSchema)
      const namespace = caller.namespace(given, 'read')
      const at = momentOf(moment) as Moment | undefined
      const options = {
        limit,
        ...(prefix === undefined ? {} : { prefix }),
        ...(after === undefined ? {} : { after }),
      }
      const { entries, sequence } = await atOnce(concord, namespace, options, at)
      const { list, count } = textOf(entries)
      const next = count < entries.length || count === limit ? entries[count - 1]?.key : undefined
      return withList(c, 'entries', list, { namespace, sequence, next })
    },
  )

  route(
    app,
    {
      method: 'get',
      path: '/memory/history',
      tags: ['memory'],
      summary: 'Who changed a key, when and to what',
      request: { query: historySchema },
      responses: { 200: json('Changes, newest first', changesSchema) },
      problems: [400],
    },
    async (c) => {
      const caller = await callerOf(concord, c)
      const { namespace: given, key, before, limit } = queryOnce(c, historySchema)
      const namespace = caller.namespace(given, 'read')
      const changes = await store.history(namespace, key, {
        limit,
        ...(before === undefined ? {} : { before }),
      })
      const { list, count } = textOf(changes)
      const last = changes[count - 1]
      // Changes of a fork's origin have sequences of the origin: they come with its own, or not at all.
      const more = (count < changes.length || count === limit) && last?.namespace === namespace
      return withList(c, 'changes', list, { next: more ? last.sequence : undefined })
    },
  )

  route(
    app,
    {
      method: 'get',
      path: '/memory/namespace',
      tags: ['memory'],
      summary: 'The sequence of the last change of a namespace, and what it was forked from',
      request: { query: namespaceSchema },
      responses: { 200: json('The namespace', namespaceViewSchema) },
      problems: [400],
    },
    async (c) => {
      const caller = await callerOf(concord, c)
      const namespace = caller.namespace(queryOnce(c, namespaceSchema).namespace, 'read')
      const [sequence, origin] = [await store.sequence(namespace), await store.origin(namespace)]
      return c.json({ namespace, sequence, origin })
    },
  )
  logRoute(app, services)
}

/** Entries of one moment, and which. */
const atOnce = async (
  { memory: { store } }: Concord,
  namespace: string,
  options: ListOptions,
  at: Moment | undefined,
): Promise<{ entries: Entry[]; sequence: number }> => {
  const sequence = at !== undefined && 'sequence' in at ? at.sequence : await store.sequence(namespace)
  if (at !== undefined) return { entries: await store.list(namespace, { ...options, at }), sequence }
  const entries = await store.list(namespace, options)
  if ((await store.sequence(namespace)) === sequence) return { entries, sequence }
  return { entries: await store.list(namespace, { ...options, at: { sequence } }), sequence }
}

/** Read only: only the owner of a run appends to its stream (docs/decisions/0002), and what an agent wants kept is state or its result. */
const logRoute = (app: App, { concord }: Services): void =>
  route(
    app,
    {
      method: 'get',
      path: '/memory/log',
      tags: ['memory'],
      summary: "Events of the token's run, or of the one named",
      request: { query: logSchema },
      responses: {
        200: json(
          'A page',
          z.object({
            events: z.array(eventSchema),
            next: z.int().optional().openapi({ description: 'There may be more: pass it as `after`' }),
          }),
        ),
      },
      problems: [400, 404],
    },
    async (c) => {
      const caller = await callerOf(concord, c)
      const { run: given, after, limit } = queryOnce(c, logSchema)
      const run = given ?? caller.grant?.run
      if (run === undefined)
        throw invalid('Cannot read a log as a run must be named: there is none; give ?run={id}')
      if (run !== caller.grant?.run) caller.namespace(runNamespace(run), 'read')
      if ((await concord.log.run(run)) === undefined)
        throw new ConcordError(
          'run.unknown',
          `Cannot find run ${JSON.stringify(run.slice(0, 100))} as no such run is in this store; list them with GET /runs`,
        )
      const events = caller.events(await concord.log.read(runStream(run), { afterVersion: after, limit }))
      const { list, count } = textOf(events)
      const next = count < events.length || count === limit ? events[count - 1]?.version : undefined
      return withList(c, 'events', list, { next })
    },
  )
