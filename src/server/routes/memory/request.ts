import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { KeyMoment, StateWrite } from '../../../ports/state-store.ts'
import { fit } from '../../body.ts'
import { invalid } from '../../problem.ts'
import { position } from './schemas.ts'

/** The query, each name once: of a name given twice it would matter which one was checked and which one used. */
export const queryOnce = <S extends z.ZodType>(c: Context, schema: S): z.output<S> => {
  const given: { [name: string]: string } = {}
  for (const [name, values] of Object.entries(c.req.queries())) {
    if (values.length > 1)
      throw invalid(
        `Cannot read the query as each name is given once: ${JSON.stringify(name.slice(0, 100))} is given ${values.length} times; leave all but one out`,
      )
    given[name] = values[0] ?? ''
  }
  return fit('query', schema, given)
}

const nothing = z.strictObject({})

/** Refuses any query: what is not read must not seem to count. */
export const noQuery = (c: Context): void => {
  queryOnce(c, nothing)
}

type Given = { sequence?: number | undefined; version?: number | undefined; time?: number | undefined }

/** The moment a query asks for. */
export const momentOf = ({ sequence, version, time }: Given): KeyMoment | undefined => {
  const all: KeyMoment[] = []
  if (sequence !== undefined) all.push({ sequence })
  if (version !== undefined) all.push({ version })
  if (time !== undefined) all.push({ time })
  if (all.length > 1)
    throw invalid(
      `Cannot read the past as one moment is meant: ${all.length} are given; give one of sequence, version and time`,
    )
  return all[0]
}

const tag = /^"?(\d{1,15})"?$/

type Condition = Pick<StateWrite, 'ifVersion' | 'ifAbsent'>

/** Conditions of the headers (RFC 9110, section 13); the tag of a key is its version. */
const conditionOfHeaders = (c: Context): Condition => {
  const [match, none] = [c.req.header('if-match'), c.req.header('if-none-match')]
  if (none !== undefined) {
    if (none.trim() !== '*')
      throw invalid(
        'Cannot use If-None-Match as a write knows only *: the key must be absent; correct the header',
      )
    return { ifAbsent: true }
  }
  if (match === undefined) return {}
  const version = tag.exec(match.trim())?.[1]
  if (version === undefined)
    throw invalid(
      `Cannot use If-Match as it is one version of a key: ${JSON.stringify(match.slice(0, 50))}; send the ETag that was read`,
    )
  return { ifVersion: Number(version) }
}

/** Of the headers and of the request itself; said twice it must be the same. */
export const conditionOf = (
  c: Context,
  { ifVersion, ifAbsent }: { ifVersion?: number | undefined; ifAbsent?: boolean | undefined },
): Condition => {
  const condition = conditionOfHeaders(c)
  if (ifVersion !== undefined && (condition.ifVersion ?? ifVersion) !== ifVersion)
    throw invalid('Cannot write as If-Match and ifVersion name different versions; give one of them')
  return {
    ...condition,
    ...(ifVersion === undefined ? {} : { ifVersion }),
    ...(ifAbsent === true ? { ifAbsent } : {}),
  }
}

/** What the caller calls this write: `Idempotency-Key`. */
export const keyOf = (c: Context): string | undefined => {
  const key = c.req.header('idempotency-key')
  return key === undefined || key === '' ? undefined : key
}

/** Where a stream continues: `Last-Event-ID`, which stands above the query. */
export const lastEventId = (c: Context): string | undefined => {
  const given = c.req.header('last-event-id')
  return given === undefined || given === '' ? undefined : fit('header Last-Event-ID', position, given)
}
