import type { Context } from 'hono'
import { namespaceForms, namespaceNamed, runNamespace } from '../../../domain/names.ts'
import { attemptOf, earlierOf } from '../../../domain/operation.ts'
import type { Concord } from '../../../platform/concord-types.ts'
import type { StateWrite } from '../../../ports/state-store.ts'
import { invalid } from '../../problem.ts'

type Subject = ReturnType<Concord['subject']>
type Recalled = Awaited<ReturnType<Concord['recalled']>>
type Events = Awaited<ReturnType<Concord['events']>>
type Grant = ReturnType<Concord['memory']['tokens']['verify']>

/** Who uses the memory, and what that allows. */
export type Caller = {
  /** What goes with every write. */
  by: Pick<StateWrite, 'provenance' | 'attempt'>
  /** Since when what is sent under one Idempotency-Key must be the same; not by an agent that was called before, which may have come to another value. */
  sameSince?: number
  grant?: Grant
  /** Throws when the call is over: for changes of other things than the state. */
  current(): Promise<void>
  /** The one named, or the run's own where a token says which; checked. */
  namespace(given: string | undefined, access: 'read' | 'write'): string
  /** Checked. `operation` tells one request from another. */
  subject(given: string | undefined, access: 'read' | 'write', operation: string): Subject
  /** The run named, or the token's own; checked. */
  thread(run: string | undefined): string
  /** What of it the caller may see. */
  recalled(run: string | undefined): Promise<Recalled>
  /** Events of a run, without what of them is out of reach. */
  events(all: Events): Events
  /** Calls back once when the call is over. */
  over(listener: () => void): () => void
  hears(channel: string): boolean
  knows(subject: string | undefined): boolean
  checkKnown(subject: string | undefined): void
  /** Two steps that count their writes 1, 2, 3 must not take each other's for their own; nor an attempt those of one that failed. */
  operation(given: string): string
  /** What the operation was called in attempts that failed, newest first. */
  earlier(given: string): string[]
}

/** What makes a write of the request's `Idempotency-Key` one that is done once. */
export const underKey = (
  { operation, earlier, sameSince }: Caller,
  key: string | undefined,
): Pick<StateWrite, 'operation' | 'earlier' | 'sameSince'> =>
  key === undefined
    ? {}
    : {
        operation: operation(key),
        ...(earlier(key).length === 0 ? {} : { earlier: earlier(key) }),
        ...(sameSince === undefined ? {} : { sameSince }),
      }

const prefix = '/memory/'
const header = 'concord-token'

/** Whom the request's `concord-token` speaks for; undefined without one, and where it counts for nothing. Throws `auth.required` for a bad one. */
export const callOf = (concord: Concord, c: Context): Grant | undefined => {
  const token = c.req.path.startsWith(prefix) ? c.req.header(header) : undefined
  return token === undefined ? undefined : concord.memory.tokens.verify(token)
}

const runMeant = (run: string | undefined): string => {
  if (run !== undefined) return run
  throw invalid('Cannot read what was said before as a run must be named: there is none; give ?run={id}')
}

const user = (concord: Concord): Caller => ({
  by: { provenance: { agent: 'user' } },
  sameSince: 0,
  current: async () => {},
  namespace(given) {
    if (given !== undefined) return namespaceNamed(given)
    throw invalid(
      `Cannot use the memory as a namespace must be named: there is none; give ?namespace=${namespaceForms}`,
    )
  },
  events: (all) => all,
  over: () => () => {},
  hears: () => true,
  knows: () => true,
  checkKnown: () => {},
  operation: (given) => given,
  earlier: () => [],
  subject(given) {
    if (given !== undefined) return concord.subject(given)
    throw invalid(
      'Cannot use facts as a subject must be named: there is none; give ?subject={id}, or "subject" in the body of POST',
    )
  },
  thread: runMeant,
  recalled: async (run) => concord.recalled(runMeant(run)),
})

/** Knowledge is searched by POST, as a question may be long. */
const isReading = ({ req: { method, path } }: Context): boolean =>
  method === 'GET' || method === 'HEAD' || path.endsWith('/search')

/** Provenance, scope and fence follow from the token and from nothing else; without one the caller is whoever may use the server. */
export const callerOf = async (concord: Concord, c: Context): Promise<Caller> => {
  const grant = callOf(concord, c)
  if (grant === undefined) return user(concord)
  const scope = await concord.memory.scope(grant)
  // Writes are judged in their transaction.
  if (isReading(c)) await scope.reading()
  const failures = grant.attempt - 1
  /** Made by the client's `State`, which counts attempts itself. */
  const isOwn = (given: string) => given.startsWith(`${grant.key}/`)
  return {
    by: { provenance: scope.provenance, attempt: scope.attempt },
    grant,
    // What was recorded in the same millisecond may be of the call before.
    ...(grant.issuedAt === undefined ? {} : { sameSince: grant.issuedAt + 1 }),
    current: scope.current,
    namespace(given = scope.home, access) {
      scope.check(given, access)
      return given
    },
    subject: scope.subject,
    thread(run = grant.run) {
      scope.check(runNamespace(run), 'read')
      scope.checkThread()
      return run
    },
    async recalled(run = grant.run) {
      scope.check(runNamespace(run), 'read')
      return scope.recalled(await concord.recalled(run))
    },
    events: scope.events,
    over: scope.over,
    hears: scope.hears,
    knows: scope.knows,
    checkKnown: scope.checkKnown,
    operation: (given) => (isOwn(given) ? given : attemptOf(`${grant.key}/${given}`, failures)),
    earlier: (given) => (isOwn(given) ? [] : earlierOf(`${grant.key}/${given}`, failures)),
  }
}
