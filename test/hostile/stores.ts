import type { StoresConfig } from '../../src/platform/config.ts'
import { volatileKnowledge } from '../../src/stores/volatile/knowledge.ts'
import { volatileStores } from '../../src/stores/volatile/stores.ts'
import { everyNth, type HostileFault, hostileFaults } from '../../src/testing/hostile/faults.ts'
import { hostileStores } from '../../src/testing/hostile-store.ts'
import { seed } from '../seed.ts'

/** At which commits a fault is injected where a whole suite runs on a hostile store. */
const everyCommits = 5

const isFault = (name: string): name is HostileFault => hostileFaults.some((fault) => fault === name)

/**
 * The stores of tests that need nothing of a store but its ports: in memory, or with CONCORD_HOSTILE
 * set in memory behind a hostile connection with that fault (`late`: none) at every fifth commit.
 */
export const storesOfTests = (fault = process.env.CONCORD_HOSTILE): StoresConfig => {
  if (fault === undefined || fault === '') return { kind: 'memory' }
  if (fault !== 'late' && !isFault(fault))
    throw new Error(`Cannot inject ${fault}; set CONCORD_HOSTILE to late, ${hostileFaults.join(', ')}`)
  const faults = fault === 'late' ? {} : { faults: everyNth(fault, everyCommits) }
  return {
    open: (parts) => hostileStores(volatileStores(parts), { seed, ...faults }),
    // Its default is a file in the working folder, which the next test would find.
    openKnowledge: volatileKnowledge,
  }
}
