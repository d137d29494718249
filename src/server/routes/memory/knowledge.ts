import { runNamespace } from '../../../domain/names.ts'
import type { Concord } from '../../../platform/concord-types.ts'
import { bodyOf } from '../../body.ts'
import { type App, json, route, type Services } from '../../route.ts'
import { callerOf } from './caller.ts'
import { changeRoutes } from './knowledge-changes.ts'
import { absent, given, namespaceOf } from './knowledge-rules.ts'
import {
  addSchema,
  documentAddressSchema,
  documentPageSchema,
  documentSchema,
  documentsSchema,
  hitsSchema,
  namespaceQuerySchema,
  putOutcomeSchema,
  searchSchema,
  statsQuerySchema,
  statsSchema,
} from './knowledge-schemas.ts'
import { textOf, withList } from './pages.ts'
import { queryOnce } from './request.ts'

type Knowledge = ReturnType<Concord['knowledge']>
type NewDocument = Parameters<Knowledge['add']>[0]
type SearchOptions = NonNullable<Parameters<Knowledge['search']>[1]>

/** A token reads what is about its run's subject or about nobody; of what it may not read so many more hits are looked at. */
const spare = 4
const hitsMax = 400

export const knowledgeRoutes = (app: App, services: Services): void => {
  const { concord } = services
  searchRoute(app, services)
  documentRoutes(app, services)
  changeRoutes(app, services)
  route(
    app,
    {
      method: 'get',
      path: '/memory/knowledge/stats',
      tags: ['knowledge'],
      summary: 'How much is known, and whether all of it is embedded',
      request: { query: statsQuerySchema },
      responses: { 200: json('Numbers of the namespace', statsSchema) },
      problems: [400],
    },
    async (c) => {
      const caller = await callerOf(concord, c)
      const namespace = caller.namespace(queryOnce(c, statsQuerySchema).namespace, 'read')
      return c.json(await concord.knowledge(namespace).stats())
    },
  )
}

const searchRoute = (app: App, { concord }: Services): void =>
  route(
    app,
    {
      method: 'post',
      path: '/memory/knowledge/search',
      tags: ['knowledge'],
      summary: 'Find what is known: by words and by meaning, with where it stands and why it was found',
      request: {
        query: namespaceQuerySchema,
        body: { content: { 'application/json': { schema: searchSchema } } },
      },
      responses: { 200: json('Hits, best first', hitsSchema) },
      problems: [400, 413],
    },
    async (c) => {
      const caller = await callerOf(concord, c)
      const { namespace, question, filter, limit, ...rest } = await bodyOf(c, searchSchema)
      caller.checkKnown(filter?.subject)
      const wanted = caller.grant === undefined ? limit : Math.min(hitsMax, limit * spare)
      const options = {
        ...given({ ...rest, filter: filter && given(filter) }),
        limit: wanted,
      } as SearchOptions
      const hits = await concord
        .knowledge(caller.namespace(namespaceOf(c, namespace), 'read'))
        .search(question, options)
      return c.json({ hits: hits.filter(({ document }) => caller.knows(document.subject)).slice(0, limit) })
    },
  )

const documentRoutes = (app: App, { concord }: Services): void => {
  route(
    app,
    {
      method: 'post',
      path: '/memory/knowledge',
      tags: ['knowledge'],
      summary: 'Add or replace a document; found by its words at once',
      request: {
        query: namespaceQuerySchema,
        body: { content: { 'application/json': { schema: addSchema } } },
      },
      responses: { 200: json('What became of it', putOutcomeSchema) },
      problems: [400, 413, 503],
    },
    async (c) => {
      const caller = await callerOf(concord, c)
      const { namespace, ...document } = await bodyOf(c, addSchema)
      caller.checkKnown(document.subject)
      const knowledge = concord.knowledge(caller.namespace(namespaceOf(c, namespace), 'write'))
      await caller.current()
      const before = document.id === undefined ? undefined : await knowledge.get(document.id)
      caller.checkKnown(before?.subject)
      const source = document.source ?? (caller.grant && runNamespace(caller.grant.run))
      return c.json(await knowledge.add(given({ ...document, source }) as NewDocument))
    },
  )
  route(
    app,
    {
      method: 'get',
      path: '/memory/knowledge',
      tags: ['knowledge'],
      summary: 'Documents in the order of their ids',
      request: { query: documentsSchema },
      responses: { 200: json('A page', documentPageSchema) },
      problems: [400],
    },
    async (c) => {
      const caller = await callerOf(concord, c)
      const { namespace, after, limit } = queryOnce(c, documentsSchema)
      const page = await concord
        .knowledge(caller.namespace(namespace, 'read'))
        .list({ limit, ...(after === undefined ? {} : { after }) })
      const { count } = textOf(page)
      const next = count < page.length || page.length === limit ? page[count - 1]?.id : undefined
      const { list } = textOf(page.slice(0, count).filter(({ subject }) => caller.knows(subject)))
      return withList(c, 'documents', list, { next })
    },
  )
  route(
    app,
    {
      method: 'get',
      path: '/memory/knowledge/document',
      tags: ['knowledge'],
      summary: 'Read a document',
      request: { query: documentAddressSchema },
      responses: { 200: json('The document', documentSchema) },
      problems: [400, 404],
    },
    async (c) => {
      const caller = await callerOf(concord, c)
      const { namespace, id } = queryOnce(c, documentAddressSchema)
      const document = await concord.knowledge(caller.namespace(namespace, 'read')).get(id)
      if (document === undefined || !caller.knows(document.subject)) throw absent(id)
      return c.json(document)
    },
  )
}
