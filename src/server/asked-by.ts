import type { Context } from 'hono'
import type { AskedBy } from '../platform/asked-by.ts'
import type { Env } from './route.ts'

/** Who a request was authenticated as, and the trace it says it is part of. */
export const askedBy = (c: Context<Env>): AskedBy => {
  const traceparent = c.req.header('traceparent')
  const principal = c.get('principal')
  return traceparent === undefined ? { principal } : { principal, traceparent }
}
