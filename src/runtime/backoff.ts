const baseMs = 500
const maxMs = 30_000

/** Wait before execution `attempt + 1`: exponential, bounded; without jitter, so that a replay decides the same. */
export const backoffMs = (attempt: number): number => Math.min(maxMs, baseMs * 2 ** Math.max(0, attempt - 1))
