import { ConcordError, toFailure } from '../domain/errors.ts'
import { copyJson, type Json } from '../domain/json.ts'
import { sleep } from '../ports/clock.ts'
import type { AgentContext } from './context.ts'
import { keptAs } from './result.ts'

/** Does something once: its result is in the log and returned from there when the step is executed again. */
export const recordedStep = async <T extends Json | undefined>(
  context: AgentContext,
  name: string,
  fn: (key: string) => Promise<T> | T,
): Promise<T> => {
  const call = context.call_(`step:${name}`)
  const { journal } = context.execution
  const before = journal.entry(call)
  if (before?.type === 'step.recorded') {
    const { value, failure } = before.data
    if (failure === undefined) return copied(value) as T
    throw new ConcordError(failure.code, failure.message)
  }
  const waiting = context.mayAct_()
  if (waiting !== undefined) await waiting
  const returned = await fn(`${context.idempotencyKey}/${call}`)
  const { value, error } = resultOf(name, returned)
  const kept = error === undefined ? { value } : { failure: toFailure(error) }
  await journal.record([
    context.draft('step.recorded', {
      call,
      name,
      ...(value === undefined && error === undefined ? {} : kept),
    }),
  ])
  if (error !== undefined) throw error
  // The same that comes from the journal another time, and not the object the log has.
  return copied(value) as T
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

/** Waits in place for less than a second; for longer, without holding the worker. */
export const recordedSleep = async (context: AgentContext, ms: number): Promise<void> => {
  const call = context.call_('sleep')
  if (context.execution.journal.entry(`wait:${call}`) !== undefined) return
  await context.mayAct_()
  if (ms < 1000) return sleep(context.services.clock, ms, context.signal)
  context.waitFor_({ for: 'timer', name: call, until: context.now() + ms })
}
