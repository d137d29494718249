import type { Draft } from './event.ts'
import type { Json } from './json.ts'
import type { Run } from './run.ts'

/** A key of shared state; of the run's own namespace where none is named. */
export type StateKey = { key: string; namespace?: string }

/** One text for a key and its namespace. Neither holds NUL. */
export const stateKeyText = ({ key, namespace }: StateKey): string =>
  namespace === undefined ? key : `${namespace}\0${key}`

/**
 * Values of the keys that a decision named in `needs`, by `stateKeyText`; a key that is absent from
 * shared state is undefined.
 */
export type KnownState = ReadonlyMap<string, Json | undefined>

/**
 * What is to happen next, as events to record: a step is started by recording `step.started`, and
 * what is recorded as under way is what the runtime executes. `needs` are keys to read before
 * deciding again, `watches` patterns of keys (`*` stands for any text) whose changes ask for
 * another decision, `wakeAt` an instant (ms) to decide again at.
 */
export type Decision = { events: Draft[]; needs?: StateKey[]; watches?: StateKey[]; wakeAt?: number }

/**
 * How a run moves, its life included. Pure: the same run, instant and known state give the same
 * decision.
 */
export type RunStrategy = {
  readonly name: string
  decide(run: Run, now: number, known: KnownState): Decision
}
