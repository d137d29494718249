import { ConcordError } from '../domain/errors.ts'
import { type State, scopedState } from '../memory/state.ts'
import { httpStateStore } from '../stores/http/state-store.ts'

export type RemoteStateOptions = {
  /** Where the memory is: the header `concord-memory`, or a server's address with `/memory`. */
  url: string
  /** What the call under way was handed: the header `concord-token`. Its run, step and agent are who writes. */
  memoryToken?: string
  /** The server's own token, for who is no agent of a run. */
  token?: string
  /** Default the run's own, where `memoryToken` says which. */
  namespace?: string
  /** Of several users of the memory within one call: tells their writes apart. */
  part?: string
  fetch?: typeof fetch
}

type Claims = { run?: unknown; key?: unknown }

/** What a token says, unverified: the server judges it. */
const claimsOf = (token: string | undefined): Claims => {
  try {
    const text = (token ?? '').split('.')[1]!.replaceAll('-', '+').replaceAll('_', '/')
    const bytes = Uint8Array.from(atob(text), (unit) => unit.charCodeAt(0))
    return JSON.parse(new TextDecoder().decode(bytes)) as Claims
  } catch {
    return {}
  }
}

/**
 * Shared state of a server, as an agent in its process has it: the same object, over HTTP. An agent that was called needs nothing but the two headers of the
 * call; what it writes is written once, however often the call is repeated.
 */
export const remoteState = (options: RemoteStateOptions): State => {
  const { url, memoryToken, token, fetch } = options
  const { run, key } = claimsOf(memoryToken)
  const namespace = options.namespace ?? (typeof run === 'string' ? `run/${run}` : undefined)
  if (namespace === undefined)
    throw new ConcordError(
      'input.invalid',
      'Cannot use the memory as a namespace must be named: neither options nor memoryToken say one; give namespace',
    )
  const headers = {
    ...(memoryToken === undefined ? {} : { 'concord-token': memoryToken }),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  }
  return scopedState({
    store: httpStateStore({ url, headers, ...(fetch === undefined ? {} : { fetch }) }),
    namespace,
    // The server writes down whom the token speaks for.
    provenance: {},
    operationPrefix: `${typeof key === 'string' ? key : `user/${crypto.randomUUID()}`}${options.part ?? ''}`,
  })
}
