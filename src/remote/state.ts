import { ConcordError } from '../domain/errors.ts'
import { runNamespace } from '../domain/names.ts'
import { scopedState } from '../memory/scoped-state.ts'
import type { State } from '../memory/state.ts'
import { httpStateStore } from '../stores/http/state-store.ts'
import { claimsOf, endpointOf, type MemoryAddress } from './address.ts'
import { clientClock } from './clock.ts'

export type RemoteStateOptions = MemoryAddress & {
  /** Default the run's own, where `memoryToken` says which. */
  namespace?: string
  /** Of several users of the memory within one call: tells their writes apart. */
  part?: string
  /** Asked right before each write: throws when nothing may be written any more. */
  guard?: () => Promise<void> | undefined
}

/**
 * Shared state of a server, as an agent in its process has it: the same object, over HTTP. An agent that was called needs nothing but the two headers of the
 * call; what it writes is written once, however often the call is repeated.
 */
export const remoteState = (options: RemoteStateOptions): State => {
  const { run, attempt = 1, key = `user/${crypto.randomUUID()}` } = claimsOf(options.memoryToken)
  const namespace = options.namespace ?? (run === undefined ? undefined : runNamespace(run))
  if (namespace === undefined)
    throw new ConcordError(
      'input.invalid',
      'Cannot use the memory as a namespace must be named: neither options nor memoryToken say one; give namespace',
    )
  return scopedState({
    store: httpStateStore(endpointOf(options)),
    namespace,
    // The server writes down whom the token speaks for.
    provenance: {},
    operationPrefix: `${key}${options.part ?? ''}`,
    repeatable: run !== undefined,
    failures: attempt - 1,
    clock: clientClock,
    ...(options.guard === undefined ? {} : { guard: options.guard }),
  })
}
