import type { Clock } from '../ports/clock.ts'
import type { Execution } from '../runtime/perform.ts'
import type { Turns } from '../runtime/turns.ts'

/*
 * Time in which a call of an execution waits for its turn at a provider. It is not its agents':
 * their time limits are that much longer, up to the run's own deadline.
 */

type Tally = { waiting: number; since: number; ms: number }

const tallies = new WeakMap<Execution, Tally>()

/** Waits for the turn of a call; `Turns.end` must follow. Rejects with the signal's reason. */
export const waitForTurn = async (
  execution: Execution,
  turns: Turns,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> => {
  const { id, parent } = execution.run
  // Children share the turns of the run that fanned out to them.
  const turn = turns.take(parent?.run ?? id, signal)
  if (turn === undefined) return
  const tally = tallies.get(execution) ?? { waiting: 0, since: 0, ms: 0 }
  tallies.set(execution, tally)
  if (tally.waiting++ === 0) tally.since = clock.monotonic()
  try {
    await turn
  } finally {
    if (--tally.waiting === 0) tally.ms += clock.monotonic() - tally.since
  }
}

/**
 * How long calls of an execution have waited for their turns so far; at the same time counts once.
 */
export const waitedMs = (execution: Execution, clock: Clock): number => {
  const tally = tallies.get(execution)
  if (tally === undefined) return 0
  return tally.ms + (tally.waiting > 0 ? clock.monotonic() - tally.since : 0)
}

type Limit = {
  execution: Execution
  clock: Clock
  withinMs: number
  /** In the run's time. */
  deadline: number | undefined
  after(ms: number, fn: () => void): () => void
}

/**
 * Calls `late` when an agent has used its time, waits for turns not counted. Returns what stops
 * that.
 */
export const afterOwnTime = (limit: Limit, late: () => void): (() => void) => {
  const { execution, clock, withinMs, deadline = Number.POSITIVE_INFINITY, after } = limit
  let granted = waitedMs(execution, clock)
  const look = (): void => {
    const waited = waitedMs(execution, clock)
    const moreMs = Math.min(waited - granted, deadline - execution.now())
    granted = waited
    if (moreMs > 0) stop = after(moreMs, look)
    else late()
  }
  let stop = after(withinMs, look)
  return () => stop()
}
