import type { EventType } from './event.ts'

/** One execution of a step, as those know it who were handed a part of its work: under way while nothing in the run's stream after version `since` ends it. */
export type Attempt = { run: string; step: string; attempt: number; since: number }

const ofStep: ReadonlySet<string> = new Set<EventType>([
  'step.succeeded',
  'step.failed',
  'step.skipped',
  'step.redone',
])
/** These end every attempt of the run, unless they are about a step: a model's own plan is rejected within its step. */
const ofRun: ReadonlySet<string> = new Set<EventType>([
  'plan.rejected',
  'run.succeeded',
  'run.failed',
  'run.cancelled',
  'run.suspended',
])

/** The types of all events that end attempts. */
export const endingTypes: readonly string[] = [...ofStep, ...ofRun]

/** Whether an event of the run's stream ends an attempt of a step: closed, redone (an item also with the step it belongs to), or no longer part of the plan. */
export const endsAttempt = (event: { type: string; step?: string | null }, step: string): boolean => {
  const of = event.step ?? undefined
  if (of === undefined) return ofRun.has(event.type)
  return (
    ofStep.has(event.type) && (of === step || (event.type === 'step.redone' && step.startsWith(`${of}/`)))
  )
}
