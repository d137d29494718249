import type { Goal } from '../domain/goal.ts'
import { asJson, type Json, type JsonObject } from '../domain/json.ts'
import { subjectOfNamespace } from '../domain/names.ts'
import { isObject } from '../domain/reference.ts'
import type { EventLog } from '../ports/event-log.ts'
import type { Provenance, StateChange } from '../ports/state-store.ts'

/** Values of one batch beyond this many characters of JSON are left out: the agent reads them itself. */
const valuesCharsMax = 256 * 1024
const ancestorsMax = 100

const toldOf = (change: StateChange, withValue: boolean): JsonObject => {
  const { key, version, sequence, at, value, ended, provenance } = change
  return {
    key,
    version,
    sequence,
    at,
    ...(ended === undefined ? {} : { ended }),
    ...(value === undefined ? {} : withValue ? { value } : { omitted: true }),
    by: asJson(provenance),
  }
}

/** Changes as a woken run is told of them. */
export const toldChanges = (changes: readonly StateChange[]): Json[] => {
  let left = valuesCharsMax
  return changes.map((change) => {
    left -= JSON.stringify(change.value ?? null).length
    return toldOf(change, left >= 0)
  })
}

export type Woken = { name: string; source: string; sequence: number | string; depth: number }

export const wokenGoal = (
  base: { text: string; team: string; namespace?: string },
  woken: Woken,
  params: JsonObject,
): Goal => {
  const subject = subjectOfNamespace(base.namespace ?? '')
  return {
    text: base.text,
    team: base.team,
    params: { ...params, wake: woken },
    // What is about a subject stays about it: its runs are found when it is forgotten.
    ...(subject === undefined ? {} : { subject }),
  }
}

const depthOf = (goal: Goal): number | undefined => {
  const wake = goal.params?.wake
  return isObject(wake) && typeof wake.depth === 'number' ? wake.depth : undefined
}

/** How many wakes led to what a run, or one of its child runs, wrote; 0 when none did. */
export const wakeDepthOf = async (log: EventLog, { run }: Provenance): Promise<number> => {
  let id = run
  for (let i = 0; i < ancestorsMax && id !== undefined; i++) {
    const summary = await log.run(id)
    if (summary === undefined) return 0
    const depth = depthOf(summary.goal)
    if (depth !== undefined) return depth
    id = summary.parent
  }
  return 0
}
