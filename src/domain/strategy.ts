import type { Draft } from './event.ts'
import type { Json } from './json.ts'
import type { Run } from './run.ts'

/** Values of the state keys a decision asked for in `needs`; a key that is absent from shared state is null here. */
export type KnownState = ReadonlyMap<string, Json | undefined>

/**
 * What shall happen next, as events to record: a step is started by recording `step.started`, and what is recorded as under way
 * is what the runtime executes. `needs` are state keys to read before deciding again, `wakeAt` an instant (ms) to decide again at.
 */
export type Decision = { events: Draft[]; needs?: string[]; wakeAt?: number }

/** How work finds agents. Pure: the same run, instant and known state give the same decision. */
export type Strategy = {
  readonly name: string
  decide(run: Run, now: number, known: KnownState): Decision
}
