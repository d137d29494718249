import { ConcordError } from '../domain/errors.ts'
import type { Entry, RecordedWrite } from '../ports/state-store.ts'

/** What was written for a time is a right for that time: a lock, a lease. */
export type LeaseParts = {
  operation: string
  entry(key: string): Promise<Entry | undefined>
  recorded?: ((operation: string) => Promise<RecordedWrite | undefined>) | undefined
  /** Whether it may have written keys for a time of its own. */
  isLease: boolean
}

/** Repetitions of one operation whose leases were over each time. */
const repeatsMax = 1000

const isOver = async (parts: LeaseParts, found: RecordedWrite): Promise<boolean> => {
  if (found.expiresAt === undefined || found.key === undefined) return false
  return (await parts.entry(found.key))?.version !== found.version
}

/**
 * Where an operation stands that may have been done before: what it wrote then, or the id under which it
 * is to be done. Done before, it is done again only where it wrote a key for a time (`ttlMs`) and that
 * key has ended or changed since: the recorded answer would give a right that another may have by now.
 * `firstOf` names the writes of an operation that may be leases, in order.
 */
export const findBefore = async (
  parts: LeaseParts,
  firstOf: (operation: string, i: number) => string,
): Promise<{ operation: string; found?: RecordedWrite }> => {
  const { recorded } = parts
  if (recorded === undefined) return { operation: parts.operation }
  for (let repeat = 0; repeat < repeatsMax; repeat++) {
    const operation = repeat === 0 ? parts.operation : `${parts.operation}~${repeat}`
    const found = await recorded(firstOf(operation, 0))
    if (found === undefined) return { operation }
    let lease: RecordedWrite | undefined = parts.isLease ? found : undefined
    let over = false
    for (let i = 1; lease?.expiresAt !== undefined && !over; i++) {
      over = await isOver(parts, lease)
      lease = await recorded(firstOf(operation, i))
    }
    if (!over) return { operation, found }
  }
  throw new ConcordError(
    'bound.reached',
    `Cannot repeat ${parts.operation} as its leases may be over at most ${repeatsMax} times: they were; give it a longer ttlMs`,
  )
}
