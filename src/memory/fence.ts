import type { Attempt } from '../domain/attempt.ts'
import { ConcordError, isConcordError } from '../domain/errors.ts'
import { runNamespace } from '../domain/names.ts'
import type { Provenance, StateStore } from '../ports/state-store.ts'

/**
 * Rejects with `attempt.stale` when the attempt is over, and with `epoch.stale` when the run has another owner than the one of this epoch, however late that one learns of it: for what is not itself a write of
 * shared state. What follows is another transaction: an owner that is replaced between the two may still have one write through.
 */
export const checkOwner = async (
  store: StateStore,
  provenance: Provenance,
  attempt?: Attempt,
): Promise<void> => {
  const { run, epoch } = provenance
  if (run === undefined || epoch === undefined) return
  const namespace = runNamespace(run)
  const written = `Cannot write ${namespace} $owner`
  // A condition of a key nobody has: only the fences in front of it count.
  const condition = { namespace, key: '$owner', check: true, ifAbsent: true, provenance }
  await store
    .write([attempt === undefined ? condition : { ...condition, attempt }])
    .catch((error: unknown) => {
      if (!isConcordError(error) || !error.message.startsWith(written)) throw error
      const message = `Cannot use the memory${error.message.slice(written.length)}`
      throw new ConcordError(error.code, message, { details: error.details })
    })
}
