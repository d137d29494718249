import type { Context } from 'hono'
import { ConcordError } from '../../../domain/errors.ts'
import { globalNamespace } from '../../../domain/names.ts'
import { invalid } from '../../problem.ts'
import { namespaceQuerySchema } from './knowledge-schemas.ts'
import { queryOnce } from './request.ts'

export const absent = (id: string): ConcordError =>
  new ConcordError(
    'not-found',
    `Cannot use document ${JSON.stringify(id.slice(0, 200))} as there is none of this name here; list them with GET /memory/knowledge`,
  )

/** The namespace of the query or of the body; named twice it must be the same. */
export const namespaceOf = (c: Context, inBody: string | undefined): string => {
  const { namespace: inQuery } = queryOnce(c, namespaceQuerySchema)
  if (inQuery !== undefined && inBody !== undefined && inQuery !== inBody)
    throw invalid(
      `Cannot use knowledge as one namespace is meant: the query names ${JSON.stringify(inQuery.slice(0, 200))} and the body ${JSON.stringify(inBody.slice(0, 200))}; leave one out`,
    )
  return inQuery ?? inBody ?? globalNamespace
}

/** Without what is undefined. */
export const given = <T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
