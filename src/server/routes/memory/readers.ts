import { ConcordError } from '../../../domain/errors.ts'
import type { Services } from '../../route.ts'

/** Watches and subscriptions of one call of an agent, and of all who use the server's own token. */
export const readersPerCallMax = 100
const readersOfUsersMax = 2_000

const counts = new WeakMap<Services, Map<string, number>>()

/** Counts a reader in; returns what counts it out. Throws `bound.reached`. `call` is the key of an agent's call. */
export const enter = (services: Services, call: string | undefined): (() => void) => {
  let known = counts.get(services)
  if (known === undefined) {
    known = new Map()
    counts.set(services, known)
  }
  const readers = known
  const [caller, most] = call === undefined ? ['', readersOfUsersMax] : [call, readersPerCallMax]
  const open = readers.get(caller) ?? 0
  if (open >= most)
    throw new ConcordError(
      'bound.reached',
      `Cannot watch as ${call === undefined ? 'users of a server have' : 'a call has'} at most ${most} watches and subscriptions open: it has ${open}; close some, or watch a pattern instead of single keys`,
      { details: { readers: open, readersMax: most } },
    )
  readers.set(caller, open + 1)
  return () => {
    const left = (readers.get(caller) ?? 1) - 1
    if (left > 0) readers.set(caller, left)
    else readers.delete(caller)
  }
}
