import type { Goal } from '../domain/goal.ts'
import type { Json } from '../domain/json.ts'
import { sameJson } from '../domain/json.ts'
import type { RunSummary } from '../domain/summary.ts'
import type { Concord } from '../platform/concord-types.ts'
import { allRuns } from './find-run.ts'

const same = (a: Goal, b: Goal): boolean =>
  a.text === b.text &&
  a.team === b.team &&
  a.thread === b.thread &&
  a.subject === b.subject &&
  sameJson(asTold(a.params), asTold(b.params))

const asTold = (params: Goal['params']): Json => params ?? {}

/** The newest run of the same goal (text, team, params, thread, subject) that has not ended. */
export const unfinishedRun = async (concord: Concord, goal: Goal): Promise<RunSummary | undefined> => {
  const open = allRuns(concord, { status: ['queued', 'running', 'waiting', 'suspended'], team: goal.team })
  for await (const run of open) if (run.parent === undefined && same(run.goal, goal)) return run
  return undefined
}
