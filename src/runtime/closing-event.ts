import { isRetryable } from '../domain/errors.ts'
import type { Draft } from '../domain/event.ts'
import { agentsRun } from '../domain/item-run.ts'
import { asJson } from '../domain/json.ts'
import type { Run, Work } from '../domain/run.ts'
import { named } from '../domain/wait.ts'
import { backoffMs } from './backoff.ts'
import type { Outcome } from './perform.ts'

const attemptsMaxDefault = 3
/**
 * After a longer Retry-After a step is not tried again: it has failed, and its failure says why.
 */
const retryAfterMsMax = 24 * 3_600_000

/** The event that ends an execution of a step after `ms`: it succeeded, waits, or failed, to be tried again or for good. */
export const closingEvent = (
  run: Pick<Run, 'id' | 'item' | 'parent'>,
  work: Work,
  outcome: Exclude<Outcome, { status: 'blocked' }>,
  ms: number,
  now: number,
): Draft => {
  const { plan, redo, attempt } = work
  const envelope = { at: now, step: work.id, agent: work.step.agent }
  if (outcome.status === 'waiting') {
    const wait = named(outcome.wait, { run: agentsRun(run), step: work.id, plan, redo })
    return { type: 'step.waiting', data: { plan, redo, wait }, ...envelope }
  }
  const reads = outcome.reads === undefined ? {} : { reads: outcome.reads }
  if (outcome.status === 'succeeded') {
    // What an item's agent returned with its result, its parent commits with it.
    const writes =
      run.item === undefined || outcome.writes === undefined ? {} : { writes: asJson(outcome.writes) }
    const data = { plan, redo, output: outcome.output, ms: Math.round(ms * 1000) / 1000, ...writes, ...reads }
    return { type: 'step.succeeded', data, ...envelope }
  }
  const attemptsMax = work.step.attemptsMax ?? outcome.attemptsMax ?? attemptsMaxDefault
  const waitMs = outcome.retryAfterMs ?? backoffMs(attempt)
  const isOver = outcome.attempts !== undefined
  const again = !isOver && isRetryable(outcome.failure) && attempt < attemptsMax && waitMs <= retryAfterMsMax
  const retryAt = again ? now + waitMs : undefined
  const data = {
    plan,
    redo,
    attempt: outcome.attempts ?? attempt,
    failure: outcome.failure,
    ...(retryAt === undefined ? {} : { retryAt }),
    ...reads,
  }
  return { type: 'step.failed', data, ...envelope }
}
