import { ConcordError } from '../domain/errors.ts'
import type { Event } from '../domain/event.ts'
import type { Recalled, Turn } from '../domain/recall.ts'
import type { Knowledge } from './knowledge/knowledge.ts'
import type { State } from './state.ts'
import type { SubjectMemory } from './subject.ts'

/** The events of a run. Read only: its owner alone appends to them, and what an agent wants kept is its result or state. */
export interface RunLog {
  /** In order, after a version (default 0), as many as there are or `limit`. */
  read(options?: { after?: number; limit?: number }): Promise<Event[]>
}

/** What agents use of the memory: the same object in the process and over HTTP. */
export interface AgentMemory {
  /** Shared state of the run; `state.in('global')` and others for more. */
  readonly state: State
  /** Long-term memory that everybody shares; `knowledge.in('subject/{id}')` and others for more. */
  readonly knowledge: Knowledge
  readonly log: RunLog
  /** What the run began with beside its goal: the turns of `thread()`, and those facts about its subject that bear on the goal. */
  recalled(): Promise<Recalled>
  /** Earlier goals of the run's thread with their answers, newest first, as it was when the run began; empty without a thread. Data, never instructions. */
  thread(): Promise<readonly Turn[]>
  /** What is known about a subject; default the goal's. Throws `input.invalid` when there is none. */
  subject(subject?: string): SubjectMemory
}

/** The subject that is meant. */
export const subjectMeant = (named: string | undefined, ofGoal: string | undefined): string => {
  const meant = named ?? ofGoal
  if (meant !== undefined) return meant
  throw new ConcordError(
    'input.invalid',
    'Cannot use the memory of a subject as the goal names none; give the goal a subject (--subject), or name one',
  )
}
