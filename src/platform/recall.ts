import type { Goal } from '../domain/goal.ts'
import { subjectNamespace } from '../domain/names.ts'
import type { Recalled } from '../domain/recall.ts'
import { factsOf, relevantFacts, statedWrites } from '../memory/subject.ts'
import { earlierTurns } from '../memory/thread.ts'
import type { SharedMemory } from '../policy/memory.ts'
import type { Clock } from '../ports/clock.ts'
import type { EventLog } from '../ports/event-log.ts'
import type { StateStore, StateWrite } from '../ports/state-store.ts'
import type { MemoryConfig } from './config.ts'

export type RecallPorts = { log: EventLog; state: StateStore; clock: Clock }

export type Remembered = { recalled?: Recalled; writes?: StateWrite[] }

/** Whether a goal has anything to recall or to remember: most have not, and pay nothing. */
export const remembers = (goal: Goal): boolean => goal.thread !== undefined || goal.subject !== undefined

/**
 * What a goal's run begins with: earlier turns of its thread, facts about its subject that bear on it; and the writes that keep what
 * the goal itself states about the subject, for the commit that creates the run. What the team's policy keeps from its
 * agents is not even recorded: a run's events are read by them, its planner's input is made of it.
 */
export const rememberFor = async (
  { log, state, clock }: RecallPorts,
  goal: Goal,
  run: string,
  config: MemoryConfig = {},
  sees: (shared: SharedMemory) => boolean = () => true,
): Promise<Remembered> => {
  const { thread, subject, text } = goal
  const { threadTokensMax, factsTokensMax, learn = true } = config
  const remembered: Remembered = {}
  const turns =
    thread === undefined || !sees('thread')
      ? []
      : await earlierTurns(log, {
          thread,
          ...(subject === undefined ? {} : { subject }),
          ...(threadTokensMax === undefined ? {} : { tokensMax: threadTokensMax }),
        })
  const facts =
    subject === undefined || !sees('subject')
      ? []
      : relevantFacts(
          factsOf(await state.list(subjectNamespace(subject), { prefix: 'fact:' })),
          text,
          factsTokensMax === undefined ? {} : { tokensMax: factsTokensMax },
        )
  const recalled: Recalled = {}
  if (turns.length > 0) recalled.thread = turns
  if (facts.length > 0) recalled.facts = facts
  if (turns.length > 0 || facts.length > 0) remembered.recalled = recalled
  if (subject !== undefined && learn) {
    const writes = await statedWrites(state, { subject, text, run, at: clock.now() })
    if (writes.length > 0) remembered.writes = writes
  }
  return remembered
}
