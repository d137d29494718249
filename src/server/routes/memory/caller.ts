import type { Context } from 'hono'
import type { Concord } from '../../../platform/concord.ts'
import type { Provenance } from '../../../ports/state-store.ts'
import { invalid } from '../../problem.ts'

type Grant = ReturnType<Concord['memory']['tokens']['verify']>

/** Who uses the memory, and what that allows. */
export type Caller = {
  provenance: Provenance
  grant?: Grant
  /** The one named, or the run's own where a token says which; checked. */
  namespace(given: string | undefined, access: 'read' | 'write'): string
  hears(channel: string): boolean
  knows(subject: string | undefined): boolean
  /** Two steps that count their writes 1, 2, 3 must not take each other's for their own. */
  operation(given: string): string
}

const prefix = '/memory/'
const header = 'concord-token'

/** Whom the request's `concord-token` speaks for; undefined without one, and where it counts for nothing. Throws `auth.required` for a bad one. */
export const callOf = (concord: Concord, c: Context): Grant | undefined => {
  const token = c.req.path.startsWith(prefix) ? c.req.header(header) : undefined
  return token === undefined ? undefined : concord.memory.tokens.verify(token)
}

const user: Caller = {
  provenance: { agent: 'user' },
  namespace(given) {
    if (given !== undefined) return given
    throw invalid(
      'Cannot use the memory as a namespace must be named: there is none; give ?namespace=run/{id}, thread/{id}, subject/{id}, team/{name} or global',
    )
  },
  hears: () => true,
  knows: () => true,
  operation: (given) => given,
}

/** Provenance, scope and fence follow from the token and from nothing else; without one the caller is whoever may use the server. */
export const callerOf = async (concord: Concord, c: Context): Promise<Caller> => {
  const grant = callOf(concord, c)
  if (grant === undefined) return user
  const scope = await concord.memory.scope(grant)
  return {
    provenance: scope.provenance,
    grant,
    namespace(given = scope.home, access) {
      scope.check(given, access)
      return given
    },
    hears: scope.hears,
    knows: scope.knows,
    operation: (given) => (given.startsWith(`${grant.key}/`) ? given : `${grant.key}/${given}`),
  }
}
