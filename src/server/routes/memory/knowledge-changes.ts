import { bodyOf } from '../../body.ts'
import { type App, json, route, type Services } from '../../route.ts'
import { callerOf } from './caller.ts'
import { absent, given, namespaceOf } from './knowledge-rules.ts'
import {
  changeSchema,
  documentAddressSchema,
  forgottenSchema,
  namespaceQuerySchema,
  putOutcomeSchema,
  removalSchema,
} from './knowledge-schemas.ts'
import { queryOnce } from './request.ts'

/** Changes of what is known already. A token changes what is about its run's subject or about nobody. */
export const changeRoutes = (app: App, { concord }: Services): void => {
  route(
    app,
    {
      method: 'patch',
      path: '/memory/knowledge/document',
      tags: ['knowledge'],
      summary: 'Change a document; what is left out is kept',
      request: {
        query: documentAddressSchema,
        body: { content: { 'application/json': { schema: changeSchema } } },
      },
      responses: { 200: json('What became of it', putOutcomeSchema) },
      problems: [400, 404, 413, 503],
    },
    async (c) => {
      const caller = await callerOf(concord, c)
      const { namespace, id } = queryOnce(c, documentAddressSchema)
      const change = await bodyOf(c, changeSchema)
      const knowledge = concord.knowledge(caller.namespace(namespace, 'write'))
      caller.checkKnown(change.subject)
      await caller.current()
      const document = await knowledge.get(id)
      if (document === undefined || !caller.knows(document.subject)) throw absent(id)
      return c.json(await knowledge.update(id, given(change) as Parameters<typeof knowledge.update>[1]))
    },
  )
  route(
    app,
    {
      method: 'delete',
      path: '/memory/knowledge/document',
      tags: ['knowledge'],
      summary: 'Erase a document',
      request: { query: documentAddressSchema },
      responses: { 200: json('How many names went', forgottenSchema) },
      problems: [400, 404, 503],
    },
    async (c) => {
      const caller = await callerOf(concord, c)
      const { namespace, id } = queryOnce(c, documentAddressSchema)
      const knowledge = concord.knowledge(caller.namespace(namespace, 'write'))
      await caller.current()
      const document = await knowledge.get(id)
      if (document === undefined || !caller.knows(document.subject)) throw absent(id)
      return c.json({ forgotten: await knowledge.forget(id) })
    },
  )
  route(
    app,
    {
      method: 'post',
      path: '/memory/knowledge/forget',
      tags: ['knowledge'],
      summary: 'Erase documents by id, or all of a subject',
      request: {
        query: namespaceQuerySchema,
        body: { content: { 'application/json': { schema: removalSchema } } },
      },
      responses: { 200: json('How many names went', forgottenSchema) },
      problems: [400, 413, 503],
    },
    async (c) => {
      const caller = await callerOf(concord, c)
      const { namespace, ids, subject } = await bodyOf(c, removalSchema)
      const knowledge = concord.knowledge(caller.namespace(namespaceOf(c, namespace), 'write'))
      caller.checkKnown(subject)
      await caller.current()
      const documents = await Promise.all((ids ?? []).map((id) => knowledge.get(id)))
      const reached = ids?.filter((_, i) => caller.knows(documents[i]?.subject))
      return c.json({ forgotten: await knowledge.forget(given({ ids: reached, subject })) })
    },
  )
}
