import type { Provenance, StateStore } from '../ports/state-store.ts'

/**
 * Rejects with `epoch.stale` when the run has another owner than the one of this epoch, however late that one learns of it: for what is not itself a write of
 * shared state. What follows is another transaction: an owner that is replaced between the two may still have one write through.
 */
export const checkOwner = async (store: StateStore, provenance: Provenance): Promise<void> => {
  const { run, epoch } = provenance
  if (run === undefined || epoch === undefined) return
  // A condition of a key nobody has: only the fence in front of it counts.
  await store.write([{ namespace: `run/${run}`, key: '$owner', check: true, ifAbsent: true, provenance }])
}
