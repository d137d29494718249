import { ConcordError, isConcordError } from '../domain/errors.ts'
import { globalNamespace } from '../domain/names.ts'
import type { Knowledge, Question } from '../memory/knowledge/knowledge.ts'
import type { NewDocument } from '../memory/knowledge/new-document.ts'
import type { KnowledgeDocument } from '../ports/knowledge-store.ts'
import type { requester } from '../stores/http/request.ts'

const pageMax = 1000

const unsupported = (what: string, way: string): ConcordError =>
  new ConcordError('input.invalid', `Cannot ${what} over HTTP as only text is sent: ${way}`)

const sent = (document: Partial<NewDocument>): object => {
  const { image, vectors, modality, ...rest } = document
  if (image !== undefined || vectors !== undefined || (modality ?? 'text') !== 'text')
    throw unsupported('add this document', 'it has pixels or vectors; add it where the store is')
  return rest
}

const asked = (question: Question): string => {
  const { text, image, vector } = typeof question === 'string' ? { text: question } : question
  if (text !== undefined && image === undefined && vector === undefined) return text
  throw unsupported('search', 'the question has pixels or a vector; ask in words, or where the store is')
}

const orAbsent = async <T, A>(found: Promise<T>, absent: A): Promise<T | A> => {
  try {
    return await found
  } catch (error) {
    if (isConcordError(error) && error.code === 'not-found') return absent
    throw error
  }
}

/** Long-term memory behind `/memory/knowledge` of a server: the object that agents in its process have, for text. It is the server that embeds. */
export const remoteKnowledge = (
  send: ReturnType<typeof requester>,
  namespace = globalNamespace,
  guard: () => Promise<void> | undefined = () => undefined,
): Knowledge => {
  const ask = async <T>(method: string, path: string, body?: object, repeatable = true): Promise<T> =>
    (
      await send(`/knowledge${path}`, { method, repeatable, ...(body === undefined ? {} : { body }) })
    ).json() as T
  const at = (path: string, query: { [name: string]: string } = {}) =>
    `${path}?${new URLSearchParams({ namespace, ...query })}`
  return {
    // By content or by name: sent twice it changes nothing more.
    async add(document) {
      await guard()
      return ask('POST', '', { namespace, ...sent(document) })
    },
    async search(question, options = {}) {
      type Found = { hits: Awaited<ReturnType<Knowledge['search']>> }
      return (await ask<Found>('POST', '/search', { namespace, question: asked(question), ...options })).hits
    },
    get: (id) => orAbsent(ask<KnowledgeDocument>('GET', at('/document', { id })), undefined),
    async list({ after, limit = 100 } = {}) {
      const documents: KnowledgeDocument[] = []
      for (let last = after; documents.length < limit; ) {
        const query = { limit: String(Math.min(pageMax, limit - documents.length)) }
        const page = await ask<{ documents: KnowledgeDocument[]; next?: string }>(
          'GET',
          at('', last === undefined ? query : { ...query, after: last }),
        )
        documents.push(...page.documents)
        if (page.next === undefined) break
        last = page.next
      }
      return documents
    },
    async update(id, change) {
      await guard()
      return ask('PATCH', at('/document', { id }), sent(change))
    },
    async forget(what) {
      await guard()
      const given = typeof what === 'string' ? { ids: [what] } : what
      return (await ask<{ forgotten: number }>('POST', '/forget', { namespace, ...given }, false)).forgotten
    },
    stats: () => ask('GET', at('/stats')),
    embed: async () => {
      throw unsupported('embed', 'the server embeds what is added by itself; call it where the store is')
    },
    in: (other) => remoteKnowledge(send, other, guard),
  }
}
