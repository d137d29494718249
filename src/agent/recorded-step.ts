import { checkDuration } from '../domain/duration.ts'
import { ConcordError, toFailure } from '../domain/errors.ts'
import { copyJson, type Json } from '../domain/json.ts'
import { sleep } from '../ports/clock.ts'
import type { Call } from '../runtime/call.ts'
import type { CallSite } from './call-site.ts'
import { keptAs } from './result.ts'
import { Suspension } from './suspension.ts'

/** Does something once: its result is in the log and returned from there when the step is executed again. */
export const recordedStep = async <T extends Json | undefined>(
  context: CallSite,
  name: string,
  fn: (key: string) => Promise<T> | T,
): Promise<T> => {
  // Node runs TypeScript unchecked.
  if (typeof name !== 'string' || typeof fn !== 'function')
    throw new ConcordError(
      'input.invalid',
      `Cannot do a step as it has a name and a function: ${typeof name} and ${typeof fn}; write ctx.step('pay', (key) => ...)`,
    )
  const { call, done } = context.stepCall_(name)
  try {
    return await context.made_(call, async (before) => {
      if (before?.type === 'step.recorded') {
        const { value, failure } = before.data
        if (failure === undefined) return copied(value) as T
        throw new ConcordError(failure.code, failure.message)
      }
      return (await didNow(context, call, name, fn)) as T
    })
  } finally {
    done()
  }
}

const didNow = async (
  context: CallSite,
  call: Call,
  name: string,
  fn: (key: string) => unknown,
): Promise<Json | undefined> => {
  const waiting = context.mayAct_()
  if (waiting !== undefined) await waiting
  const { journal } = context.execution
  const recorded = { call: call.id, name }
  let returned: unknown
  try {
    returned = await fn(`${context.idempotencyKey}/${call.id}`)
  } catch (error) {
    // On record too: what an agent does after a failure is another path than after a success.
    const failure = toFailure(error, 'agent.failed')
    if (!context.signal.aborted && !(error instanceof Suspension))
      journal.note([context.draft('step.recorded', { ...recorded, failure, ...context.parallel_ })])
    throw error
  }
  const { value, error } = resultOf(name, returned)
  const kept = error === undefined ? { value } : { failure: toFailure(error) }
  const draft = context.draft('step.recorded', {
    ...recorded,
    ...(value === undefined && error === undefined ? {} : kept),
    ...context.parallel_,
  })
  await journal.record([draft])
  if (error !== undefined) throw error
  // The same that comes from the journal another time, and not the object the log has.
  return copied(draft.data.value)
}

type Result = { value?: Json; error?: undefined } | { value?: undefined; error: ConcordError }

/** The effect happened: a result that JSON cannot hold is recorded as a failure, so that nothing makes it again. */
const resultOf = (name: string, returned: unknown): Result => {
  try {
    return returned === undefined
      ? {}
      : { value: keptAs(`the result of ctx.step "${name.slice(0, 200)}"`, returned) }
  } catch (error) {
    return { error: error as ConcordError }
  }
}

const copied = (value: Json | undefined): Json | undefined =>
  value === undefined ? undefined : copyJson(value)

/** A sleep this long lets go of the worker. */
const inPlaceMs = 1000

/** Waits in place for less than a second; for longer, without holding the worker. */
export const recordedSleep = async (context: CallSite, ms: number): Promise<void> => {
  const { run, journal } = context.execution
  let call = context.call_('sleep')
  if (run.byContent) {
    const family = context.own_('sleep')
    call = context.call_(`sleep:${ms}`)
    // Computed from the clock it is shorter now. It answers nothing, so it does not matter which one it was.
    const slept = journal.replay.knows(`wait:${call}`)
      ? call
      : journal.replay.next(family, { whichever: ms < inPlaceMs })
    if (slept !== undefined) return journal.replay.take(family, slept)
  } else if (journal.entry(`wait:${call}`) !== undefined) return
  checkDuration('sleep', ms)
  await context.mayAct_()
  if (ms < inPlaceMs) return sleep(context.services.clock, ms, context.signal)
  context.waitFor_({ for: 'timer', name: call, until: context.execution.now() + ms })
}
